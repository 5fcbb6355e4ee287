import Glibc
import Linux
import RunRecord
import Statistics

/// What is known is put into a lane and must come back; what does not count must be refused. The instrument, held against the
/// truth on the host at hand.
///
/// A try is a small run of its own: launches with and without what is put in, block by block in turns, and the comparison that
/// a report would make of them.
package struct SelfTest: Sendable {
    package var lane: String
    /// How often each injection is tried.
    package var tries: Int
    /// Blocks of a try: of start-up and CPU time, and of memory, where a sample is many instances.
    package var blocks = 12
    package var memoryBlocks = 8
    package var injections: [Injection]
    private let options: BenchOptions

    package init(
        lane: String = "native", tries: Int = 40, injections: [Injection] = Injection.all,
        options: BenchOptions = BenchOptions()
    ) {
        self.lane = lane
        self.tries = tries
        self.injections = injections
        self.options = options
    }

    /// A sandbox that must not be admitted.
    package struct Refusal: Equatable, Sendable {
        package var title: String
        /// Why it was refused; nil where it was admitted.
        package var reason: String?
    }

    /// Everything that came of it.
    package struct Result: Equatable, Sendable {
        package var lane: String
        package var blocks: Int
        package var outcomes: [Outcome]
        package var refusals: [Refusal]

        package var holds: Bool { outcomes.allSatisfy(\.holds) && refusals.allSatisfy { $0.reason != nil } }

        /// The smallest delay that the verdict told apart in at least four of five tries.
        package var smallestDelay: Injection? {
            outcomes.filter { $0.injection.metric == Metric.startup && $0.told * 5 >= $0.tries * 4 }.map(\.injection)
                .min { $0.expected < $1.expected }
        }
    }

    /// Runs all of it.
    ///
    /// - Parameter progress: told what is being tried, and which try of how many.
    /// - Throws: `LabError` where the lane is unknown or cannot run here, or this process starts other things meanwhile.
    package func run(_ progress: (String, Int, Int) -> Void = { _, _, _ in }) throws(LabError) -> Result {
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
                    if let attempt = attempt(injection, in: prepared, laboratory, problems: &outcome.problems) {
                        outcome.attempts.append(attempt)
                    }
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
    ) -> Attempt? {
        let isMemory = injection.metric == Metric.memorySlope
        let part = Experiment.Part(
            kind: injection.experiment.id, workload: injection.experiment.workloads[0], lanes: [lane.entry.id],
            blocks: isMemory ? memoryBlocks : blocks, instances: 8, settleMilliseconds: 20)
        var samples: [Sample] = []
        var truths: [Double] = []
        for block in 0..<part.blocks {
            // ABBA: what drifts hits both alike.
            for active in block.isMultiple(of: 2) ? [false, true] : [true, false] {
                let slot = SampleSlot(
                    lane: lane, part: part, twin: false, warmup: false, injection: injection.arguments(active: active))
                let taken = injection.experiment.sample(slot, in: laboratory)
                if !taken.admitted, problems.count < 3 { problems.append(taken.reason) }
                let truth = taken.values[injection.truth.name].map { $0 * injection.truth.scale }
                if active, taken.admitted, let truth { truths.append(truth) }
                samples.append(
                    Sample(
                        id: samples.count, experiment: part.kind, block: block, order: samples.count % 2,
                        lane: active ? Self.injected : Self.plain, workload: part.workloadName,
                        admitted: taken.admitted,
                        reason: taken.reason,
                        measurements: injection.corrected(taken.measurements, truth: truth, active: active),
                        events: taken.events))
            }
        }
        let manifest = Manifest(
            run: "selftest", started: "", version: "", buildMode: "", command: "", seed: 0, experiment: "",
            blocks: part.blocks, warmups: 0, baseline: Self.plain, accelerator: "",
            lanes: [Self.plain, Self.injected].map { LaneRecord(id: $0, title: $0, kind: .native) })
        let run = Run(manifest: manifest, samples: samples)
        let cells = run.cellValues().filter { $0.key.metric == injection.metric }
        guard
            let comparison = Summarizer.summarize(run).comparisons.first(where: {
                $0.lane == Self.injected && $0.metric == injection.metric
            }), let without = cells.first(where: { $0.key.lane == Self.plain }),
            let with = cells.first(where: { $0.key.lane == Self.injected })
        else { return nil }
        let wide = Shift(from: without.blockValues, to: with.blockValues, level: Attempt.wideLevel)
        return Attempt(
            shift: comparison.shift,
            interval: comparison.shiftLow.flatMap { low in comparison.shiftHigh.map { Interval(low, $0) } },
            wideInterval: wide.interval, truth: truths.isEmpty ? injection.expected : SortedValues(truths).median,
            allowance: truths.isEmpty ? injection.costUntold : injection.cost, isTold: comparison.verdict == .slower)
    }

    // MARK: What must be refused

    /// The list of the processes of the outermost memory cgroup, where it may be written.
    private static var outermost: String? {
        guard let hierarchy = (try? CgroupLayout.detect())?.hierarchy(of: "memory") else { return nil }
        let path = "\(hierarchy.mountPoint)/cgroup.procs"
        return access(path, W_OK) == 0 ? path : nil
    }

    private func refusals(_ lane: any Lane, _ laboratory: Laboratory) -> [Refusal] {
        func launch(_ lane: any Lane, _ words: [String]) -> String? {
            let part = Experiment.Part(kind: StartupExperiment.id, workload: "exit", lanes: [], blocks: 1)
            let slot = SampleSlot(lane: lane, part: part, twin: false, warmup: false, injection: words)
            let taken = Launch.whole(slot, command: ["exit"], in: laboratory).1
            return taken.admitted ? nil : taken.reason
        }
        func stray(_ list: String) -> String? {
            let part = Experiment.Part(
                kind: MemoryExperiment.id, workload: "ready", lanes: [], blocks: 1, instances: 1, settleMilliseconds: 0)
            let slot = SampleSlot(lane: lane, part: part, twin: false, warmup: false, injection: ["--stray", list])
            let taken = MemoryExperiment.sample(slot, in: laboratory)
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
            // Where nobody may move a process, none strays.
            + (lane.declared?.ownNamespaces.contains("mnt") == true
                ? []
                : Self.outermost.map { [Refusal(title: "a helper that leaves its account", reason: stray($0))] } ?? [])
    }
}
