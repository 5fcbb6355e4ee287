package import Statistics

extension SelfTest {
    /// What one try came to, in the injection's unit.
    package struct Attempt: Equatable, Sendable {
        package var shift: Double
        /// That holds the truth in 95 % of all tries, and that does so in 99 %.
        package var interval: Interval?
        package var wideInterval: Interval?
        /// What was put in, as the workload measured it itself, a median; what was asked for where it does not say.
        package var truth: Double
        /// How much more may come back.
        package var allowance: Double
        /// Whether the verdict was that there is more.
        package var isTold: Bool

        static let wideLevel = 0.99
    }

    /// What an injection came to.
    package struct Outcome: Equatable, Sendable {
        package var injection: Injection
        package var tries: Int
        package var attempts: [Attempt] = []
        /// Why tries failed that could not be measured.
        package var problems: [String] = []

        /// In how many tries the intervals held what was put in.
        package var inside: Int { attempts.count { side(of: $0.interval, $0) == 0 } }
        package var insideWide: Int { attempts.count { side(of: $0.wideInterval, $0) == 0 } }
        /// In how many the whole 95 % interval lay below what was put in, and above it.
        package var below: Int { attempts.count { side(of: $0.interval, $0) == -1 } }
        package var above: Int { attempts.count { side(of: $0.interval, $0) == 1 } }
        package var told: Int { attempts.count(where: \.isTold) }

        /// −1 below what was put in, 1 above it, 0 where it holds that; nil where there is none.
        private func side(of interval: Interval?, _ attempt: Attempt) -> Int? {
            guard let interval else { return nil }
            if interval.high < injection.expected { return -1 }
            return interval.low - attempt.allowance > injection.expected ? 1 : 0
        }

        /// Whether the intervals hold what they promise, as far as so many tries can tell: of intervals that hold the truth in
        /// 95 % (99 %) of all tries, so few would do so by chance less than once in a hundred times. Of 40 tries that are 34 (38).
        package var holds: Bool {
            Self.chance(ofAtMost: inside, of: tries, each: Shift.usualLevel) >= 0.01
                && Self.chance(ofAtMost: insideWide, of: tries, each: Attempt.wideLevel) >= 0.01
        }

        /// How probable it is that at most so many of the tries hold what was put in, where each does so in a `share` of all cases
        /// (binomial).
        static func chance(ofAtMost inside: Int, of tries: Int, each share: Double) -> Double {
            guard inside < tries else { return 1 }
            var term = 1.0
            for _ in 0..<tries { term *= 1 - share }
            var sum = 0.0
            for count in 0...max(0, inside) {
                sum += term
                term *= share / (1 - share) * Double(tries - count) / Double(count + 1)
            }
            return sum
        }
    }
}
