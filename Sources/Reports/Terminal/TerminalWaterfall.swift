public import RunRecord

/// The phases of one sandbox on one clock: what `isolab run` prints.
public enum TerminalWaterfall {
    /// One line a phase: who, what, when it began, how long it took, and where on the sample's time it stood.
    public static func render(_ sample: Sample, width: Int = 80, colour: Bool = false) -> String {
        let text = TerminalText(width: max(width, 60), colour: colour)
        let phases = sample.phases.sorted { ($0.start, $0.end) < ($1.start, $1.end) }
        let end = max(phases.map(\.end).max() ?? 0, sample.events.map(\.nanoseconds).max() ?? 0, 1)
        let name = min(phases.map { TerminalText.columns("\($0.actor): \($0.name)") }.max() ?? 0, text.width - 48)
        let bar = text.width - name - 26
        var lines: [String] = []
        for phase in phases {
            lines.append(
                TerminalText.pad("\(phase.actor): \(phase.name)", name) + time(phase.start)
                    + time(phase.end - phase.start)
                    + "  " + text.styled(stretch(phase.start, phase.end, of: end, bar), style(phase.actor)))
        }
        if !lines.isEmpty {
            let head =
                TerminalText.pad("phase", name) + TerminalText.pad("at", 12, right: true)
                + TerminalText.pad("took", 12, right: true)
            lines.insert(text.styled(head, .faint), at: 0)
            lines.append("")
        }
        for event in sample.events {
            lines.append(
                text.styled(TerminalText.pad(event.name, name), .bold) + time(event.nanoseconds)
                    + TerminalText.pad("", 14) + stretch(event.nanoseconds, event.nanoseconds, of: end, bar))
        }
        return lines.map { line in String(line.reversed().drop { $0 == " " }.reversed()) }.joined(separator: "\n")
    }

    private static func time(_ nanoseconds: Int64) -> String {
        TerminalText.pad(Quantity.text(Double(nanoseconds) / 1e6, "ms"), 12, right: true)
    }

    private static func stretch(_ start: Int64, _ end: Int64, of whole: Int64, _ width: Int) -> String {
        let first = min(Int(Double(start) / Double(whole) * Double(width)), width - 1)
        let last = min(max(Int((Double(end) / Double(whole) * Double(width)).rounded(.up)), first + 1), width)
        let body = start == end ? "│" : String(repeating: "█", count: last - first)
        return String(repeating: " ", count: max(first, 0)) + body
    }

    private static func style(_ actor: String) -> TerminalText.Style {
        switch actor {
        case "launcher": .blue
        case "child": .cyan
        case "workload": .green
        case "guest kernel", "firmware": .magenta
        default: .yellow
        }
    }
}
