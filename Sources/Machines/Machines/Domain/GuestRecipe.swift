/// What a lane chooses about a Linux guest; the rest of a `Domain` (name, socket, paths) belongs to one launch.
package struct GuestRecipe: Codable, Hashable, Sendable {
    package var machine: MachineKind
    package var accelerator: Accelerator
    package var memoryMiB: Int
    /// qboot where true and installed, else the machine's own firmware.
    package var fastFirmware: Bool
    /// The uncompressed kernel through its PVH entry where true, else the package's bzImage.
    package var uncompressedKernel: Bool
    /// The tuned command line and the shorter talk between libvirt and QEMU where true, else libvirt's own way and only
    /// what ends the guest.
    package var tuned: Bool

    package init(
        machine: MachineKind, accelerator: Accelerator, memoryMiB: Int = 128, fastFirmware: Bool = true,
        uncompressedKernel: Bool = true, tuned: Bool = true
    ) {
        self.machine = machine
        self.accelerator = accelerator
        self.memoryMiB = memoryMiB
        self.fastFirmware = fastFirmware
        self.uncompressedKernel = uncompressedKernel
        self.tuned = tuned
    }

    /// The fastest that boots: lane `vm`.
    package static func fastest(_ accelerator: Accelerator) -> GuestRecipe {
        GuestRecipe(machine: .microvm, accelerator: accelerator)
    }

    /// Today's common machine, tuned alike: lane `vm-q35`.
    package static func q35(_ accelerator: Accelerator) -> GuestRecipe {
        GuestRecipe(machine: .q35, accelerator: accelerator)
    }

    /// The reference: `pc`, SeaBIOS, the package's bzImage, nothing tuned: lane `vm-plain`.
    package static func plain(_ accelerator: Accelerator) -> GuestRecipe {
        GuestRecipe(
            machine: .pc, accelerator: accelerator, fastFirmware: false, uncompressedKernel: false, tuned: false)
    }

    /// The guest that boots this recipe with these artefacts.
    ///
    /// - Parameter arguments: the workload's own command line; Linux hands what follows `--` to the init.
    package func domain(
        name: String, kernel: GuestKernel, initramfs: String, arguments: [String], channelSocket: String,
        tscKilohertz: Int, consoleLog: String? = nil
    ) -> Domain {
        let words =
            tuned ? KernelCommandLine.tuned(machine: machine, tscKilohertz: tscKilohertz) : KernelCommandLine.plain
        return Domain(
            name: name, machine: machine, accelerator: accelerator, memoryMiB: memoryMiB,
            firmware: fastFirmware ? Firmware.qboot : nil,
            kernel: uncompressedKernel ? kernel.vmlinux : kernel.image, initramfs: initramfs,
            commandLine: ([words, "--"] + arguments).joined(separator: " "), channelSocket: channelSocket,
            consoleLog: consoleLog, asksEachFeature: !tuned)
    }
}
