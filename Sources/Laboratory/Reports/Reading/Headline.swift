import RunRecord

/// The one sentence above everything: medians where they are steady, their intervals where those are wide, and of a run under
/// load nothing but what its verdicts make certain.
struct Headline {
    let text: String

    init(_ reading: Reading) {
        guard let primary = reading.primary else {
            text = "This run holds no start-up figure."
            return
        }
        if let why = Self.unsteady(reading, primary) {
            text = Self.certain(reading, primary, why)
        } else {
            text = Self.usual(reading, primary)
        }
    }

    /// Why no median may stand at the head; nil where one may.
    private static func unsteady(_ reading: Reading, _ primary: Condition) -> String? {
        if let found = reading.disturbances(primary) {
            if found.isTooMany {
                return "The host was disturbed in \(Quantity.count(found.disturbed)) of "
                    + Words.plural(found.blocks, "block")
            }
        } else if reading.manifest.warnings.contains(where: { $0.hasSuffix("expect noise") }) {
            // So said runs from before blocks were judged.
            return "The host was busy while this was measured"
        }
        guard reading.overwhelmed.contains(where: \.unsettles) else { return nil }
        return "A lane differs from itself by as much as what is to be told"
    }

    // MARK: As usual

    private static func usual(_ reading: Reading, _ primary: Condition) -> String {
        var parts: [String] = []
        if let lane = reading.principal(.container), let told = told(reading, primary, lane) {
            parts.append("A container starts in \(told.median)\(told.against)")
        }
        if let lane = reading.principal(.guest), let told = told(reading, primary, lane) {
            let label = lane.tag.map { " under \($0)" } ?? ""
            let verb = parts.isEmpty ? "A guest starts in" : "a guest in"
            parts.append("\(verb) \(told.median)\(label)\(lane.emulated ? "" : told.against)")
        }
        if parts.isEmpty, let lane = reading.principal(.peer), let told = told(reading, primary, lane) {
            parts.append("A container of another runtime (\(lane.name)) starts in \(told.median)\(told.against)")
        }
        if parts.isEmpty, let lane = reading.baseline, let told = told(reading, primary, lane) {
            parts.append("A native process starts in \(told.median); no container or guest has a figure")
        }
        guard !parts.isEmpty else { return "No lane's start-up figure could be admitted." }
        return parts.joined(separator: "; ") + "."
    }

    /// The median, with its interval where that is wide, and what the verdict allows to be said against the baseline.
    private static func told(
        _ reading: Reading, _ condition: Condition, _ lane: LaneReading
    ) -> (median: String, against: String)? {
        guard let cell = reading.cell(condition, lane.id, Metric.startup), let estimate = cell.estimate else {
            return nil
        }
        let median = Quantity.text(estimate.median, cell.unit) + width(reading, estimate, cell)
        guard let comparison = reading.comparison(of: cell), lane.id != reading.manifest.baseline else {
            return (median, "")
        }
        let baseline = Self.name(comparison.baseline, reading)
        switch comparison.verdict {
        case .slower, .faster:
            let ratio = reading.spokenRatio(comparison).map { ", \($0) \(baseline)" }
            return (median, ratio ?? ", \(comparison.verdict.rawValue) than \(baseline)")
        case .same:
            let margin = comparison.margin.map { " within \(Quantity.text($0, comparison.unit))" } ?? ""
            return (median, ", the same as \(baseline)\(margin)")
        case .undecided: return (median, "; this run cannot tell it from \(baseline)")
        }
    }

    /// ` (2.1 to 4.9 ms)` where the interval reaches farther from the median than a difference that matters.
    private static func width(_ reading: Reading, _ estimate: Estimate, _ cell: Cell) -> String {
        guard let low = estimate.medianLow, let high = estimate.medianHigh else {
            return " (\(Words.plural(estimate.samples, "sample")), no interval)"
        }
        let margin =
            reading.manifest.margins?.of(cell.metric)?.size(beside: estimate.median, unit: cell.unit)
            ?? estimate.median / 10
        let reach = max(high - estimate.median, estimate.median - low)
        return reach > margin ? " (\(Quantity.interval(low, high, cell.unit)))" : ""
    }

    // MARK: Under load

    /// Only which way a difference goes that has its verdict: how large it is was measured together with the disturbance.
    private static func certain(_ reading: Reading, _ primary: Condition, _ why: String) -> String {
        let lanes: [(noun: String, lane: LaneReading?)] = [
            ("a container", reading.principal(.container)), ("a guest", reading.principal(.guest)),
        ]
        let parts = lanes.compactMap { noun, lane -> String? in
            guard let lane, let cell = reading.cell(primary, lane.id, Metric.startup),
                let comparison = reading.comparison(of: cell)
            else { return nil }
            let subject = noun + (lane.tag.map { " (\($0))" } ?? "")
            switch comparison.verdict {
            case .slower, .faster:
                return "\(subject) starts \(comparison.verdict.rawValue) than \(name(comparison.baseline, reading))"
            case .same:
                let margin = comparison.margin.map { " within \(Quantity.text($0, comparison.unit))" } ?? ""
                return "\(subject) starts as soon as \(name(comparison.baseline, reading))\(margin)"
            case .undecided: return nil
            }
        }
        return "\(why), so no figure heads this report. "
            + (parts.isEmpty
                ? "Nothing is certain." : "Still certain: \(parts.joined(separator: ", and ")).")
    }

    private static func name(_ baseline: String, _ reading: Reading) -> String {
        reading.lane(baseline)?.role == .plainProcess ? "a native process" : baseline
    }
}
