internal import Glibc
internal import Linux

/// A command, and everything its guest boots from: found and packed, but nothing started.
struct GuestPlan {
    let command: GuestCommand
    let start: [UInt8]
    let recipe: GuestRecipe
    let kernel: GuestKernel
    let initramfs: String
    let disk: String?
    let memoryMiB: Int
    let tscKilohertz: Int

    /// The guest that libvirt is told to make.
    func domain(name: String, channel: String, port: String) -> Domain {
        Domain(
            name: name, machine: recipe.machine, accelerator: recipe.accelerator, memoryMiB: memoryMiB,
            vcpus: command.vcpus, firmware: recipe.fastFirmware ? Firmware.qboot : nil,
            kernel: recipe.uncompressedKernel ? kernel.vmlinux : kernel.image, initramfs: initramfs,
            commandLine: KernelCommandLine.tuned(
                machine: recipe.machine, tscKilohertz: tscKilohertz, program: BootArchive.programPath, hasDevices: true),
            channelSocket: channel, portSocket: port, disk: disk)
    }
}

extension GuestRunner {
    /// Checks the command, finds a kernel, and packs the root where it is not packed yet.
    func plan(_ command: GuestCommand, _ root: GuestRoot) throws(GuestError) -> GuestPlan {
        let format: DiskFormat? = if case .disk(_, let format) = root { format } else { nil }
        let start: [UInt8]
        do throws(GuestCommandError) { start = try StartMessage.bytes(command, disk: format) } catch {
            throw .command(error)
        }
        let accelerator = AcceleratorReport.probe()
        let recipe = recipe ?? .fastest(accelerator.forLinux)
        let kernel: GuestKernel
        do throws(KernelError) { kernel = try GuestKernel.find(given: self.kernel, cache: cache) } catch {
            throw .kernel(error)
        }
        let packed = try packedRoot(root, kernel, recipe)
        let memory = try memory(command, packed)
        return GuestPlan(
            command: command, start: start, recipe: recipe, kernel: kernel, initramfs: packed.initramfs,
            disk: packed.disk, memoryMiB: memory, tscKilohertz: accelerator.tscKilohertz)
    }

    /// What a guest boots from.
    struct PackedRoot {
        var initramfs: String
        var disk: String?
        var initramfsBytes: UInt64
    }

    private func packedRoot(
        _ root: GuestRoot, _ kernel: GuestKernel, _ recipe: GuestRecipe
    ) throws(GuestError) -> PackedRoot {
        let archive = try bootArchive(kernel, recipe, root)
        let (tree, directory, key): (LayeredTree?, String, String) =
            switch root {
            case .layers(let layers, let key, let directory): (LayeredTree(layers: layers), directory, key)
            case .disk: (nil, cache.path("guest"), "boot")
            }
        let name = "\(key)-\(archive.digest.prefix(16)).cpio"
        guard !key.isEmpty, !key.contains("/"), name.utf8.count <= 200 else {
            throw .command(GuestCommandError("root's key", "\"\(key.prefix(80))\" is no file name"))
        }
        let path = try PackedFile.find("\(directory)/\(name)") { descriptor, path throws(GuestError) in
            do throws(SystemError) { try archive.write(tree, to: descriptor, path: path) } catch { throw .system(error) }
        } failed: { .system($0) }
        var information = stat()
        guard stat(path, &information) == 0 else { throw .system(SystemError("stat", path)) }
        let disk: String? = if case .disk(let path, _) = root { path } else { nil }
        return PackedRoot(initramfs: path, disk: disk, initramfsBytes: UInt64(information.st_size))
    }

    private func bootArchive(
        _ kernel: GuestKernel, _ recipe: GuestRecipe, _ root: GuestRoot
    ) throws(GuestError) -> BootArchive {
        var wanted = [recipe.machine == .microvm ? "virtio_mmio" : "virtio_pci", "virtio_console"]
        if case .disk(_, let format) = root { wanted += ["virtio_blk", format.rawValue, "overlay"] }
        let modules: KernelModules?
        do throws(KernelError) { modules = try kernel.modules(cache: cache) } catch { throw .kernel(error) }
        do throws(SystemError) {
            let program = try TextFile.bytes(initProgram ?? Self.besideThisProgram())
            return BootArchive(program: program, modules: try modules?.load(wanted) ?? [])
        } catch { throw .system(error) }
    }

    private static func besideThisProgram() -> String {
        String(GuestDriver.besideThisProgram().dropLast("isolab-vm".count)) + "isolab-init"
    }

    /// What a kernel needs for itself, MiB: Debian's for clouds boots in 68.
    private static let leastMemory: UInt64 = 96
    /// What a guest gets where nobody says: no more than it touches is really taken from the host.
    private static let usualMemory: UInt64 = 512

    /// The archive lies in memory twice while it is unpacked, and what it becomes may fill half of the memory only.
    private func memory(_ command: GuestCommand, _ root: PackedRoot) throws(GuestError) -> Int {
        let archive = (root.initramfsBytes + 1 << 20 - 1) >> 20
        let least = Self.leastMemory + 2 * archive
        guard let wanted = command.memory else { return Int(max(Self.usualMemory, least + 128)) }
        guard wanted >> 20 >= least else {
            throw .command(
                GuestCommandError("memory", "\(wanted >> 20) MiB are too few: this root needs \(least) MiB"))
        }
        return Int(clamping: wanted >> 20)
    }
}
