/// Everything the verdict rests on, as a value: recorded once, judged anywhere.
package struct AcceleratorFacts: Codable, Equatable, Sendable {
    /// One piece of guest code.
    package struct Run: Codable, Equatable, Sendable {
        /// errno of the ioctl that failed, or 0.
        package var error: Int32
        /// `KVM_EXIT_*`; 5 is `hlt`, the end of the code; 8 a shut down vCPU.
        package var exitReason: Int32
        /// What the code left in EAX; 0x5a when it ran to its end.
        package var result: UInt32
        /// Processor time.
        package var nanoseconds: UInt64

        package init(error: Int32 = 0, exitReason: Int32, result: UInt32, nanoseconds: UInt64) {
            self.error = error
            self.exitReason = exitReason
            self.result = result
            self.nanoseconds = nanoseconds
        }

        /// The code ran to its last instruction and computed what it should.
        package var completed: Bool { error == 0 && exitReason == 5 && result == 0x5a }
    }

    /// errno of opening the device, or 0.
    package var openError: Int32
    /// errno of creating a machine or a vCPU, or 0.
    package var setupError: Int32
    /// The signal that ended the probe, or 0: SIGPROF where guest code used up its processor time without an end, SIGALRM where
    /// time went by without it.
    package var endedBySignal: Int32
    /// Why earlier answers were not believed and the question was asked again, one each.
    package var doubts: [String]
    /// 40 000 instructions of real mode; `nil` where the probe never came so far.
    package var realMode: Run?
    /// 20 000 instructions of 32-bit protected mode.
    package var protectedMode: Run?
    /// The same with 32-bit paging.
    package var pagedMode: Run?
    /// `KVM_GET_SUPPORTED_CPUID` names SSE3.
    package var supportsSSE3: Bool
    /// Flags of /proc/cpuinfo: `vmx` or `svm`.
    package var hasVirtualisationFlag: Bool
    /// The flag `hypervisor`: this host is itself a guest.
    package var isGuest: Bool
    /// /sys/module/kvm_pvm is there.
    package var hasPVMModule: Bool
    /// The host's TSC, kHz.
    package var tscKilohertz: Int

    package init(
        openError: Int32 = 0, setupError: Int32 = 0, endedBySignal: Int32 = 0, doubts: [String] = [],
        realMode: Run? = nil,
        protectedMode: Run? = nil, pagedMode: Run? = nil, supportsSSE3: Bool = true,
        hasVirtualisationFlag: Bool = true, isGuest: Bool = false, hasPVMModule: Bool = false,
        tscKilohertz: Int = 0
    ) {
        self.openError = openError
        self.setupError = setupError
        self.endedBySignal = endedBySignal
        self.doubts = doubts
        self.realMode = realMode
        self.protectedMode = protectedMode
        self.pagedMode = pagedMode
        self.supportsSSE3 = supportsSSE3
        self.hasVirtualisationFlag = hasVirtualisationFlag
        self.isGuest = isGuest
        self.hasPVMModule = hasPVMModule
        self.tscKilohertz = tscKilohertz
    }
}
