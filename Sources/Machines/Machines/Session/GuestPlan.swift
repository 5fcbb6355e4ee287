internal import Glibc
internal import Linux

/// A command, and everything its guest boots from: found and packed, but nothing started.
struct GuestPlan {
    let command: GuestCommand
    let start: [UInt8]
    /// Of the command's shares, what they are.
    let shares: [HostShare]
    let recipe: GuestRecipe
    let kernel: GuestKernel
    let initramfs: String
    let disk: String?
    let memoryMiB: Int
    let tscKilohertz: Int

    /// What QEMU reads.
    var files: [String] {
        [recipe.uncompressedKernel ? kernel.vmlinux : kernel.image, initramfs] + (disk.map { [$0] } ?? [])
    }

    /// The guest that libvirt is told to make.
    ///
    /// - Parameter shares: the directories of the host that it mounts.
    func domain(name: String, channel: String, port: String, shares: [String]) -> Domain {
        Domain(
            name: name, machine: recipe.machine, accelerator: recipe.accelerator, memoryMiB: memoryMiB,
            vcpus: command.vcpus, hasFullProcessor: true, firmware: recipe.fastFirmware ? Firmware.qboot : nil,
            kernel: recipe.uncompressedKernel ? kernel.vmlinux : kernel.image, initramfs: initramfs,
            commandLine: KernelCommandLine.tuned(
                machine: recipe.machine, tscKilohertz: tscKilohertz, program: BootArchive.programPath),
            channelSocket: channel, portSocket: port, disk: disk, shares: shares,
            interfaces: command.interfaces.map {
                Domain.Interface(device: $0.device, hardwareAddress: $0.hardwareText)
            })
    }
}

extension GuestRunner {
    /// Checks the command, finds a kernel, and packs the root where it is not packed yet.
    func plan(_ command: GuestCommand, _ root: GuestRoot) throws(GuestError) -> GuestPlan {
        // Before anything is fetched or packed for it.
        let shares: [HostShare]
        do throws(GuestCommandError) {
            _ = try StartMessage.bytes(command, disk: nil)
            shares = try HostShare.find(command.shares)
            if let mounted = shares.first(where: \.isMounted) { try refuseMounts(for: mounted) }
            if connect != nil, !command.interfaces.isEmpty {
                throw GuestCommandError(
                    "networks", "guests of a libvirt daemon are not in isolab's networks; omit --connect")
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
            sharesDirectories: !command.shares.isEmpty, hasNetworks: !command.interfaces.isEmpty,
            program: initProgram ?? StandardDirectories.programs + "/isolab-init")
        let packed = try packer.pack(root, memory: command.memory)
        let start: [UInt8]
        do throws(GuestCommandError) {
            start = try StartMessage.bytes(command, disk: packed.format, shares: shares)
        } catch {
            throw .command(error)
        }
        return GuestPlan(
            command: command, start: start, shares: shares, recipe: recipe, kernel: kernel, initramfs: packed.initramfs,
            disk: packed.disk, memoryMiB: try GuestMemory.decide(command.memory, initramfs: packed.initramfsBytes),
            tscKilohertz: accelerator.tscKilohertz)
    }

    /// Where what virtiofs cannot show by itself cannot be made presentable.
    private func refuseMounts(for share: HostShare) throws(GuestCommandError) {
        let what = share.isFile ? "\(share.share.source) is a single file" : "\(share.share.source) is to be read-only"
        if connect != nil {
            throw GuestCommandError(
                "shared directory",
                "\(what): guests of a libvirt daemon can only share whole directories, read-write; omit --connect"
            )
        }
    }
}
