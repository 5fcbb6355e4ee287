import RunRecord

/// What became of one cell between two runs, as the reports show it.
struct CellChange: Sendable {
    var lane: LaneReading
    var condition: Condition
    var metric: String
    var span: String
    var unit: String
    var before: Double?
    var after: Double?
    /// After less before, with its 95 % interval.
    var shift: Double?
    var interval: (low: Double, high: Double)?
    var margin: Double?
    var visible: Double?
    /// Whether the runs can testify at all.
    var tested: Bool
    /// Nil where only one run has the cell.
    var verdict: Verdict?
    /// Why there is no verdict, or why it is undecided.
    var reason: String
}

/// A comparison of two runs in the order in which a report tells it: by lane, then as the record has it.
struct RunChange: Sendable {
    let comparison: RunComparison
    let before: Manifest
    let after: Manifest
    let changes: [CellChange]

    /// Compared although something decisive differs, or too much was disturbed: the report is stamped.
    var forced: Bool { !comparison.forced.isEmpty }

    /// What the stamp says; nil without one.
    var stamp: String? {
        guard forced else { return nil }
        let differ = "these runs differ in what decides; figures are not comparable"
        let disturbed = "more than a fifth of a run's blocks were disturbed, which may be all that changed"
        let words = [
            comparison.forced.contains { !$0.isDisturbance } ? differ : nil,
            comparison.forced.contains { $0.isDisturbance } ? disturbed : nil,
        ]
        return words.compactMap(\.self).joined(separator: "; ") + "."
    }

    init(_ comparison: RunComparison, before: Manifest, after: Manifest) {
        self.comparison = comparison
        self.before = before
        self.after = after
        let empty = Summary(cells: [], comparisons: [])
        let one = Reading(run: Run(manifest: before, samples: []), summary: empty).lanes
        let two = Reading(run: Run(manifest: after, samples: []), summary: empty).lanes
        var lanes = two + one.filter { lane in !two.contains { $0.id == lane.id } }
        func lane(_ id: String) -> LaneReading {
            if let known = lanes.first(where: { $0.id == id }) { return known }
            let unknown = LaneReading(
                record: LaneRecord(id: id, title: "not in the manifests", kind: .peer), place: lanes.count)
            lanes.append(unknown)
            return unknown
        }
        var changes = comparison.changes.map { Self.change($0, lane($0.key.lane)) }
        changes += comparison.onlyBefore.map { Self.lone($0, lane($0.lane), "no figure in the run after") }
        changes += comparison.onlyAfter.map { Self.lone($0, lane($0.lane), "no figure in the run before") }
        let order = Dictionary(
            lanes.enumerated().map { ($0.element.id, $0.offset) }, uniquingKeysWith: { first, _ in first })
        self.changes = changes.enumerated().sorted {
            (order[$0.element.lane.id] ?? 0, $0.offset) < (order[$1.element.lane.id] ?? 0, $1.offset)
        }.map(\.element)
    }

    private static func change(_ change: RunComparison.Change, _ lane: LaneReading) -> CellChange {
        var result = lone(change.key, lane, change.reason)
        result.before = change.medianBefore
        result.after = change.medianAfter
        result.shift = change.shift
        if let low = change.shiftLow, let high = change.shiftHigh { result.interval = (low, high) }
        result.margin = change.margin
        result.visible = change.visible
        result.tested = change.p != nil
        result.verdict = change.verdict
        return result
    }

    private static func lone(_ key: CellKey, _ lane: LaneReading, _ reason: String) -> CellChange {
        CellChange(
            lane: lane, condition: Condition(experiment: key.experiment, workload: key.workload), metric: key.metric,
            span: key.span, unit: key.unit, tested: false, reason: reason)
    }

    /// The change in a sentence or two.
    var headline: String {
        if case .none = comparison.basis {
            return
                "One run a side: no verdict. Runs of one subject differ among themselves by more than their samples say."
        }
        let up = changes.filter { $0.verdict == .slower }
        let down = changes.filter { $0.verdict == .faster }
        let same = changes.count { $0.verdict == .same }
        let undecided = changes.count { $0.tested && $0.verdict == .undecided }
        let untested = changes.count { !$0.tested && $0.verdict != nil }
        let silent = changes.count { $0.verdict == nil }
        var parts: [String] = []
        if let first = Self.foremost(up) {
            parts.append("\(Words.plural(up.count, "figure")) up, first \(Self.told(first))")
        }
        if let first = Self.foremost(down) {
            parts.append("\(Words.plural(down.count, "figure")) down, first \(Self.told(first))")
        }
        if parts.isEmpty { parts.append(changes.contains(where: \.tested) ? "No change is shown" : "No verdict") }
        parts.append("\(Quantity.count(same)) the same within the margin, \(Quantity.count(undecided)) undecided")
        if untested > 0 { parts.append("\(Quantity.count(untested)) without a verdict") }
        if silent > 0 { parts.append("\(Quantity.count(silent)) on one side only") }
        return parts.joined(separator: "; ") + "."
    }

    /// On what the verdicts rest.
    var basis: String {
        switch comparison.basis {
        case .none:
            "One run a side: figures, and no verdict. Make several (isolab compare --ab), or let isolab learn how much runs "
                + "differ on this host (isolab bench --runs)."
        case .runs:
            "\(Words.plural(comparison.before.count, "run")) before, \(Words.plural(comparison.after.count, "run")) after. The "
                + "runs' medians are what is compared, by Student's distribution, and never taken for more alike than the "
                + "samples within the runs allow; Holm-corrected." + couldBeSeen
        case .spread(let runs):
            "One run a side; the interval is that of this host's spread between runs, known from \(runs) runs."
        }
    }

    /// What an undecided start-up of a container, or of the first lane that has one, would have shown.
    private var couldBeSeen: String {
        let open = changes.filter { $0.verdict == .undecided && $0.visible != nil && $0.metric == Metric.startup }
        guard let first = Self.foremost(open), let visible = first.visible else { return "" }
        return
            " Of \(first.lane.id)'s start-up, changes from \(Quantity.text(visible, first.unit)) would have been seen."
    }

    /// What else ran on the host meanwhile, a sentence a condition: why it has no verdict, or that it counts.
    var disturbances: [(words: String, refused: Bool)] {
        comparison.disturbances.map { condition in
            let sides = [("before", condition.before), ("after", condition.after)].compactMap { name, counts in
                ConditionDisturbance.words(counts).map { "\($0) \(name)" }
            }
            let found = "Disturbed in \(condition.experiment), \(condition.workload): \(sides.joined(separator: ", "))"
            guard let refusal = condition.refusal, comparison.basis != .none else { return ("\(found).", false) }
            return forced ? ("\(found); compared anyway.", true) : ("\(found). \(refusal).", true)
        }
    }

    /// `a`, or `a and 3 more`.
    static func name(_ runs: [String]) -> String {
        guard let first = runs.first else { return "none" }
        return runs.count == 1 ? first : "\(first) and \(runs.count - 1) more"
    }

    /// What is said of the figures that have no row: of those alone that have a verdict, that no change is shown. Empty without any.
    static func untold(_ rest: [CellChange], beside told: Int) -> String {
        let noun = told > 0 ? "other figure" : "figure"
        let kinds: [(count: Int, words: String)] = [
            (rest.count { $0.verdict != nil && $0.tested }, "no change shown"),
            (rest.count { $0.verdict != nil && !$0.tested }, "no verdict"),
            (rest.count { $0.verdict == nil }, "on one side only"),
        ]
        return kinds.filter { $0.count > 0 }.map { "\(Words.plural($0.count, noun)): \($0.words)" }
            .joined(separator: "; ")
    }

    /// A container's start-up, where it is among them: that is what most readers ask for.
    private static func foremost(_ changes: [CellChange]) -> CellChange? {
        changes.first { $0.metric == Metric.startup && $0.lane.kind == .container } ?? changes.first
    }

    private static func told(_ change: CellChange) -> String {
        let shift = change.shift.map { Quantity.signed($0, change.unit) } ?? ""
        return "\(change.lane.name), \(Words.metric(change.metric)), by \(shift)"
    }
}
