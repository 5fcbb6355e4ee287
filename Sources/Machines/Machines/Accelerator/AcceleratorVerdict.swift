private import Glibc
private import Linux

extension AcceleratorFacts {
    /// Real-mode instructions of the first piece of code.
    static let realModeInstructions = 40_000
    /// Below this rate the code was emulated: hardware does thousands of millions a second, even through nested paging;
    /// an instruction emulator two.
    static let slowestHardwareRate = 50_000_000.0

    /// Instructions a second of the real-mode code.
    var realModeRate: Double? {
        guard let realMode, realMode.completed, realMode.nanoseconds > 0 else { return nil }
        return Double(Self.realModeInstructions) * 1e9 / Double(realMode.nanoseconds)
    }

    /// Judges the facts. Pure: the same facts, the same verdict.
    package func verdict() -> AcceleratorReport {
        let micro = protectedMode?.completed ?? false
        // A first KVM_RUN on hardware also pays for page faults and, nested, for a dozen exits: what decides is paging that
        // works; a rate below the bar alone (a busy host) does not condemn, unless nothing speaks for hardware.
        let paged = pagedMode?.completed ?? false
        let rate = realModeRate
        let emulated = (rate ?? 0) < Self.slowestHardwareRate
        let stock = paged && (!emulated || (hasVirtualisationFlag && !hasPVMModule))

        let kind: AcceleratorReport.Kind
        let reason: String
        var remedy: String?
        if openError != 0 {
            kind = .none
            reason = "/dev/kvm cannot be opened: \(SystemError.message(openError))"
            remedy =
                openError == EACCES || openError == EPERM
                ? "add yourself to the group that owns /dev/kvm (often kvm), or run as root"
                : hasVirtualisationFlag
                    ? "load the module: modprobe kvm_intel or kvm_amd"
                    : isGuest
                        ? "enable nested virtualisation on the host of this guest"
                        : "enable virtualisation (VT-x or SVM) in the firmware"
        } else if endedBySignal == SIGPROF {
            kind = .none
            reason = "guest code used up its processor time in /dev/kvm and was killed"
        } else if endedBySignal != 0 {
            kind = .none
            reason =
                "guest code hung in /dev/kvm, or this host was too busy, and was killed (signal \(endedBySignal))"
            remedy = "try again when the host is less busy: isolab doctor"
        } else if setupError != 0 {
            kind = .none
            reason = "/dev/kvm opens but creates no virtual machine: \(SystemError.message(setupError))"
        } else if stock {
            kind = isGuest ? .nestedKVM : .kvm
            reason = "guest code ran in real mode and with paging at the processor's speed"
        } else {
            kind = hasPVMModule || !hasVirtualisationFlag ? .pvm : .none
            let speed = rate.map { "real mode runs at \(Self.millions($0)) million instructions a second" }
            let paging = paged ? nil : "32-bit paging shuts the vCPU down"
            let found = [speed, paging].compactMap(\.self).joined(separator: ", and ")
            reason =
                "/dev/kvm opens but does not boot a stock kernel: "
                + (found.isEmpty ? "guest code did not run to its end" : found)
            remedy =
                isGuest
                ? "use a host with nested virtualisation, or boot a kernel built with CONFIG_PVM_GUEST (--kernel)"
                : "enable virtualisation (VT-x or SVM) in the firmware"
        }
        return AcceleratorReport(
            kind: kind, bootsStockKernel: stock && kind != .none,
            runsMicroGuest: micro && openError == 0 && endedBySignal == 0, reason: reason, remedy: remedy,
            hints: hints, tscKilohertz: tscKilohertz)
    }

    /// Two significant figures are enough to tell an emulator from a processor.
    private static func millions(_ rate: Double) -> String {
        let tenths = Int((rate / 1e5).rounded())
        return tenths >= 100 ? String(tenths / 10) : "\(tenths / 10).\(tenths % 10)"
    }

    private var hints: [String] {
        var hints = doubts.enumerated().map { "answer \($0 + 1) was not reliable, so the probe was repeated: \($1)" }
        hints.append("the processor shows " + (hasVirtualisationFlag ? "vmx or svm" : "neither vmx nor svm"))
        if isGuest { hints.append("the hypervisor flag is set: this host is itself a guest") }
        if hasPVMModule { hints.append("the module kvm_pvm is loaded") }
        if openError == 0 && !supportsSSE3 {
            hints.append("KVM offers its guests no SSE3, which any real processor has")
        }
        return hints
    }
}
