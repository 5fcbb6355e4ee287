import Glibc

/// Waits for a quiet host before a block. Whether the block was quiet is judged afterwards, by its whole time (`BlockWatch`).
enum HostGate {
    /// How long is looked, and how often before the block is measured all the same.
    private static let window: UInt32 = 60_000
    private static let attempts = 12

    /// Looks at the host until nothing disturbs it, 60 ms if that is so, at most 0.7 s.
    static func wait() {
        for _ in 0..<attempts {
            guard let before = HostReading.now() else { return }
            usleep(window)
            guard let after = HostReading.now() else { return }
            if DisturbanceRule.words(HostStretch(from: before, to: after)).isEmpty { return }
        }
    }
}
