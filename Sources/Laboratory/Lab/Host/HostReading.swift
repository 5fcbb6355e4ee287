import Glibc
import Linux
import OCI

/// The host's counters at one instant: two of them say what it did in between.
struct HostReading: Equatable, Sendable {
    /// `HostClock`, nanoseconds.
    var at: UInt64
    var times: ProcessorTimes
    /// How many processors that is of.
    var processors: Int
    /// Processor time of this process and of all that it has started, ended or not, nanoseconds.
    var own: UInt64
    /// Microseconds in which something waited; nil where the kernel keeps no pressure.
    var cpuPressure: Int?
    var memoryPressure: Int?
    var ioPressure: Int?
    var load: Double?
    /// Of the slowest processor, and the lowest limit of any, MHz.
    var megahertz: Double?
    var megahertzLimit: Double?
    /// Events of throttling for heat since boot, of all processors.
    var throttles: Int?

    /// This host, now: nil where /proc is not there. Some milliseconds, for every process is looked at to find its own.
    static func now() -> HostReading? {
        let allowed = allowedProcessors()
        guard let times = (try? SystemFile.read("/proc/stat")).flatMap({ ProcessorTimes(stat: $0, of: allowed) })
        else { return nil }
        func pressure(_ kind: String) -> Int? {
            (try? SystemFile.read("/proc/pressure/\(kind)")).flatMap(Pressure.total)
        }
        var reading = HostReading(
            at: HostClock.now(), times: times, processors: allowed.count, own: ownTime(),
            cpuPressure: pressure("cpu"), memoryPressure: pressure("memory"), ioPressure: pressure("io"))
        reading.load = (try? SystemFile.read("/proc/loadavg")).flatMap { $0.split(separator: " ").first }
            .flatMap { Double($0) }
        let system = "/sys/devices/system/cpu"
        func numbers(_ file: String) -> [Int] {
            allowed.compactMap { number in HostSource.host.number("\(system)/cpu\(number)/\(file)") }
        }
        reading.megahertz = numbers("cpufreq/scaling_cur_freq").min().map { Double($0) / 1000 }
        reading.megahertzLimit = numbers("cpufreq/scaling_max_freq").min().map { Double($0) / 1000 }
        let throttles =
            numbers("thermal_throttle/core_throttle_count") + numbers("thermal_throttle/package_throttle_count")
        reading.throttles = throttles.isEmpty ? nil : throttles.reduce(0, +)
        return reading
    }

    /// The processors this process may run on, which its sandboxes inherit: those that are judged.
    static func allowedProcessors() -> Set<Int> {
        let name = "Cpus_allowed_list:"
        let lines = ((try? SystemFile.read("/proc/self/status")) ?? "").split(separator: "\n")
        return lines.first { $0.hasPrefix(name) }.map { processors($0.dropFirst(name.count)) } ?? []
    }

    /// A list such as `0-3,8` (cpuset(7)).
    static func processors(_ list: some StringProtocol) -> Set<Int> {
        Set((IndexList(String(list.filter { !$0.isWhitespace }))?.ranges ?? []).joined().map { Int($0) })
    }

    /// Processor time of this process, of what it waited for, and of what it started and still runs.
    private static func ownTime() -> UInt64 {
        func nanoseconds(_ who: __rusage_who) -> UInt64 {
            var usage = rusage()
            guard getrusage(__rusage_who_t(who.rawValue), &usage) == 0 else { return 0 }
            return [usage.ru_utime, usage.ru_stime].reduce(0) {
                $0 + UInt64($1.tv_sec) * 1_000_000_000 + UInt64($1.tv_usec) * 1000
            }
        }
        let alive = ((try? Procfs.descendants(of: getpid())) ?? []).compactMap { try? Procfs.status(of: $0) }
        return alive.reduce(nanoseconds(RUSAGE_SELF) + nanoseconds(RUSAGE_CHILDREN)) {
            $0 + $1.userTime + $1.systemTime + $1.childrenTime
        }
    }
}
