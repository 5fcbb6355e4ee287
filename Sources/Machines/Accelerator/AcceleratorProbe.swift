internal import CLinux
private import Glibc
private import Linux

extension AcceleratorReport {
    /// Runs guest code on this host, 25 ms or less where KVM answers, and judges what happened.
    ///
    /// The code runs in a forked child with an alarm, so that a device that hangs costs `seconds` and no more.
    public static func probe(device: String = "/dev/kvm", seconds: UInt32 = 2) -> AcceleratorReport {
        AcceleratorFacts.gather(device: device, seconds: seconds).verdict()
    }
}

extension AcceleratorFacts {
    /// The facts of this host.
    public static func gather(device: String = "/dev/kvm", seconds: UInt32 = 2) -> AcceleratorFacts {
        var raw = isolab_kvm_facts()
        var signal: Int32 = 0
        let failure = isolab_kvm_probe_guarded(device, seconds, &raw, &signal)
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
public enum TimestampCounter {
    /// Its frequency against `CLOCK_MONOTONIC_RAW` over 20 ms, kHz; 0 where the processor has none.
    public static func measuredKilohertz() -> Int {
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
