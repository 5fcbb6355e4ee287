import RunRecord

/// A run as its report reads it: the lanes in order, the cells by key, the spans its events allow. Pure and computed once.
struct Reading: Sendable {
    let run: Run
    let summary: Summary
    /// Every lane of the manifest and of the samples, in the order in which a report tells them.
    let lanes: [LaneReading]
    /// Admitted, counted samples by condition and lane; warm-ups and twins are not among them.
    let counted: [Condition: [String: [Sample]]]
    private let cells: [CellKey: Cell]
    private let comparisons: [CellKey: Comparison]
    private let disturbedBlocks: [Condition: Set<Int>]

    var manifest: Manifest { run.manifest }

    init(run: Run, summary: Summary) {
        self.run = run
        self.summary = summary
        lanes = Self.lanes(run)
        cells = Dictionary(summary.cells.map { (CellKey($0), $0) }, uniquingKeysWith: { first, _ in first })
        comparisons = Dictionary(
            summary.comparisons.filter { $0.baseline == run.manifest.baseline }.map { (CellKey($0), $0) },
            uniquingKeysWith: { first, _ in first })
        var counted: [Condition: [String: [Sample]]] = [:]
        for sample in run.samples where sample.admitted && !sample.warmup && !sample.twin {
            let condition = Condition(experiment: sample.experiment, workload: sample.workload)
            counted[condition, default: [:]][sample.lane, default: []].append(sample)
        }
        self.counted = counted
        var disturbed: [Condition: Set<Int>] = [:]
        for state in run.blocks where state.isDisturbed && !state.warmup {
            disturbed[Condition(state), default: []].insert(state.block)
        }
        disturbedBlocks = disturbed
    }

    func lane(_ id: String) -> LaneReading? { lanes.first { $0.id == id } }

    /// The lane that has a role in this run.
    func lane(_ role: LaneRole) -> LaneReading? { lanes.first { $0.role == role } }

    /// The baseline every comparison is against.
    var baseline: LaneReading? { lane(manifest.baseline) }

    func cell(_ condition: Condition, _ lane: String, _ metric: String, span: String? = nil) -> Cell? {
        if let span { return cells[CellKey(condition, lane, metric, span)] }
        return summary.cells.first {
            $0.experiment == condition.experiment && $0.workload == condition.workload && $0.lane == lane
                && $0.metric == metric
        }
    }

    /// The cell against the baseline.
    func comparison(of cell: Cell) -> Comparison? { comparisons[CellKey(cell)] }

    /// The declared contrasts that were computed: lanes against others than the baseline.
    var contrasts: [Comparison] { summary.comparisons.filter { $0.baseline != manifest.baseline } }

    /// One of them.
    func contrast(_ condition: Condition, _ lane: String, _ reference: String, _ metric: String) -> Comparison? {
        contrasts.first {
            $0.lane == lane && $0.baseline == reference && $0.metric == metric && $0.experiment == condition.experiment
                && $0.workload == condition.workload
        }
    }

    /// The conditions under which a metric was taken, in the order of the summary.
    func conditions(_ metric: String) -> [Condition] {
        var seen: [Condition] = []
        for cell in summary.cells where cell.metric == metric {
            let condition = Condition(experiment: cell.experiment, workload: cell.workload)
            if !seen.contains(condition) { seen.append(condition) }
        }
        return seen
    }

    /// The condition of start-up that leads the report: the one that holds the most lanes, for only there do containers
    /// and guests stand under the same condition.
    var primary: Condition? {
        let all = conditions(Metric.startup)
        var best: (condition: Condition, lanes: Int)?
        for condition in all where condition.experiment != "harness" {
            let lanes = cells(condition, Metric.startup).count
            if lanes > best?.lanes ?? 0 { best = (condition, lanes) }
        }
        return best?.condition ?? all.first
    }

    /// Whether something else than isolab disturbed the host while the sample's block was measured.
    func isDisturbed(_ sample: Sample) -> Bool {
        !sample.warmup
            && disturbedBlocks[Condition(experiment: sample.experiment, workload: sample.workload)]?.contains(
                sample.block)
                == true
    }

    /// How many of a condition's blocks were disturbed; nil where the run does not say.
    func disturbances(_ condition: Condition) -> Disturbances? {
        let states = run.blocks.filter { Condition($0) == condition }
        return states.isEmpty ? nil : Disturbances(states)
    }

    /// The cells of one metric under one condition, in the order of the lanes.
    func cells(_ condition: Condition, _ metric: String) -> [(lane: LaneReading, cell: Cell)] {
        lanes.flatMap { lane in
            summary.cells.filter {
                $0.lane == lane.id && $0.metric == metric && $0.experiment == condition.experiment
                    && $0.workload == condition.workload
            }.map { (lane, $0) }
        }
    }

    /// Lanes that could not run here.
    var unavailable: [LaneReading] { lanes.filter { !$0.record.available } }

    /// The main lane of a kind: the manifest's first that has a figure for start-up.
    func principal(_ kind: LaneKind) -> LaneReading? {
        let candidates = lanes.filter { $0.kind == kind && $0.record.available }
        guard let primary else { return candidates.first }
        return candidates.first { cell(primary, $0.id, Metric.startup)?.estimate != nil } ?? candidates.first
    }

    private static func lanes(_ run: Run) -> [LaneReading] {
        var records = run.manifest.lanes
        var known = Set(records.map(\.id))
        for sample in run.samples where known.insert(sample.lane).inserted {
            records.append(LaneRecord(id: sample.lane, title: "not in the manifest", kind: .peer))
        }
        var places: [LaneKind: Int] = [:]
        let ordered = records.enumerated().sorted {
            ($0.element.kind.rank, $0.offset) < ($1.element.kind.rank, $1.offset)
        }
        return ordered.map { entry in
            let place = places[entry.element.kind, default: 0]
            places[entry.element.kind] = place + 1
            return LaneReading(record: entry.element, place: place)
        }
    }
}

/// An experiment and its workload: what is held fixed while lanes are compared.
struct Condition: Hashable, Sendable {
    var experiment: String
    var workload: String

    init(experiment: String, workload: String) {
        self.experiment = experiment
        self.workload = workload
    }

    init(_ state: BlockState) {
        self.init(experiment: state.experiment, workload: state.workload)
    }

    /// `startup, workload exit (cold)`.
    var name: String { workload.isEmpty ? experiment : "\(experiment), workload \(workload)" }
}

/// What a cell and its comparison are found by.
private struct CellKey: Hashable {
    var condition: Condition
    var lane: String
    var metric: String
    var span: String

    init(_ condition: Condition, _ lane: String, _ metric: String, _ span: String) {
        self.condition = condition
        self.lane = lane
        self.metric = metric
        self.span = span
    }

    init(_ cell: Cell) {
        self.init(
            Condition(experiment: cell.experiment, workload: cell.workload), cell.lane, cell.metric, cell.span)
    }

    init(_ comparison: Comparison) {
        self.init(
            Condition(experiment: comparison.experiment, workload: comparison.workload), comparison.lane,
            comparison.metric, comparison.span)
    }
}
