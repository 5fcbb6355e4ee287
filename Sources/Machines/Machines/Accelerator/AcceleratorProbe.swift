internal import CMachines
private import Glibc
private import Linux

extension AcceleratorReport {
    /// Runs guest code on this host, 25 ms or less where KVM answers, and judges what happened.
    ///
    /// The code runs in a forked child, and each machine has `seconds` of processor time: a device that spins costs those and
    /// no more, and a host that is busy with other things costs nothing but time.
    package static func probe(device: String = "/dev/kvm", seconds: UInt32 = 2) -> AcceleratorReport {
        AcceleratorFacts.gather(device: device, seconds: seconds).verdict()
    }
}

extension AcceleratorFacts {
    /// How often it is asked, where the answers are doubtful.
    private static let attempts = 3

    /// The facts of this host. An answer that says more of the moment than of the device is not believed at once.
    ///
    /// - Parameters:
    ///   - seconds: of processor time, for each machine.
    ///   - patience: seconds in which a machine must get to its end, whatever else runs.
    package static func gather(
        device: String = "/dev/kvm", seconds: UInt32 = 2, patience: UInt32 = 15
    ) -> AcceleratorFacts {
        var doubts: [String] = []
        while true {
            var facts = ask(device: device, seconds: seconds, patience: patience)
            facts.doubts = doubts
            guard let doubt = facts.doubt, doubts.count + 1 < attempts else { return facts }
            doubts.append(doubt)
        }
    }

    /// Why the facts may be those of a bad moment; `nil` where they would be the same at any other.
    var doubt: String? {
        if endedBySignal == SIGPROF { return nil }
        if endedBySignal != 0 { return "guest code made no progress (signal \(endedBySignal))" }
        for error in [openError, setupError] where [EAGAIN, ENOMEM, EBUSY, EINTR, EMFILE, ENFILE].contains(error) {
            return SystemError.message(error)
        }
        return nil
    }

    private static func ask(device: String, seconds: UInt32, patience: UInt32) -> AcceleratorFacts {
        var raw = isolab_kvm_facts()
        var signal: Int32 = 0
        let failure = isolab_kvm_probe_guarded(device, seconds, patience, &raw, &signal)
        let flags = processorFlags()
        return AcceleratorFacts(
            openError: failure != 0 ? failure : raw.open_error, setupError: raw.setup_error, endedBySignal: signal,
            realMode: Run(raw.real_mode), protectedMode: Run(raw.protected_mode), pagedMode: Run(raw.paged_mode),
            supportsSSE3: raw.has_sse3 != 0, hasVirtualisationFlag: flags.contains("vmx") || flags.contains("svm"),
            isGuest: flags.contains("hypervisor"), hasPVMModule: access("/sys/module/kvm_pvm", F_OK) == 0,
            tscKilohertz: raw.tsc_kilohertz > 0 ? Int(raw.tsc_kilohertz) : TimestampCounter.measuredKilohertz())
    }

    /// The flags of the first processor in /proc/cpuinfo.
    private static func processorFlags() -> Set<Substring> {
        guard let text = try? SystemFile.read("/proc/cpuinfo"),
            let line = text.split(separator: "\n").first(where: { $0.hasPrefix("flags") })
        else { return [] }
        return Set(line.split(separator: " "))
    }
}

extension AcceleratorFacts.Run {
    init?(_ raw: isolab_kvm_run) {
        guard raw.attempted != 0 else { return nil }
        self.init(error: raw.error, exitReason: raw.exit_reason, result: raw.result, nanoseconds: raw.nanoseconds)
    }
}

/// The host's time stamp counter, which a TCG guest reads as its own.
package enum TimestampCounter {
    /// Its frequency against `CLOCK_MONOTONIC_RAW` over 20 ms, kHz; 0 where the processor has none.
    package static func measuredKilohertz() -> Int {
        let begin = (ticks: isolab_timestamp_counter(), time: HostClock.now())
        guard begin.ticks != 0 else { return 0 }
        var end = begin
        while end.time &- begin.time < 20_000_000 {
            usleep(1000)
            end = (isolab_timestamp_counter(), HostClock.now())
        }
        return Int(Double(end.ticks &- begin.ticks) * 1e6 / Double(end.time &- begin.time))
    }
}
