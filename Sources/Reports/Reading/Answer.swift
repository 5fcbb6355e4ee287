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
        case .same: return (median, ", the same as \(baseline) within the noise floor")
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
        if let libvirt = reading.libvirtCost(primary) {
            let interval = libvirt.interval.map { " (95\u{A0}% interval \(Quantity.interval($0.low, $0.high, "ns")))" }
            let label = reading.lane("vm")?.tag.map { " Measured under \($0)." } ?? ""
            result.append(
                "Of the guest's start, libvirt costs \(Quantity.text(libvirt.median, "ns"))\(interval ?? "") over the "
                    + "same QEMU command line without it.\(label)")
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
            case .same: text += ": the same as \(comparison.baseline) within the floor, shift \(shift)"
            case .undecided:
                text += ": undecided against \(comparison.baseline), shift \(shift)"
                if !comparison.reason.isEmpty { text += "; \(Words.unstopped(comparison.reason))" }
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
        if let floor = reading.floor(primary, Metric.startup) {
            result.append(
                "Noise floor \(Quantity.text(floor.value, floor.unit)): \(reading.manifest.baseline) against its hidden "
                    + "twin. Smaller differences are not told apart.")
        } else {
            result.append("No noise floor: the baseline has no hidden twin in this run.")
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
        let experiments = Set(reading.run.samples.map(\.experiment))
        var remarks: [String] = []
        for statement in manifest.warnings where !result.contains(statement) {
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
    /// What the run cannot tell apart in a metric: the A/A bound, the same for every lane.
    func floor(_ condition: Condition, _ metric: String) -> (value: Double, unit: String)? {
        summary.comparisons.first {
            $0.metric == metric && $0.experiment == condition.experiment && $0.workload == condition.workload
                && $0.floor != nil
        }.flatMap { found in found.floor.map { ($0, found.unit) } }
    }
}
