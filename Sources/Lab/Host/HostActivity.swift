import Linux

/// Time of all CPUs since boot, in clock ticks, as the first line of /proc/stat counts it (proc(5)).
struct CPUTimes: Equatable, Sendable {
    var total: Int
    var idle: Int
    /// Time in which a hypervisor ran something else.
    var steal: Int

    init(total: Int, idle: Int, steal: Int) {
        self.total = total
        self.idle = idle
        self.steal = steal
    }

    /// Nil where the text is not of that file. Guest time is part of user time and not counted twice.
    init?(stat: String) {
        guard let line = stat.split(separator: "\n").first, line.hasPrefix("cpu ") else { return nil }
        let numbers = line.split(separator: " ").dropFirst().prefix(8).compactMap { Int($0) }
        guard numbers.count == 8 else { return nil }
        self.init(total: numbers.reduce(0, +), idle: numbers[3] + numbers[4], steal: numbers[7])
    }
}

/// How busy the host is with other things than isolab: read before a block, so that a loud host is waited for or said.
public struct HostActivity: Equatable, Sendable {
    /// Runnable tasks averaged over a minute (`/proc/loadavg`).
    public var load: Double
    /// Runnable tasks now, the reader's own included.
    public var runnable: Int
    /// Share of the last ten seconds in which something runnable waited for a CPU, percent (`/proc/pressure/cpu`); nil
    /// where the kernel keeps no pressure.
    public var cpuPressure: Double?
    /// The same for the disk.
    public var ioPressure: Double?

    /// This host, now: three small files, some 30 µs.
    public static func now() -> HostActivity? {
        HostActivity(
            loadAverage: (try? SystemFile.read("/proc/loadavg")) ?? "", cpu: try? SystemFile.read("/proc/pressure/cpu"),
            io: try? SystemFile.read("/proc/pressure/io"))
    }

    init?(loadAverage: String, cpu: String?, io: String?) {
        let words = loadAverage.split(separator: " ")
        guard words.count >= 4, let load = Double(words[0]),
            let runnable = words[3].split(separator: "/").first.flatMap({ Int($0) })
        else { return nil }
        self.load = load
        self.runnable = runnable
        cpuPressure = cpu.flatMap(Self.pressure)
        ioPressure = io.flatMap(Self.pressure)
    }

    /// `avg10` of the `some` line (Documentation/accounting/psi.rst).
    static func pressure(_ text: String) -> Double? {
        guard let some = text.split(separator: "\n").first(where: { $0.hasPrefix("some ") }) else { return nil }
        return some.split(separator: " ").first { $0.hasPrefix("avg10=") }.flatMap { Double($0.dropFirst(6)) }
    }
}

/// How busy the CPUs were between two readings: the gate before a block.
public struct HostIdleness: Equatable, Sendable {
    /// Share of all CPUs' time in which they did something, 0 … 1, steal included.
    public var busy: Double
    /// Share that a hypervisor took, 0 … 1.
    public var stolen: Double

    init(from earlier: CPUTimes, to later: CPUTimes) {
        let total = later.total - earlier.total
        guard total > 0 else {
            (busy, stolen) = (0, 0)
            return
        }
        busy = 1 - Double(later.idle - earlier.idle) / Double(total)
        stolen = Double(later.steal - earlier.steal) / Double(total)
    }

    /// A reading to hold a later one against.
    public struct Reading: Sendable {
        let times: CPUTimes

        /// Nil where /proc is not there.
        public static func now() -> Reading? {
            (try? SystemFile.read("/proc/stat")).flatMap { CPUTimes(stat: $0) }.map { Reading(times: $0) }
        }

        /// How busy the host was since then, up to another reading. Ticks are 1–10 ms: readings nearer than 50 ms say little.
        public func activity(until later: Reading) -> HostIdleness { HostIdleness(from: times, to: later.times) }
    }
}
