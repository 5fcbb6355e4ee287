/// What the host did between two readings.
struct HostStretch: Sendable {
    let seconds: Double
    /// Processors kept busy, on average: by isolab and its sandboxes, by everything else, and by a hypervisor for others.
    let own: Double
    let other: Double
    let stolen: Double
    /// By how much `other` may be wrong because the kernel counts in clock ticks.
    let otherError: Double
    /// Shares of the time in which something waited.
    let cpuPressure: Double?
    let memoryPressure: Double?
    let ioPressure: Double?
    let throttles: Int?
    /// The lowest limit on a processor's frequency before and after.
    let limits: (before: Double?, after: Double?)

    /// - Parameter elsewhere: processor time of sandboxes that are nobody's descendants of this process, nanoseconds: guests of a
    ///   libvirt daemon.
    init(from first: HostReading, to last: HostReading, elsewhere: UInt64 = 0, ticksPerSecond: Double = 100) {
        let seconds = Double(last.at &- first.at) / 1e9
        self.seconds = seconds
        func average(_ ticks: Int) -> Double { seconds > 0 ? Double(ticks) / ticksPerSecond / seconds : 0 }
        stolen = average(last.times.stolen - first.times.stolen)
        // Idleness is known to the microsecond and rounded down to ticks; what ran is only sampled at each tick.
        let idle = average(last.times.idle - first.times.idle)
        let mine = seconds > 0 ? (Double(last.own &- min(first.own, last.own)) + Double(elsewhere)) / 1e9 / seconds : 0
        own = mine
        other = max(0, Double(last.processors) - idle - stolen - mine)
        otherError = seconds > 0 ? Double(last.processors) / ticksPerSecond / seconds : 0
        func share(_ first: Int?, _ last: Int?) -> Double? {
            guard let first, let last, seconds > 0 else { return nil }
            return min(1, max(0, Double(last - first) / 1e6 / seconds))
        }
        cpuPressure = share(first.cpuPressure, last.cpuPressure)
        memoryPressure = share(first.memoryPressure, last.memoryPressure)
        ioPressure = share(first.ioPressure, last.ioPressure)
        throttles = last.throttles.flatMap { after in first.throttles.map { after - $0 } }
        limits = (first.megahertzLimit, last.megahertzLimit)
    }
}

/// When a stretch of the host's time counts as disturbed. The limits are declared in docs/measurement.md.
enum DisturbanceRule {
    /// What else runs may take so much of the processors that the block uses, one at least.
    static let otherShare = 0.25
    /// A hypervisor may take so much of the time in which something was to run.
    static let stolenShare = 0.05
    /// So long may something wait for memory, and for a disk.
    static let memoryShare = 0.05
    static let ioShare = 0.25

    /// What disturbed it, in words, behind each other; empty where nothing did.
    ///
    /// - Parameter limit: the frequency to which processors were limited when the run began.
    static func words(_ stretch: HostStretch, limit: Double? = nil) -> [String] {
        var words: [String] = []
        if stretch.other - stretch.otherError > otherShare * max(1, stretch.own) {
            words.append("other programs ran")
        }
        let wanted = stretch.own + stretch.other + stretch.stolen
        // So little that it is a tick or two says nothing.
        if stretch.stolen - stretch.otherError / 2 > stolenShare * wanted {
            words.append("a hypervisor took processor time")
        }
        if let share = stretch.memoryPressure, share > memoryShare { words.append("memory was short") }
        if let share = stretch.ioPressure, share > ioShare { words.append("processes waited for disks") }
        if let count = stretch.throttles, count > 0 { words.append("processors were slowed down for their heat") }
        if let usual = limit, let now = stretch.limits.after, now < usual {
            words.append("the processors' frequency was limited")
        }
        return words
    }
}
