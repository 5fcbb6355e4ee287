import RunRecord

/// What became of one cell between two runs, as the reports show it.
struct CellChange: Sendable {
    var lane: Lane
    var condition: Condition
    var metric: String
    var span: String
    var unit: String
    var before: Double?
    var after: Double?
    /// After less before, with its 95 % interval.
    var shift: Double?
    var interval: (low: Double, high: Double)?
    var floor: Double?
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

    /// Compared although something decisive differs: the report is stamped.
    var forced: Bool { !comparison.forced.isEmpty }

    init(_ comparison: RunComparison, before: Manifest, after: Manifest) {
        self.comparison = comparison
        self.before = before
        self.after = after
        let empty = Summary(cells: [], comparisons: [])
        let one = Reading(run: Run(manifest: before, samples: []), summary: empty).lanes
        let two = Reading(run: Run(manifest: after, samples: []), summary: empty).lanes
        var lanes = two + one.filter { lane in !two.contains { $0.id == lane.id } }
        func lane(_ id: String) -> Lane {
            if let known = lanes.first(where: { $0.id == id }) { return known }
            let unknown = Lane(
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

    private static func change(_ change: RunComparison.Change, _ lane: Lane) -> CellChange {
        var result = lone(change.key, lane, change.reason)
        result.before = change.medianBefore
        result.after = change.medianAfter
        result.shift = change.shift
        if let low = change.shiftLow, let high = change.shiftHigh { result.interval = (low, high) }
        result.floor = change.floor
        result.verdict = change.verdict
        return result
    }

    private static func lone(_ key: CellKey, _ lane: Lane, _ reason: String) -> CellChange {
        CellChange(
            lane: lane, condition: Condition(experiment: key.experiment, workload: key.workload), metric: key.metric,
            span: key.span, unit: key.unit, reason: reason)
    }

    /// The change in a sentence or two.
    var headline: String {
        let up = changes.filter { $0.verdict == .slower }
        let down = changes.filter { $0.verdict == .faster }
        let same = changes.count { $0.verdict == .same }
        let undecided = changes.count { $0.verdict == .undecided }
        let silent = changes.count { $0.verdict == nil }
        var parts: [String] = []
        if let first = Self.foremost(up) {
            parts.append("\(Words.plural(up.count, "figure")) up, first \(Self.told(first))")
        }
        if let first = Self.foremost(down) {
            parts.append("\(Words.plural(down.count, "figure")) down, first \(Self.told(first))")
        }
        if parts.isEmpty { parts.append("Nothing changed beyond the noise floor") }
        parts.append("\(Quantity.count(same)) the same within it, \(Quantity.count(undecided)) undecided")
        if silent > 0 { parts.append("\(Quantity.count(silent)) in one run only") }
        return parts.joined(separator: "; ") + "."
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
