public import RunRecord

/// Several runs side by side: medians, without verdicts, for looking.
public enum RunsReport {
    /// A table for a terminal: a row a figure, a column a run; as many runs as fit stand beside each other.
    public static func terminal(_ runs: [Run], width: Int = 80) -> String {
        let text = TerminalText(width: max(width, 60), colour: false)
        var lines: [String] = []
        for (number, run) in runs.enumerated() {
            lines += text.wrap("\(number + 1): \(run.manifest.run), isolab \(run.manifest.version)", indent: 3)
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
        let lane = 20
        let column = 11
        let beside = max((text.width - lane - 14) / column, 1)
        for start in stride(from: 0, to: runs.count, by: beside) {
            let shown = start..<min(start + beside, runs.count)
            lines += [
                "",
                TerminalText.pad("", lane + 14)
                    + shown.map { TerminalText.pad("\($0 + 1)", column, right: true) }.joined(),
            ]
            for key in keys {
                let values = shown.map { number -> String in
                    let value = medians[key]?[number].map { Quantity.text($0, key.unit) } ?? "–"
                    return TerminalText.pad(value, column, right: true)
                }
                let condition = key.workload.contains("(cold)") ? " (cold)" : ""
                lines.append(
                    TerminalText.pad(key.lane, lane) + TerminalText.pad(Words.metric(key.metric) + condition, 14)
                        + values.joined())
            }
        }
        lines +=
            [""]
            + text.wrap(
                "Medians of single runs: no verdicts. isolab compare with two of them, or --ab, says what changed.")
        return lines.joined(separator: "\n")
    }
}
