/// What hardware virtualisation on this host is worth, found by running guest code.
///
/// `access("/dev/kvm")` is no answer: a host may offer a device that emulates instruction by instruction and cannot boot a
/// stock kernel. libvirt's capabilities advertise `kvm` all the same.
package struct AcceleratorReport: Codable, Equatable, Sendable {
    package enum Kind: String, Codable, CaseIterable, Sendable {
        /// The processor's own virtualisation.
        case kvm
        /// The same inside a guest: each exit costs several.
        case nestedKVM = "nested KVM"
        /// A pagetable-based KVM without hardware: runs prepared guests only.
        case pvm = "PVM"
        /// No KVM: QEMU translates.
        case none
    }

    package var kind: Kind
    /// A distribution's kernel boots under `accelerator='kvm'`.
    package var bootsStockKernel: Bool
    /// The micro-guest (32-bit protected mode without paging) runs under `accelerator='kvm'`.
    package var runsMicroGuest: Bool
    /// One sentence: why the two above are as they are.
    package var reason: String
    /// What would change it, where something would.
    package var remedy: String?
    /// The facts that agree or disagree with the verdict, one each.
    package var hints: [String]
    /// The host's TSC frequency, kHz, for the guest's `tsc_early_khz`.
    package var tscKilohertz: Int

    package init(
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
    package var forLinux: Accelerator { bootsStockKernel ? .kvm : .tcg }
    /// What the micro-guest runs on here.
    package var forMicroGuest: Accelerator { runsMicroGuest ? .kvm : .tcg }
}
