import Glibc

/// Waits for a quiet host before a block: what else runs on it would be measured too.
enum HostGate {
    /// Shares of all CPUs' time above which the host is busy, with something of its own or of its hypervisor's.
    static let busyShare = 0.25
    static let stolenShare = 0.05
    /// How long is looked, and how often before the block is measured all the same.
    private static let window: UInt32 = 60_000
    private static let attempts = 12

    /// Looks at the host until it is quiet, 60 ms if it is, at most 0.7 s.
    ///
    /// - Returns: what the reader must know where the host stayed busy; the same words for every such block.
    static func wait() -> String? {
        var last: HostIdleness?
        for _ in 0..<attempts {
            guard let before = HostIdleness.Reading.now() else { return nil }
            usleep(window)
            guard let after = HostIdleness.Reading.now() else { return nil }
            let idleness = before.activity(until: after)
            if warning(idleness) == nil { return nil }
            last = idleness
        }
        return last.flatMap(warning)
    }

    /// Why a host is not quiet; nil where it is.
    static func warning(_ idleness: HostIdleness) -> String? {
        if idleness.stolen > stolenShare {
            return "a hypervisor took over 5 % of the host's CPU time before at least one block: expect noise"
        }
        if idleness.busy > busyShare {
            return "other programs took over 25 % of the host's CPU time before at least one block: expect noise"
        }
        return nil
    }
}
