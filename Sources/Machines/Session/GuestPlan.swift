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
            vcpus: command.vcpus, hasFullProcessor: true, firmware: recipe.fastFirmware ? Firmware.qboot : nil,
            kernel: recipe.uncompressedKernel ? kernel.vmlinux : kernel.image, initramfs: initramfs,
            commandLine: KernelCommandLine.tuned(
                machine: recipe.machine, tscKilohertz: tscKilohertz, program: BootArchive.programPath, hasDevices: true),
            channelSocket: channel, portSocket: port, disk: disk, shares: command.shares.map(\.source))
    }
}

extension GuestRunner {
    /// Checks the command, finds a kernel, and packs the root where it is not packed yet.
    func plan(_ command: GuestCommand, _ root: GuestRoot) throws(GuestError) -> GuestPlan {
        // Before anything is fetched or packed for it.
        do throws(GuestCommandError) {
            _ = try StartMessage.bytes(command, disk: nil)
            for share in command.shares {
                var information = stat()
                guard stat(share.source, &information) == 0, information.st_mode & S_IFMT == S_IFDIR else {
                    throw GuestCommandError("shared directory", "\(share.source) is no directory of this host")
                }
            }
        } catch { throw .command(error) }
        let accelerator = AcceleratorReport.probe()
        let recipe = recipe ?? .fastest(accelerator.forLinux)
        let kernel: GuestKernel
        do throws(KernelError) { kernel = try GuestKernel.find(given: self.kernel, cache: cache) } catch {
            throw .kernel(error)
        }
        let packer = RootPacker(
            kernel: kernel, machine: recipe.machine, packing: packing, cache: cache,
            sharesDirectories: !command.shares.isEmpty, program: initProgram ?? Self.besideThisProgram())
        let packed = try packer.pack(root, memory: command.memory)
        let start: [UInt8]
        do throws(GuestCommandError) { start = try StartMessage.bytes(command, disk: packed.format) } catch {
            throw .command(error)
        }
        return GuestPlan(
            command: command, start: start, recipe: recipe, kernel: kernel, initramfs: packed.initramfs,
            disk: packed.disk, memoryMiB: try GuestMemory.decide(command.memory, initramfs: packed.initramfsBytes),
            tscKilohertz: accelerator.tscKilohertz)
    }

    private static func besideThisProgram() -> String {
        String(GuestDriver.besideThisProgram().dropLast("isolab-vm".count)) + "isolab-init"
    }
}
