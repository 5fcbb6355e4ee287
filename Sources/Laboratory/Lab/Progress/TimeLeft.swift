/// How long a run has still to go.
///
/// What a part takes that has not begun is told from what its samples are made of: rests that are known beforehand, launches of
/// the lane, which earlier parts have timed, and what the workload is at. What a part takes that has begun is told from itself.
struct TimeLeft: Equatable, Sendable {
    /// What one sample of a lane is made of.
    struct Work: Equatable, Sendable {
        /// Seconds in which nothing is done.
        var rest = 0.0
        /// How many sandboxes are started and ended.
        var launches = 1.0
        /// Seconds that the workload takes natively.
        var inside = 0.0
    }

    private struct Kind: Hashable { let part: Int, lane: String }

    private struct Taking: Equatable, Sendable {
        var work = Work()
        var remaining = 0
        var taken = 0
        var seconds = 0.0
    }

    /// What a block takes besides its samples: a look at each lane of processes, the wait for an idle host, the record.
    private struct Blocks: Equatable, Sendable {
        var remaining = 0
        var taken = 0
        var seconds = 0.0
        var lanes: Set<String> = []
    }

    private var samples: [Kind: Taking] = [:]
    private var blocks: [Int: Blocks] = [:]
    /// Seconds a launch of a lane is guessed to take until one was timed.
    private let launch: [String: Double]
    private let guests: Set<String>
    /// How many times as long as natively a guest takes over what the workload is at, for each second that its launch takes: a
    /// kernel that is emulated boots in seconds, one on the processor itself in a fraction of one.
    private static let guestPace = 2.5
    /// A look at the host's idleness.
    static let gate = 0.06

    /// - Parameter launch: seconds, by lane.
    init(launch: [String: Double], guests: Set<String> = []) {
        self.launch = launch
        self.guests = guests
    }

    mutating func plan(part: Int, lane: String, _ work: Work = Work()) {
        samples[Kind(part: part, lane: lane), default: Taking()].work = work
        samples[Kind(part: part, lane: lane), default: Taking()].remaining += 1
    }

    /// - Parameter lanes: those that are looked at from outside before it.
    mutating func planBlock(part: Int, lanes: Set<String>) {
        blocks[part, default: Blocks()].remaining += 1
        blocks[part, default: Blocks()].lanes.formUnion(lanes)
    }

    mutating func took(_ duration: Double, part: Int, lane: String) {
        samples[Kind(part: part, lane: lane), default: Taking()].remaining -= 1
        samples[Kind(part: part, lane: lane), default: Taking()].taken += 1
        samples[Kind(part: part, lane: lane), default: Taking()].seconds += duration
    }

    /// - Parameter besides: seconds beyond those of its samples.
    mutating func tookBlock(_ besides: Double, part: Int) {
        blocks[part, default: Blocks()].remaining -= 1
        blocks[part, default: Blocks()].taken += 1
        blocks[part, default: Blocks()].seconds += besides
    }

    var secondsLeft: Double {
        let known = Known(self)
        var sum = 0.0
        for (kind, taking) in samples where taking.remaining > 0 {
            let expected = seconds(kind, taking.work, known)
            // The first samples of a part say less than all that earlier parts have taught.
            let each = (Self.trust * expected + taking.seconds) / (Self.trust + Double(taking.taken))
            sum += Double(taking.remaining) * each
        }
        for own in blocks.values where own.remaining > 0 {
            let each = own.taken > 0 ? own.seconds / Double(own.taken) : max(0, known.gate + looks(own, known))
            sum += Double(own.remaining) * each
        }
        return sum
    }

    /// How many samples of a part the expectation of it is worth.
    private static let trust = 2.0

    private func seconds(_ kind: Kind, _ work: Work, _ known: Known) -> Double {
        let launch = known.launch(kind.lane, butIn: kind.part) ?? self.launch[kind.lane] ?? 0.1
        let pace = guests.contains(kind.lane) ? max(1, Self.guestPace * launch) : known.pace
        return work.rest + work.launches * launch + work.inside * pace
    }

    /// Seconds that looking at a block's lanes from outside takes: a launch of each.
    private func looks(_ blocks: Blocks, _ known: Known) -> Double {
        blocks.lanes.reduce(0) { $0 + (known.launch($1) ?? launch[$1] ?? 0.1) }
    }

    /// What the samples so far have taught.
    private struct Known {
        /// Seconds and number of launches by lane and part, where nothing but launches was done.
        private var launches: [String: [Int: (seconds: Double, count: Double)]] = [:]
        /// How many times as long as guessed processes take over what the workload is at.
        var pace = 1.0
        /// Seconds of a block besides its samples and the looks at its lanes.
        var gate = TimeLeft.gate

        init(_ left: TimeLeft) {
            for (kind, taking) in left.samples where taking.taken > 0 && taking.work.inside == 0 {
                let count = Double(taking.taken)
                launches[kind.lane, default: [:]][kind.part] = (
                    max(0, taking.seconds - count * taking.work.rest), count * taking.work.launches
                )
            }
            var (took, guessed) = (0.0, 0.0)
            for (kind, taking) in left.samples
            where taking.taken > 0 && taking.work.inside > 0 && !left.guests.contains(kind.lane) {
                let count = Double(taking.taken)
                let alone = self.launch(kind.lane) ?? left.launch[kind.lane] ?? 0.1
                took += max(0, taking.seconds - count * (taking.work.rest + alone))
                guessed += count * taking.work.inside
            }
            if guessed > 0 { pace = took / guessed }
            var (besides, count) = (0.0, 0.0)
            for own in left.blocks.values where own.taken > 0 {
                besides += own.seconds - Double(own.taken) * left.looks(own, self)
                count += Double(own.taken)
            }
            if count > 0 { gate = besides / count }
        }

        /// Seconds a launch of a lane took; nil where none was timed.
        func launch(_ lane: String, butIn part: Int = -1) -> Double? {
            let found = (launches[lane] ?? [:]).filter { $0.key != part }.values
            let count = found.reduce(0) { $0 + $1.count }
            return count > 0 ? found.reduce(0) { $0 + $1.seconds } / count : nil
        }
    }
}
