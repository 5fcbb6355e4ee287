import Glibc
import Linux
import Machines

/// What all guest lanes of a run share: one driver, one verdict on the accelerator, one kernel, one initramfs.
final class SharedGuests {
    let driver: GuestDriver
    let accelerator: AcceleratorReport
    private let laboratory: Laboratory
    private let cache: Cache
    private var foundKernel: GuestKernel?
    private var madeInitramfs: Initramfs?

    /// Starts the driver and warms libvirt's knowledge of the emulator, so that no launch pays for it.
    init(_ laboratory: Laboratory) throws {
        self.laboratory = laboratory
        let cache = Cache(root: laboratory.cacheDirectory)
        self.cache = cache
        accelerator = AcceleratorReport.probe()
        // Made now: what is there is shown to QEMU as it is, and what is not would be copied for it.
        let reads = ["kernel", "initramfs"].map { cache.path($0) }
        for directory in reads { try SystemFile.makeDirectories(directory) }
        driver = try GuestDriver(
            program: "\(laboratory.programDirectory)/isolab-vm",
            stateDirectory: Machines.StateDirectory(root: laboratory.stateDirectory), connect: laboratory.connect,
            reads: reads + (laboratory.kernel.map { [$0] } ?? []))
        do { try driver.warm() } catch {
            driver.close()
            throw error
        }
    }

    /// What can be told without starting anything.
    static func availability(_ laboratory: Laboratory) -> Availability {
        guard HostProgram.path(of: "qemu-system-x86_64") != nil else {
            return .no(
                "QEMU is not installed",
                remedy: "apt-get install --no-install-recommends qemu-system-x86 libvirt-daemon-driver-qemu")
        }
        guard Files.isExecutable("\(laboratory.programDirectory)/isolab-vm") else {
            return .no("isolab-vm is not in \(laboratory.programDirectory)", remedy: "make build")
        }
        return .yes
    }

    static let isolation = ["own kernel", "own virtual hardware"]

    func kernel() throws -> GuestKernel {
        if let foundKernel { return foundKernel }
        let kernel = try GuestKernel.find(given: laboratory.kernel, cache: cache)
        foundKernel = kernel
        return kernel
    }

    func initramfs() throws -> Initramfs {
        if let madeInitramfs { return madeInitramfs }
        let initramfs = try Initramfs.make(layers: [laboratory.image.rootfs], cache: cache)
        madeInitramfs = initramfs
        return initramfs
    }

    var version: String {
        "libvirt \(driver.version.libvirt), \(driver.version.type) \(driver.version.hypervisor), \(driver.version.uri)"
    }

    /// The accelerator's name and the label that must stand beside its figures.
    func names(_ used: Accelerator) -> (name: String, label: String?) {
        guard used == .kvm else { return ("TCG", "software emulation") }
        switch accelerator.kind {
        case .nestedKVM: return ("nested KVM", "nested virtualisation")
        case .pvm: return ("PVM", "KVM without hardware virtualisation")
        case .kvm, .none: return ("KVM", nil)
        }
    }

    /// What every guest runs on beside its own files.
    var artefacts: [(name: String, path: String)] {
        [
            ("QEMU", HostProgram.path(of: "qemu-system-x86_64")), ("guest firmware qboot", Firmware.qboot),
            ("isolab-vm", "\(laboratory.programDirectory)/isolab-vm"),
        ]
        .compactMap { name, path in path.map { (name, $0) } }
    }

    /// What stays unseen of guests that a libvirt daemon started, for the lane's record; `nil` where isolab starts them.
    var unseen: String? {
        driver.isForeign
            ? "what the libvirt daemon itself uses (processor, memory); QEMU's exit status, which is libvirt's word; QEMU's "
                + "last moments where they were over before they could be read"
            : nil
    }

    /// CPU time of isolab-vm so far, ns, in steps of a clock tick.
    var helperTime: UInt64 {
        (try? Procfs.status(of: driver.pid)).map { $0.userTime + $0.systemTime } ?? 0
    }

    func close() { driver.close() }
}
