package import RunRecord

/// Several runs side by side: medians, without verdicts, for looking.
package enum RunsReport {
    /// A table for a terminal: under each lane a row a figure, a column a run; as many runs as fit stand beside each other.
    ///
    /// - Parameter labels: what the runs are called; as their manifests name them where nil.
    package static func terminal(_ runs: [Run], labels: [String]? = nil, width: Int = 80) -> String {
        let text = TerminalText(width: max(width, 60), colour: false)
        let names = labels ?? RunLabels.of(runs.map { ($0.manifest.run, $0.manifest.run) })
        var lines: [String] = []
        for (number, run) in runs.enumerated() {
            lines += text.wrap("\(number + 1): \(names[number]), isolab \(run.manifest.version)", indent: 3)
            for state in run.disturbances where state.found.disturbed > 0 {
                let share = "\(state.found.disturbed) of \(state.found.blocks) blocks"
                lines += text.wrap(
                    "disturbed: \(share) of \(state.experiment), \(state.workload)", indent: 6, first: 3)
            }
        }
        var medians: [CellKey: [Int: Double]] = [:]
        var keys: [CellKey] = []
        for (number, run) in runs.enumerated() {
            for cell in Summarizer.summarize(run).cells where Words.call(cell.metric) == nil {
                guard let estimate = cell.estimate else { continue }
                if medians[cell.key] == nil { keys.append(cell.key) }
                medians[cell.key, default: [:]][number] = estimate.median
            }
        }
        var order: [String] = []
        for key in keys where !order.contains(key.lane) { order.append(key.lane) }
        keys = order.flatMap { lane in keys.filter { $0.lane == lane } }
        let column = 11
        // A figure's name whole, as long as two runs have room beside it.
        let longest = keys.map { TerminalText.columns(Self.title($0)) }.max() ?? 0
        let name = min(longest + 2, text.width - 2 * column)
        let beside = max((text.width - name) / column, 1)
        for start in stride(from: 0, to: runs.count, by: beside) {
            let shown = start..<min(start + beside, runs.count)
            lines += [
                "",
                TerminalText.pad("", name)
                    + shown.map { TerminalText.pad("\($0 + 1)", column, right: true) }.joined(),
            ]
            var lane = ""
            for key in keys {
                if key.lane != lane {
                    lane = key.lane
                    lines += text.wrap(lane)
                }
                let values = shown.map { number -> String in
                    let value = medians[key]?[number].map { Quantity.text($0, key.unit) } ?? "–"
                    return TerminalText.pad(value, column, right: true)
                }
                lines.append(TerminalText.pad("  \(Self.title(key))", name) + values.joined())
            }
        }
        lines +=
            [""]
            + text.wrap(
                "Medians of single runs: no verdicts. isolab compare with two of them, or --ab, says what changed.")
        return lines.joined(separator: "\n")
    }

    /// `Start-up, exit (cold)`: the metric, and under which condition where it was taken under several.
    private static func title(_ key: CellKey) -> String {
        key.workload.contains("(") ? "\(Words.metric(key.metric)), \(key.workload)" : Words.metric(key.metric)
    }
}
