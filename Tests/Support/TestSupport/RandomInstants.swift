package import Glibc
import Linux

/// Instants and amounts from a seed, which a test prints: `ISOLAB_TEST_SEED` gives the same ones again.
package struct RandomInstants: RandomNumberGenerator {
    package let seed: UInt64
    private var state: UInt64

    package init() {
        seed = getenv("ISOLAB_TEST_SEED").flatMap { UInt64(String(cString: $0)) } ?? .random(in: 0...UInt64(UInt32.max))
        state = seed
    }

    /// splitmix64.
    package mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var word = (state ^ (state >> 30)) &* 0xbf58_476d_1ce4_e5b9
        word = (word ^ (word >> 27)) &* 0x94d0_49bb_1331_11eb
        return word ^ (word >> 31)
    }

    /// A number below a bound.
    package mutating func below(_ bound: Int) -> Int { bound < 2 ? 0 : Int(next() % UInt64(bound)) }

    /// Sleeps until a random instant of a length of time, in nanoseconds.
    ///
    /// - Returns: the instant, in microseconds.
    @discardableResult package mutating func sleep(within length: UInt64) -> Int {
        let instant = below(Int(min(length / 1000, 60_000_000)))
        usleep(UInt32(instant))
        return instant
    }
}

/// Rounds of something random, as many as fit into a time, and never too few to tell anything.
package struct TimeBox {
    private let end: UInt64
    private let least: Int
    private let most: Int
    private var count = 0

    package init(seconds: UInt64, least: Int, most: Int = 1000) {
        end = HostClock.now() + seconds * 1_000_000_000
        self.least = least
        self.most = most
    }

    /// Whether there is another round.
    package mutating func next() -> Bool {
        guard count < least || (HostClock.now() < end && count < most) else { return false }
        count += 1
        return true
    }

    package var rounds: Int { count }
}
