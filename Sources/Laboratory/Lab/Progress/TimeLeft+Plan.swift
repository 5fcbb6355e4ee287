import RunRecord

extension TimeLeft {
    /// A clock that knows of no run yet, with guesses by the kind of lane: a process takes two milliseconds, a command that
    /// starts one fifty, a guest under software emulation two seconds.
    init(of lanes: [LaneEntry]) {
        let guesses: [LaneKind: Double] = [.native: 0.002, .container: 0.01, .peer: 0.05, .guest: 2, .microGuest: 0.3]
        self.init(
            launch: Dictionary(uniqueKeysWithValues: lanes.map { ($0.id, guesses[$0.kind] ?? 0.1) }),
            guests: Set(lanes.filter(\.kind.isGuest).map(\.id)))
    }

    /// Takes in what a part is going to do.
    ///
    /// - Parameter kinds: of the lanes that can run.
    mutating func expect(_ plan: BlockPlan, of part: Experiment.Part, place: Int, kinds: [String: LaneKind]) {
        guard let experiment = ExperimentKinds.all.first(where: { $0.id == part.kind }) else { return }
        for block in plan.blocks {
            var processes: Set<String> = []
            for slot in block.slots {
                guard let kind = kinds[slot.lane] else { continue }
                self.plan(part: place, lane: slot.lane, experiment.work(part, of: kind))
                if !kind.isGuest { processes.insert(slot.lane) }
            }
            planBlock(part: place, lanes: processes)
        }
    }
}
