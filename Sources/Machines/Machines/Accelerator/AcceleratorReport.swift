/// What hardware virtualisation on this host is worth, found by running guest code.
///
/// `access("/dev/kvm")` is no answer: a host may offer a device that emulates instruction by instruction and cannot boot a
/// stock kernel. libvirt's capabilities advertise `kvm` all the same.
public struct AcceleratorReport: Codable, Equatable, Sendable {
    public enum Kind: String, Codable, CaseIterable, Sendable {
        /// The processor's own virtualisation.
        case kvm
        /// The same inside a guest: each exit costs several.
        case nestedKVM = "nested KVM"
        /// A pagetable-based KVM without hardware: runs prepared guests only.
        case pvm = "PVM"
        /// No KVM: QEMU translates.
        case none
    }

    public var kind: Kind
    /// A distribution's kernel boots under `accelerator='kvm'`.
    public var bootsStockKernel: Bool
    /// The micro-guest (32-bit protected mode without paging) runs under `accelerator='kvm'`.
    public var runsMicroGuest: Bool
    /// One sentence: why the two above are as they are.
    public var reason: String
    /// What would change it, where something would.
    public var remedy: String?
    /// The facts that agree or disagree with the verdict, one each.
    public var hints: [String]
    /// The host's TSC frequency, kHz, for the guest's `tsc_early_khz`.
    public var tscKilohertz: Int

    public init(
        kind: Kind, bootsStockKernel: Bool, runsMicroGuest: Bool, reason: String, remedy: String?, hints: [String],
        tscKilohertz: Int
    ) {
        self.kind = kind
        self.bootsStockKernel = bootsStockKernel
        self.runsMicroGuest = runsMicroGuest
        self.reason = reason
        self.remedy = remedy
        self.hints = hints
        self.tscKilohertz = tscKilohertz
    }

    /// What a Linux guest runs on here.
    public var forLinux: Accelerator { bootsStockKernel ? .kvm : .tcg }
    /// What the micro-guest runs on here.
    public var forMicroGuest: Accelerator { runsMicroGuest ? .kvm : .tcg }
}
