import RunRecord

/// What became of one cell between two runs.
struct CellChange: Sendable {
    var lane: Lane
    var condition: Condition
    var metric: String
    var span: String
    var unit: String
    /// The medians, where the cells print one.
    var before: Double?
    var after: Double?
    /// After less before, Hodges–Lehmann, with its 95 % interval.
    var shift: Double?
    var interval: (low: Double, high: Double)?
    /// The greater of the two runs' noise floors.
    var floor: Double?
    var verdict: Verdict?
    /// Why there is no verdict, or why it is undecided.
    var reason: String
}

/// Two runs and what changed from one to the other, cell by cell.
struct RunChange: Sendable {
    let before: Reading
    let after: Reading
    let differences: [ManifestDifference]
    let changes: [CellChange]
    /// Compared although something decisive differs.
    var forced: Bool { differences.contains(where: \.decisive) }

    init(before: Reading, after: Reading) {
        self.before = before
        self.after = after
        differences = ManifestDifference.between(before.manifest, after.manifest)
        let pairs = Self.pairs(before, after)
        // Bonferroni: among a hundred cells five would seem to change by chance alone.
        let compared = pairs.count { $0.before?.estimate != nil && $0.after?.estimate != nil }
        let alpha = 0.05 / Double(max(compared, 1))
        let values = (Self.values(before), Self.values(after))
        changes = pairs.map { Self.change($0, before, after, values, alpha: alpha) }
    }

    private struct Key: Hashable {
        var condition: Condition
        var lane: String
        var metric: String
        var span: String
    }

    private typealias Pair = (key: Key, lane: Lane, before: Cell?, after: Cell?)

    /// The cells of both runs by lane in order, then by metric.
    private static func pairs(_ before: Reading, _ after: Reading) -> [Pair] {
        func key(_ cell: Cell) -> Key {
            Key(
                condition: Condition(experiment: cell.experiment, workload: cell.workload), lane: cell.lane,
                metric: cell.metric, span: cell.span)
        }
        let one = Dictionary(before.summary.cells.map { (key($0), $0) }, uniquingKeysWith: { first, _ in first })
        let two = Dictionary(after.summary.cells.map { (key($0), $0) }, uniquingKeysWith: { first, _ in first })
        var order: [Key] = []
        var seen: Set<Key> = []
        for cell in after.summary.cells + before.summary.cells where seen.insert(key(cell)).inserted {
            order.append(key(cell))
        }
        let lanes = after.lanes + before.lanes.filter { lane in after.lane(lane.id) == nil }
        return lanes.flatMap { lane in
            order.filter { $0.lane == lane.id }.map { (key: $0, lane: lane, before: one[$0], after: two[$0]) }
        }
    }

    /// A sample's figure of each metric; of many batches, their median.
    private static func values(_ reading: Reading) -> [Key: [Double]] {
        var result: [Key: [Double]] = [:]
        for (condition, lanes) in reading.counted {
            for (lane, samples) in lanes {
                for sample in samples {
                    var batches: [Key: [Double]] = [:]
                    for figure in sample.measurements {
                        let key = Key(condition: condition, lane: lane, metric: figure.metric, span: figure.span)
                        batches[key, default: []].append(figure.value)
                    }
                    for (key, values) in batches { result[key, default: []].append(Distribution(values).median) }
                }
            }
        }
        return result
    }

    private static func change(
        _ pair: Pair, _ before: Reading, _ after: Reading, _ values: ([Key: [Double]], [Key: [Double]]), alpha: Double
    ) -> CellChange {
        let key = pair.key
        var change = CellChange(
            lane: pair.lane, condition: key.condition, metric: key.metric, span: key.span,
            unit: (pair.after ?? pair.before)?.unit ?? "", before: pair.before?.estimate?.median,
            after: pair.after?.estimate?.median, reason: "")
        guard let one = pair.before, let two = pair.after else {
            change.reason = pair.before == nil ? "only in the run after" : "only in the run before"
            return change
        }
        guard one.estimate != nil, two.estimate != nil else {
            let withheld = one.estimate == nil ? one : two
            change.reason =
                "\(one.estimate == nil ? "before" : "after") withheld: \(Words.unstopped(withheld.withheld))"
            return change
        }
        guard one.unit == two.unit else {
            change.reason = "measured in \(one.unit) before and in \(two.unit) after"
            return change
        }
        guard let shift = RankShift(from: values.0[key] ?? [], to: values.1[key] ?? []) else {
            change.reason = "too few samples"
            return change
        }
        change.shift = shift.estimate
        change.interval = shift.interval(missing: 0.05)
        let floors = [before, after].map { $0.floor(key.condition, key.metric)?.value }
        guard let first = floors[0], let second = floors[1] else {
            change.verdict = .undecided
            change.reason = "no noise floor in one of the runs"
            return change
        }
        let floor = max(first, second)
        change.floor = floor
        guard shift.attainable <= alpha else {
            change.verdict = .undecided
            change.reason = "too few samples to decide among so many figures"
            return change
        }
        let strict = shift.interval(missing: alpha)
        if strict.low > floor {
            change.verdict = .slower
        } else if strict.high < -floor {
            change.verdict = .faster
        } else if strict.low >= -floor && strict.high <= floor {
            change.verdict = .same
        } else {
            change.verdict = .undecided
            change.reason = "the interval, widened for the number of cells, reaches into the noise floor"
        }
        return change
    }

    /// The change in a sentence or two.
    var headline: String {
        let slower = changes.filter { $0.verdict == .slower }
        let faster = changes.filter { $0.verdict == .faster }
        let same = changes.count { $0.verdict == .same }
        let undecided = changes.count { $0.verdict == .undecided }
        let silent = changes.count { $0.verdict == nil }
        var parts: [String] = []
        if let worst = slower.first(where: { $0.metric == Metric.startup && $0.lane.kind == .container })
            ?? slower.first
        {
            parts.append("\(Words.plural(slower.count, "figure")) up, first \(Self.told(worst))")
        }
        if let best = faster.first(where: { $0.metric == Metric.startup && $0.lane.kind == .container }) ?? faster.first
        {
            parts.append("\(Words.plural(faster.count, "figure")) down, first \(Self.told(best))")
        }
        if parts.isEmpty { parts.append("Nothing changed beyond the noise floor") }
        parts.append("\(Quantity.count(same)) the same within it, \(Quantity.count(undecided)) undecided")
        if silent > 0 { parts.append("\(Quantity.count(silent)) not comparable") }
        return parts.joined(separator: "; ") + "."
    }

    private static func told(_ change: CellChange) -> String {
        let shift = change.shift.map { Quantity.signed($0, change.unit) } ?? ""
        return "\(change.lane.name), \(Words.metric(change.metric)), by \(shift)"
    }
}
