/// A guest as a value: everything that decides what boots, and nothing that happens while it runs.
///
/// The same value becomes libvirt XML (`DomainXML`) and is what a report prints, so that a guest can be made again.
package struct Domain: Codable, Hashable, Sendable {
    /// Unique on this connection; libvirt keys a domain by it.
    package var name: String
    package var machine: MachineKind
    package var accelerator: Accelerator
    /// Guest memory, MiB. Debian's cloud kernel needs 68 on microvm, 72 on pc.
    package var memoryMiB: Int
    package var vcpus: Int
    /// The processor has everything that this host can give it, as programs built for today's need; else QEMU's own
    /// choice, an x86-64 of 2003, which is the same everywhere.
    package var hasFullProcessor: Bool
    /// The firmware image; `nil` takes the machine's own (SeaBIOS on pc and q35).
    package var firmware: String?
    /// The kernel: an ELF with a PVH entry, a multiboot image, or a bzImage.
    package var kernel: String
    /// An initramfs, or `nil` for a guest that needs none.
    package var initramfs: String?
    package var commandLine: String
    /// The socket that QEMU connects to and that carries every byte the guest writes to port 0xe9.
    package var channelSocket: String
    /// A file that takes what the guest says on COM1; `nil` leaves the port out, as every byte costs a VM exit.
    package var consoleLog: String?
    /// The socket of a virtio port (`/dev/vport0p1` in the guest), for what goes both ways; `nil` leaves the device out.
    package var portSocket: String?
    /// A raw disk image that the guest sees as `/dev/vda` and cannot write to.
    package var disk: String?
    /// Directories of the host that the guest mounts by virtiofs, by their tags `share0`, `share1` and so on.
    package var shares: [String]
    /// Network devices of the guest.
    package var interfaces: [Interface]
    /// The emulator; libvirt's own choice where `nil`.
    package var emulator: String?
    /// libvirt asks QEMU for each of the processor's features by itself before it lets the guest run, 400 round trips;
    /// without, it reads them as one word list. Nothing of the guest differs.
    package var asksEachFeature: Bool

    package init(
        name: String, machine: MachineKind, accelerator: Accelerator, memoryMiB: Int = 128, vcpus: Int = 1,
        hasFullProcessor: Bool = false, firmware: String? = nil, kernel: String, initramfs: String? = nil,
        commandLine: String = "",
        channelSocket: String, consoleLog: String? = nil, portSocket: String? = nil, disk: String? = nil,
        shares: [String] = [], interfaces: [Interface] = [],
        emulator: String? = nil, asksEachFeature: Bool = false
    ) {
        self.name = name
        self.machine = machine
        self.accelerator = accelerator
        self.memoryMiB = memoryMiB
        self.vcpus = vcpus
        self.hasFullProcessor = hasFullProcessor
        self.firmware = firmware
        self.kernel = kernel
        self.initramfs = initramfs
        self.commandLine = commandLine
        self.channelSocket = channelSocket
        self.consoleLog = consoleLog
        self.portSocket = portSocket
        self.disk = disk
        self.shares = shares
        self.interfaces = interfaces
        self.emulator = emulator
        self.asksEachFeature = asksEachFeature
    }
}

extension Domain {
    /// A network device whose packets a tap device has that is there already.
    package struct Interface: Codable, Hashable, Sendable {
        /// The tap device, in the network namespace of whoever opens it.
        package var device: String
        /// As `02:49:0a:01:00:02`.
        package var hardwareAddress: String

        package init(device: String, hardwareAddress: String) {
            self.device = device
            self.hardwareAddress = hardwareAddress
        }
    }

    /// Whether it has devices that Linux finds, on microvm, in ACPI tables alone.
    var hasVirtioDevices: Bool { portSocket != nil || disk != nil || !shares.isEmpty || !interfaces.isEmpty }
}

/// The machine that QEMU builds around the vCPU.
package enum MachineKind: String, Codable, CaseIterable, Hashable, Sendable {
    /// QEMU's minimal machine without PCI: the fastest that boots.
    case microvm
    /// i440FX and PIIX3 of 1996: what most guests ran on for years.
    case pc
    /// Q35 and ICH9 with PCI Express: today's common choice.
    case q35
}

/// Who executes the guest's instructions.
package enum Accelerator: String, Codable, CaseIterable, Hashable, Sendable {
    /// The processor, through /dev/kvm.
    case kvm
    /// QEMU's translator, in software: never to stand beside KVM's figures without its label.
    case tcg
}
