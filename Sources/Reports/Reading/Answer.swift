import RunRecord

/// The first screen in words: what isolation costs here, how sure that is, and what is missing. One source for the HTML,
/// the Markdown and the terminal.
struct Answer: Sendable {
    var headline: String
    /// One sentence a lane worth telling of, with interval and verdict.
    var sentences: [String]
    /// How sure: samples, intervals, noise floor.
    var certainty: [String]
    /// What stands against trusting it as it is.
    var warnings: [String]
    /// What the run says of its parts: who took part in fewer blocks, with how many samples.
    var remarks: [String]
    /// `lane: reason`, and the remedy.
    var missing: [Missing]

    struct Missing: Sendable {
        var lane: String
        var title: String
        var reason: String
        var remedy: String
    }

    init(_ reading: Reading) {
        headline = Self.headline(reading)
        sentences = Self.sentences(reading)
        certainty = Self.certainty(reading)
        (warnings, remarks) = Self.warnings(reading)
        missing = reading.unavailable.map {
            Missing(
                lane: $0.id, title: $0.record.title,
                reason: $0.record.reason.isEmpty ? "no reason was recorded" : $0.record.reason,
                remedy: $0.record.remedy)
        }
    }

    private static func headline(_ reading: Reading) -> String {
        guard let primary = reading.primary else { return "This run holds no start-up figure." }
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

    /// The median, and what the verdict allows to be said against the baseline.
    private static func told(_ reading: Reading, _ condition: Condition, _ lane: Lane) -> (
        median: String, against: String
    )? {
        guard let cell = reading.cell(condition, lane.id, Metric.startup), let estimate = cell.estimate else {
            return nil
        }
        let median = Quantity.text(estimate.median, cell.unit)
        guard let comparison = reading.comparison(of: cell), lane.id != reading.manifest.baseline else {
            return (median, "")
        }
        let baseline = comparison.baseline == "native" ? "a native process" : comparison.baseline
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

    private static func sentences(_ reading: Reading) -> [String] {
        guard let primary = reading.primary else { return [] }
        var result: [String] = []
        for (noun, lane) in [
            ("A native process", reading.baseline), ("A container", reading.principal(.container)),
            ("A guest", reading.principal(.guest)),
        ] {
            guard let lane, let cell = reading.cell(primary, lane.id, Metric.startup) else { continue }
            result.append(sentence(reading, noun, lane, cell))
        }
        for contrast in reading.contrasts
        where contrast.metric == Metric.startup && contrast.experiment == primary.experiment
            && contrast.workload == primary.workload
        {
            let tag = reading.lane(contrast.lane)?.tag.map { " Measured under \($0)." } ?? ""
            result.append(ContrastText.sentence(contrast) + tag)
        }
        return result
    }

    private static func sentence(_ reading: Reading, _ noun: String, _ lane: Lane, _ cell: Cell) -> String {
        let label = lane.tag.map { ", \($0)" } ?? ""
        guard let estimate = cell.estimate else {
            return "\(noun) (lane \(lane.id)\(label)): no figure; \(Words.unstopped(cell.withheld))."
        }
        var text =
            "\(noun) (lane \(lane.id)\(label)) starts in \(Quantity.text(estimate.median, cell.unit)), "
            + Figures.interval(estimate, cell.unit, long: true)
        if lane.id != reading.manifest.baseline, let comparison = reading.comparison(of: cell) {
            let shift = Figures.shift(comparison)
            switch comparison.verdict {
            case .slower, .faster:
                text +=
                    ": \(comparison.verdict.rawValue) than \(comparison.baseline) by \(shift)"
                    + (reading.spokenRatio(comparison).map { " (\($0))" } ?? "")
            case .same:
                let margin = comparison.margin.map { " of \(Quantity.text($0, comparison.unit))" } ?? ""
                text += ": the same as \(comparison.baseline) within the margin\(margin), shift \(shift)"
            case .undecided:
                text += ": undecided against \(comparison.baseline), shift \(shift)"
                if !comparison.reason.isEmpty { text += "; \(Words.unstopped(comparison.reason))" }
                if let power = ContrastText.power(comparison) { text += "; \(power)" }
            }
        }
        return text + "."
    }

    private static func certainty(_ reading: Reading) -> [String] {
        var result: [String] = []
        guard let primary = reading.primary else { return result }
        let cells = reading.cells(primary, Metric.startup).map(\.cell)
        let admitted = cells.filter { $0.estimate != nil }.map(\.admitted)
        if let least = admitted.min(), let most = admitted.max() {
            let count = least == most ? Quantity.count(least) : "\(Quantity.count(least)) to \(Quantity.count(most))"
            result.append(
                "\(count) admitted samples a lane, in \(Words.plural(reading.manifest.blocks, "block")) of every lane "
                    + "in random order, after \(Words.plural(reading.manifest.warmups, "warm-up")).")
        }
        let floors = reading.floors(primary, Metric.startup)
        if floors.isEmpty {
            result.append(
                "No noise floor: no lane has the \(2 * SummaryRule.minimumForInterval) samples that one takes.")
        } else {
            let list = floors.map { entry in
                "\(entry.lane.id) \(Quantity.text(entry.floor.bound, entry.unit)) "
                    + "(\(Quantity.signedInterval(entry.floor.low, entry.floor.high, entry.unit)))"
            }
            result.append(
                "Noise floor of start-up, by which a lane differs from itself: \(Words.list(list)). "
                    + "\(reading.manifest.baseline)'s is that against its hidden twin.")
        }
        if let margin = reading.manifest.margins?.of(Metric.startup) {
            result.append(
                "A difference in start-up matters from \(Words.margin(margin)) on: declared beforehand. Two lanes are called "
                    + "the same only where their difference is shown to be smaller.")
        }
        let rejected = reading.run.launches.count { !$0.admitted }
        if rejected > 0 {
            result.append(
                "\(Words.plural(rejected, "sample")) of \(Quantity.count(reading.run.launches.count)) rejected, kept with "
                    + "their reasons.")
        } else {
            result.append("All \(Words.plural(reading.run.launches.count, "sample")) admitted: each proved its work.")
        }
        let withheld = reading.summary.cells.count { $0.estimate == nil }
        if withheld > 0 {
            result.append("\(Words.plural(withheld, "cell")) withheld; the tables say why.")
        }
        return result
    }

    private static func warnings(_ reading: Reading) -> (warnings: [String], remarks: [String]) {
        let manifest = reading.manifest
        var result: [String] = []
        if manifest.buildMode != "release" {
            result.append(
                "isolab was built as \(manifest.buildMode), not as release: its own figures are those of unoptimised code."
            )
        }
        if manifest.interrupted {
            result.append("The run was interrupted; it holds what was measured until then.")
        }
        if manifest.experiment.hasPrefix("name: quick\n") {
            result.append("Quick run: fewer samples than the full protocol.")
        }
        if manifest.margins == nil, !reading.summary.comparisons.isEmpty {
            result.append(
                "This run declared no margin, from which on a difference matters: nothing in it can be called the same."
            )
        }
        result += overwhelmed(reading)
        let experiments = Set(reading.run.samples.map(\.experiment))
        var remarks: [String] = []
        for statement in manifest.warnings where !result.contains(statement) {
            // Said above, in words of the report's own.
            if statement.hasPrefix("isolab was built for ") { continue }
            // `startup, exit (cold): …` tells of one part of the run.
            let part = statement.prefix { $0 != "," && $0 != ":" }
            if part.count < statement.count && experiments.contains(String(part)) {
                remarks.append(statement)
            } else {
                result.append(statement)
            }
        }
        return (result, remarks)
    }

    /// The lanes of the headline that differ from themselves by more than what they are judged by.
    private static func overwhelmed(_ reading: Reading) -> [String] {
        guard let primary = reading.primary else { return [] }
        return reading.floors(primary, Metric.startup).compactMap { entry in
            guard let cell = reading.cell(primary, entry.lane.id, Metric.startup), let estimate = cell.estimate else {
                return nil
            }
            let bound = Quantity.text(entry.floor.bound, entry.unit)
            if entry.floor.bound >= estimate.median {
                return "The noise floor of \(entry.lane.id)'s start-up, \(bound), is as large as the figure itself."
            }
            guard let comparison = reading.comparison(of: cell), entry.floor.bound >= abs(comparison.shift) else {
                return nil
            }
            return "The noise floor of \(entry.lane.id)'s start-up, \(bound), is as large as its difference from "
                + "\(comparison.baseline), \(Quantity.signed(comparison.shift, comparison.unit))."
        }
    }
}

extension Reading {
    /// By how much the lanes of the headline differ from themselves in a metric.
    func floors(_ condition: Condition, _ metric: String) -> [(lane: Lane, floor: NoiseFloor, unit: String)] {
        [baseline, principal(.container), principal(.guest)].compactMap { $0 }.compactMap { lane in
            guard let cell = cell(condition, lane.id, metric), let floor = cell.floor else { return nil }
            return (lane, floor, cell.unit)
        }
    }
}
