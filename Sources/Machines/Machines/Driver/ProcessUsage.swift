internal import Glibc
internal import Linux

/// What a process used so far, asked by anybody.
struct ProcessUsage: Hashable, Sendable {
    /// CPU time, user and system, of all its threads, living and dead, ns (`clock_getcpuclockid(3)`).
    var processorTime: UInt64
    /// Bytes (`VmHWM` of /proc/pid/status); 0 once it is a zombie.
    var peakResident: UInt64

    init(processorTime: UInt64, peakResident: UInt64) {
        self.processorTime = processorTime
        self.peakResident = peakResident
    }

    /// `nil` once the process is reaped.
    init?(of pid: Int32) {
        var clock: clockid_t = 0
        var time = timespec()
        guard clock_getcpuclockid(pid, &clock) == 0, clock_gettime(clock, &time) == 0 else { return nil }
        processorTime = UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
        peakResident = Self.peakResident(of: pid) ?? 0
    }

    /// The most of each.
    func joined(_ other: ProcessUsage?) -> ProcessUsage {
        ProcessUsage(
            processorTime: max(processorTime, other?.processorTime ?? 0),
            peakResident: max(peakResident, other?.peakResident ?? 0))
    }

    private static func peakResident(of pid: Int32) -> UInt64? {
        guard let text = try? SystemFile.read("/proc/\(pid)/status"),
            let line = text.split(separator: "\n").first(where: { $0.hasPrefix("VmHWM:") }),
            let kibibytes = line.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap({ UInt64($0) })
        else { return nil }
        return kibibytes * 1024
    }
}
