import Glibc
import Linux
import Machines
import RunRecord

/// The loop of a run: part after part, block after block, each on the disk before the next begins.
final class Session {
    private let experiment: Experiment
    private let lanes: LaneSet
    private let laboratory: Laboratory
    private let writer: RunWriter
    private let sink: any ProgressSink
    private let skipsIdleGate: Bool
    private(set) var taken = 0
    private(set) var rejected = 0
    private var watch = BlockWatch()
    private var progress: Progress
    private var left: TimeLeft
    private let started = HostClock.now()
    /// What lanes were seen to isolate, in words, by lane.
    private(set) var observed: [String: [String]] = [:]
    /// A reason is told once a lane, not a hundred times.
    private var told: Set<String> = []

    init(
        _ experiment: Experiment, _ lanes: LaneSet, _ laboratory: Laboratory, _ writer: RunWriter,
        _ sink: any ProgressSink, skipsIdleGate: Bool
    ) {
        self.experiment = experiment
        self.lanes = lanes
        self.laboratory = laboratory
        self.writer = writer
        self.sink = sink
        self.skipsIdleGate = skipsIdleGate
        progress = Progress(done: 0, total: 0)
        left = TimeLeft(of: lanes.entries)
    }

    func measure() throws(RunRecordError) {
        let plans = experiment.parts.enumerated().map { plan($0.element, place: $0.offset) }
        let kinds = lanes.ready.mapValues(\.entry.kind)
        for (place, plan) in plans.enumerated() {
            progress.total += plan.samples
            left.expect(plan, of: experiment.parts[place], place: place, kinds: kinds)
        }
        for (place, (part, plan)) in zip(experiment.parts, plans).enumerated() {
            try refuseUnavailable(part)
            watch = BlockWatch()
            for block in plan.blocks {
                guard !Interruption.wanted else { return }
                try measure(block, part, place: place)
            }
        }
    }

    private func plan(_ part: Experiment.Part, place: Int) -> BlockPlan {
        let able = part.lanes.filter { lanes.ready[$0] != nil }
        var counts: [String: Int] = [:]
        for lane in able {
            guard let kind = lanes.ready[lane]?.entry.kind, kind.isGuest else { continue }
            counts[lane] = part.blocks(of: kind)
        }
        return BlockPlan(
            lanes: able, blocks: part.blocks, warmups: part.warmups, baseline: experiment.baseline(of: part),
            seed: experiment.seed &+ UInt64(place), counts: counts)
    }

    /// A lane that cannot run is a row too: "not measured" is a value.
    private func refuseUnavailable(_ part: Experiment.Part) throws(RunRecordError) {
        var rows: [Sample] = []
        for record in lanes.records where part.lanes.contains(record.id) && lanes.ready[record.id] == nil {
            rows.append(
                Sample(
                    id: taken, experiment: part.kind, block: 0, order: rows.count, lane: record.id,
                    workload: part.workloadName, admitted: false, reason: "not measured: \(record.reason)"))
            taken += 1
        }
        if !rows.isEmpty { try writer.append(rows) }
    }

    private func measure(_ block: BlockPlan.Block, _ part: Experiment.Part, place: Int) throws(RunRecordError) {
        guard let kind = ExperimentKinds.all.first(where: { $0.id == part.kind }) else { return }
        let begun = HostClock.now()
        var inSamples = 0.0
        let refused = witness(block, part)
        if !skipsIdleGate { HostGate.wait() }
        watch.begin(HostReading.now())
        var foreign: UInt64 = 0
        var samples: [Sample] = []
        for (order, slot) in block.slots.enumerated() {
            guard !Interruption.wanted, let lane = lanes.ready[slot.lane] else { break }
            progress.experiment = part.kind
            progress.lane = slot.lane
            report()
            let before = HostClock.now()
            var result = kind.sample(
                SampleSlot(lane: lane, part: part, twin: slot.twin, warmup: block.warmup), in: laboratory)
            // The reason that a sample has of its own is the nearer one.
            if let reason = refused[slot.lane], result.admitted { result.refuse(reason) }
            if result.admitted, lane.entry.kind == .guest, observed[slot.lane] == nil, let seen = result.isolation,
                let harness = laboratory.harness
            {
                observed[slot.lane] = ObservedPhrases.of(seen, harness)
            }
            let seconds = Double(HostClock.now() - before) / 1e9
            left.took(seconds, part: place, lane: slot.lane)
            inSamples += seconds
            progress.done += 1
            note(result, slot, part)
            if lane.entry.kind.isGuest, laboratory.knownGuests?.driver.isForeign == true {
                foreign += result.processorNanoseconds
            }
            samples.append(
                Sample(
                    id: taken, experiment: part.kind, block: block.index, order: order, lane: slot.lane,
                    workload: part.workloadName, twin: slot.twin, warmup: block.warmup, instances: result.instances,
                    admitted: result.admitted, reason: result.reason, measurements: result.measurements,
                    events: result.events, phases: result.phases))
            taken += 1
        }
        let state = watch.end(
            HostReading.now(), foreign: foreign, of: part, block: block.index, warmup: block.warmup)
        try writer.append(samples, state)
        left.tookBlock(Double(HostClock.now() - begun) / 1e9 - inSamples, part: place)
        report()
    }

    /// In every so manieth block two sandboxes of a lane are looked at, alive at once.
    private static let neighbourEvery = 8

    /// Looks at one sandbox of each lane of processes from outside, now and then at two.
    ///
    /// - Returns: why the block's samples of a lane do not count, by lane.
    private func witness(_ block: BlockPlan.Block, _ part: Experiment.Part) -> [String: String] {
        var refused: [String: String] = [:]
        for id in Set(block.slots.map(\.lane)).sorted() {
            guard !Interruption.wanted, let lane = lanes.ready[id], !lane.entry.kind.isGuest else { continue }
            let deadline = SampleSlot(lane: lane, part: part, twin: false, warmup: true).deadlineSeconds
            var witness = IsolationWitness(lane: lane, laboratory: laboratory, deadlineSeconds: deadline)
            witness.hasNeighbour = block.index.isMultiple(of: Self.neighbourEvery)
            switch witness.look() {
            case .success(let seen):
                if observed[id] == nil, let harness = laboratory.harness {
                    observed[id] = ObservedPhrases.of(seen, harness)
                }
            case .failure(let refusal): refused[id] = refusal.reason
            }
        }
        return refused
    }

    private func note(_ result: SampleResult, _ slot: BlockPlan.Slot, _ part: Experiment.Part) {
        guard !result.admitted else { return }
        rejected += 1
        progress.rejected = rejected
        guard told.insert("\(part.kind) \(slot.lane)").inserted else { return }
        sink.note("\(part.kind), \(slot.lane): rejected: \(result.reason)")
    }

    private func report() {
        progress.elapsedSeconds = Double(HostClock.now() - started) / 1e9
        progress.secondsLeft = left.secondsLeft
        sink.update(progress)
    }
}
