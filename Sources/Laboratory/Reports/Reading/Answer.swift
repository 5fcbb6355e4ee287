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
        headline = Headline(reading).text
        sentences = Self.sentences(reading)
        certainty = Self.certainty(reading)
        (warnings, remarks) = Self.warnings(reading)
        missing =
            reading.unavailable.map {
                Missing(
                    lane: $0.id, title: $0.record.title,
                    reason: $0.record.reason.isEmpty ? "no reason was recorded" : $0.record.reason,
                    remedy: $0.record.remedy)
            }
            + reading.withheld.map {
                Missing(lane: $0.lane.id, title: $0.lane.record.title, reason: Words.unstopped($0.why), remedy: "")
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

    private static func sentence(_ reading: Reading, _ noun: String, _ lane: LaneReading, _ cell: Cell) -> String {
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
                    ": \(comparison.verdict.rawValue) than \(comparison.baseline) by \(Figures.distance(comparison))"
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
        if let count = reading.admitted(primary, Metric.startup) {
            result.append(
                "\(count) admitted samples a lane, in \(Words.plural(reading.blocks(primary), "block")) of every lane "
                    + "in random order, after \(Words.plural(reading.manifest.warmups, "warm-up")).")
        }
        if let found = reading.disturbances(primary) { result.append(disturbances(found)) }
        if let words = harness(reading) { result.append(words) }
        let floors = reading.floors(primary, Metric.startup)
        if floors.isEmpty {
            result.append(
                "No noise floor: no lane has the \(2 * SummaryRule.minimumForInterval) samples that one takes.")
        } else {
            let list = floors.map { entry in
                "\(entry.lane.id) \(Quantity.text(entry.floor.bound, entry.unit)) "
                    + Quantity.signedInterval(entry.floor.low, entry.floor.high, entry.unit)
            }
            result.append(
                "Noise floor of start-up, by which a lane differs from itself: \(Words.list(list)). "
                    + "That of \(reading.manifest.baseline) is against its hidden twin.")
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

    /// `6 of 50 blocks were disturbed: other programs ran (5), …`.
    private static func disturbances(_ found: Disturbances) -> String {
        guard found.disturbed > 0 else {
            return "None of \(Words.plural(found.blocks, "block")) was disturbed by anything else on the host."
        }
        let reasons = found.reasons.map { "\($0.words) (\(Quantity.count($0.blocks)))" }
        return "\(Quantity.count(found.disturbed)) of \(Words.plural(found.blocks, "block")) "
            + "\(found.disturbed == 1 ? "was" : "were") disturbed: \(reasons.joined(separator: ", "))."
    }

    /// Whether the plain process that everything is compared with is the least there can be.
    private static func harness(_ reading: Reading) -> String? {
        let found = reading.contrasts.first {
            $0.experiment == "harness" && $0.metric == Metric.startup
                && reading.lane($0.baseline)?.role == .leastProcess
        }
        guard let comparison = found, let ratio = comparison.ratio, let low = comparison.ratioLow,
            let high = comparison.ratioHigh
        else { return nil }
        return "\(comparison.lane) takes \(Quantity.fixed(ratio, 2)) times (\(Quantity.fixed(low, 2)) to "
            + "\(Quantity.fixed(high, 2))) as long to start as the same by a loop in C (vfork, execve, read)."
    }

    private static func warnings(_ reading: Reading) -> (warnings: [String], remarks: [String]) {
        let manifest = reading.manifest
        var result: [String] = []
        // First of all: what follows rests on a record that anybody may have changed.
        if let words = manifest.unprotected { result.append("The record is \(words).") }
        if manifest.finished == nil, !manifest.interrupted {
            result.append(
                "The run was cut off while measuring: it holds what was measured until then, and no digests of its files."
            )
        }
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
        result += reading.overwhelmed.map(\.sentence)
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
}

extension Reading {
    /// Admitted samples a lane, `8`, or where lanes differ `0 to 8`: a lane none of whose samples counts is among them.
    func admitted(_ condition: Condition, _ metric: String) -> String? {
        let counts = cells(condition, metric).map(\.cell.admitted)
        guard let least = counts.min(), let most = counts.max() else { return nil }
        return least == most ? Quantity.count(least) : "\(Quantity.count(least)) to \(Quantity.count(most))"
    }

    /// How many blocks of a condition were measured: of an interrupted run fewer than were planned.
    func blocks(_ condition: Condition) -> Int {
        Set(
            run.samples.lazy.filter {
                !$0.warmup && $0.experiment == condition.experiment && $0.workload == condition.workload
            }.map(\.block)
        ).count
    }

    /// Lanes that ran, none of whose figures may be printed; and those that an interrupted run did not come to.
    var withheld: [(lane: LaneReading, why: String)] {
        lanes.filter(\.record.available).compactMap { lane in
            let own = summary.cells.filter { $0.lane == lane.id }
            if let first = own.first, own.allSatisfy({ $0.estimate == nil }) { return (lane, first.withheld) }
            guard own.isEmpty, manifest.interrupted else { return nil }
            return (lane, "the run was interrupted before a sample of it was taken")
        }
    }

    /// By how much the lanes of the headline differ from themselves in a metric.
    func floors(_ condition: Condition, _ metric: String) -> [(lane: LaneReading, floor: NoiseFloor, unit: String)] {
        [baseline, principal(.container), principal(.guest)].compactMap { $0 }.compactMap { lane in
            guard let cell = cell(condition, lane.id, metric), let floor = cell.floor else { return nil }
            return (lane, floor, cell.unit)
        }
    }

    /// A lane of the headline that differs from itself by as much as what it is judged by.
    struct Overwhelmed: Sendable {
        var sentence: String
        /// Whether it takes away what the headline would say; an undecided lane's says already that nothing can be told.
        var unsettles = true
    }

    var overwhelmed: [Overwhelmed] {
        guard let primary else { return [] }
        return floors(primary, Metric.startup).compactMap { entry in
            guard let cell = cell(primary, entry.lane.id, Metric.startup), let estimate = cell.estimate else {
                return nil
            }
            let bound = Quantity.text(entry.floor.bound, entry.unit)
            if entry.floor.bound >= estimate.median {
                return Overwhelmed(
                    sentence:
                        "The noise floor of \(entry.lane.id)'s start-up, \(bound), is as large as the figure itself.")
            }
            guard let comparison = comparison(of: cell) else { return nil }
            // Two lanes that are the same differ by less than any floor: that is judged by the margin.
            if comparison.verdict == .same {
                guard let margin = comparison.margin, entry.floor.bound >= margin else { return nil }
                return Overwhelmed(
                    sentence:
                        "The noise floor of \(entry.lane.id)'s start-up, \(bound), is as large as the margin that it is "
                        + "judged by, \(Quantity.text(margin, comparison.unit)).")
            }
            guard entry.floor.bound >= abs(comparison.shift) else { return nil }
            return Overwhelmed(
                sentence:
                    "The noise floor of \(entry.lane.id)'s start-up, \(bound), is as large as its difference from "
                    + "\(comparison.baseline), \(Quantity.signed(comparison.shift, comparison.unit)).",
                unsettles: comparison.verdict != .undecided)
        }
    }
}
