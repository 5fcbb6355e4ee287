import RunRecord
import Statistics

/// What is known is put into a lane and must come back; what does not count must be refused. The instrument, held against the
/// truth on the host at hand.
///
/// A try is a small run of its own: launches with and without what is put in, block by block in turns, and the comparison that
/// a report would make of them.
public struct SelfTest: Sendable {
    public var lane: String
    /// How often each injection is tried.
    public var tries: Int
    /// Blocks of a try: of start-up and CPU time, and of memory, where a sample is many instances.
    public var blocks = 12
    public var memoryBlocks = 8
    public var injections: [Injection]
    private let options: BenchOptions

    public init(
        lane: String = "native", tries: Int = 40, injections: [Injection] = Injection.all,
        options: BenchOptions = BenchOptions()
    ) {
        self.lane = lane
        self.tries = tries
        self.injections = injections
        self.options = options
    }

    /// What an injection came to.
    public struct Outcome: Equatable, Sendable {
        public var injection: Injection
        public var tries: Int
        /// In how many tries the 95 % interval of the shift held what was put in.
        public var inside = 0
        /// In how many the verdict was that there is more.
        public var told = 0
        /// The shifts that the tries found, in the injection's unit.
        public var shifts: [Double] = []
        /// Why tries failed that could not be measured.
        public var problems: [String] = []

        /// Whether the intervals hold what they promise, as far as so many tries can tell: of intervals that hold the truth in
        /// 95 % of all tries, so few would do so by chance less than once in a hundred times.
        public var holds: Bool { Self.chance(ofAtMost: inside, of: tries) >= 0.01 }

        /// How probable it is that at most so many of the tries hold what was put in, where each does by 95 % (binomial).
        static func chance(ofAtMost inside: Int, of tries: Int) -> Double {
            guard inside < tries else { return 1 }
            var term = 1.0
            for _ in 0..<tries { term *= 0.05 }
            var sum = 0.0
            for count in 0...max(0, inside) {
                sum += term
                term *= 0.95 / 0.05 * Double(tries - count) / Double(count + 1)
            }
            return sum
        }
    }

    /// A sandbox that must not be admitted.
    public struct Refusal: Equatable, Sendable {
        public var title: String
        /// Why it was refused; nil where it was admitted.
        public var reason: String?
    }

    /// Everything that came of it.
    public struct Result: Equatable, Sendable {
        public var lane: String
        public var blocks: Int
        public var outcomes: [Outcome]
        public var refusals: [Refusal]

        public var holds: Bool { outcomes.allSatisfy(\.holds) && refusals.allSatisfy { $0.reason != nil } }

        /// The smallest delay that the verdict told apart in at least four of five tries.
        public var smallestDelay: Injection? {
            outcomes.filter { $0.injection.metric == Metric.startup && $0.told * 5 >= $0.tries * 4 }.map(\.injection)
                .min { $0.expected < $1.expected }
        }
    }

    /// Runs all of it.
    ///
    /// - Parameter progress: told what is being tried, and which try of how many.
    /// - Throws: `LabError` where the lane is unknown or cannot run here, or this process starts other things meanwhile.
    public func run(_ progress: (String, Int, Int) -> Void = { _, _, _ in }) throws(LabError) -> Result {
        guard !(try LaneCatalogue.entry(lane)).kind.isGuest else {
            throw .lane(id: lane, problem: "the self-test puts processes into lanes of processes, not into guests")
        }
        return try Lab.withLane(lane, options) { prepared, _, laboratory throws(LabError) in
            try laboratory.watchOrphans()
            var outcomes: [Outcome] = []
            for injection in injections {
                var outcome = Outcome(injection: injection, tries: tries)
                for number in 1...max(1, tries) {
                    guard !Interruption.wanted else { break }
                    progress(injection.title, number, tries)
                    outcome.count(attempt(injection, in: prepared, laboratory, problems: &outcome.problems))
                }
                outcomes.append(outcome)
            }
            return Result(
                lane: lane, blocks: blocks, outcomes: outcomes, refusals: refusals(prepared, laboratory))
        }
    }

    // MARK: One try

    private static let plain = "without"
    private static let injected = "with"

    private func attempt(
        _ injection: Injection, in lane: any Lane, _ laboratory: Laboratory, problems: inout [String]
    ) -> (comparison: Comparison, expected: Double)? {
        let isMemory = injection.metric == Metric.memorySlope
        let part = Experiment.Part(
            kind: injection.experiment.id, workload: injection.experiment.workloads[0], lanes: [lane.entry.id],
            blocks: isMemory ? memoryBlocks : blocks, instances: 8, settleMilliseconds: 20)
        var samples: [Sample] = []
        var held: [Double] = []
        for block in 0..<part.blocks {
            // ABBA: what drifts hits both alike.
            for active in block.isMultiple(of: 2) ? [false, true] : [true, false] {
                let slot = SampleSlot(
                    lane: lane, part: part, twin: false, warmup: false, injection: injection.arguments(active: active))
                let taken = injection.experiment.sample(slot, in: laboratory)
                if !taken.admitted, problems.count < 3 { problems.append(taken.reason) }
                if active, let nanoseconds = taken.values["injected.delay"] { held.append(nanoseconds / 1e6) }
                samples.append(
                    Sample(
                        id: samples.count, experiment: part.kind, block: block, order: samples.count % 2,
                        lane: active ? Self.injected : Self.plain, workload: part.workloadName,
                        admitted: taken.admitted,
                        reason: taken.reason, measurements: taken.measurements, events: taken.events))
            }
        }
        let manifest = Manifest(
            run: "selftest", started: "", version: "", buildMode: "", command: "", seed: 0, experiment: "",
            blocks: part.blocks, warmups: 0, baseline: Self.plain, accelerator: "",
            lanes: [Self.plain, Self.injected].map { LaneRecord(id: $0, title: $0, kind: .native) })
        let comparison = Summarizer.summarize(Run(manifest: manifest, samples: samples)).comparisons.first {
            $0.lane == Self.injected && $0.metric == injection.metric
        }
        // Where the workload's processor was taken away while it held its hello back, more was put in than was asked for.
        let expected = held.isEmpty ? injection.expected : SortedValues(held).median
        return comparison.map { ($0, expected) }
    }

    // MARK: What must be refused

    private func refusals(_ lane: any Lane, _ laboratory: Laboratory) -> [Refusal] {
        func launch(_ lane: any Lane, _ words: [String]) -> String? {
            let part = Experiment.Part(kind: StartupExperiment.id, workload: "exit", lanes: [], blocks: 1)
            let slot = SampleSlot(lane: lane, part: part, twin: false, warmup: false, injection: words)
            let taken = Launch.whole(slot, command: ["exit"], in: laboratory).1
            return taken.admitted ? nil : taken.reason
        }
        let pretender = PretenderLane(lane.entry, laboratory)
        let liar = PretenderLane(lane.entry, laboratory, lies: true)
        let witness = IsolationWitness(lane: liar, laboratory: laboratory, deadlineSeconds: 30, injection: ["--lie"])
        var lie: String?
        if case .failure(let refusal) = witness.look() { lie = refusal.reason }
        return [
            Refusal(title: "a process that claims to be a container", reason: launch(pretender, [])),
            Refusal(title: "a process that lies about what it is in", reason: lie),
        ]
            // What is left in a pid namespace ends with its first process: there is nothing to refuse.
            + (lane.declared?.ownNamespaces.contains("pid") == true
                ? [] : [Refusal(title: "a launch that leaves a process running", reason: launch(lane, ["--leave"]))])
    }
}

extension SelfTest.Outcome {
    fileprivate mutating func count(_ attempt: (comparison: Comparison, expected: Double)?) {
        guard let (comparison, expected) = attempt else { return }
        shifts.append(comparison.shift)
        if comparison.verdict == .slower { told += 1 }
        guard let low = comparison.shiftLow, let high = comparison.shiftHigh else { return }
        if low - injection.cost <= expected, expected <= high { inside += 1 }
    }
}
