package import RunRecord
import Statistics

/// The phases of one sandbox on one clock: what `isolab launch` prints.
package enum TerminalWaterfall {
    /// One line a phase: what, when it began, how long it took, and where on the sample's time it stood.
    ///
    /// Of a sample with many phases, consecutive slivers of one actor share a line.
    /// - Parameters:
    ///   - width: columns of the terminal, at least 60; no line is longer.
    ///   - everyStep: a line for each phase however short.
    package static func render(
        _ sample: Sample, width: Int = 80, colour: Bool = false, everyStep: Bool = false
    ) -> String {
        let text = TerminalText(width: max(width, 60), colour: colour)
        let steps = sample.phases.sorted { ($0.start, $0.end) < ($1.start, $1.end) }.map {
            PhaseGroup.Step(
                name: $0.name + ($0.exits.map { ", \($0) exits" } ?? ""), actor: $0.actor, start: Double($0.start),
                end: Double($0.end))
        }
        let end = Double(
            max(sample.phases.map(\.end).max() ?? 0, sample.events.map(\.nanoseconds).max() ?? 0, 1))
        let ready = sample.events.first { $0.name == EventName.ready }?.nanoseconds
        let rows = PhaseGroup.fold(steps, ready: ready.map { Double($0) } ?? end, everyStep: everyStep)
        let labels = rows.map { TerminalText.clean("\($0.actor): \($0.name)") } + sample.events.map(\.name)
        let name = min(max(labels.map(TerminalText.columns).max() ?? 0, 8), text.width - 34)
        let bar = text.width - name - 26
        var lines: [String] = []
        for row in rows {
            lines.append(
                TerminalText.pad("\(row.actor): \(row.name)", name) + time(row.start) + time(row.duration)
                    + "  " + text.styled(stretch(row.start, row.end, of: end, bar), style(row.actor)))
        }
        if rows.count < steps.count {
            lines.append(
                text.styled(
                    TerminalText.cut(
                        "\(steps.count) steps; those under 2\u{A0}% of the time to ready share a line", text.width),
                    .faint))
        }
        if !lines.isEmpty {
            let head =
                TerminalText.pad("phase", name) + TerminalText.pad("at", 12, right: true)
                + TerminalText.pad("took", 12, right: true)
            lines.insert(text.styled(head, .faint), at: 0)
            lines.append("")
        }
        // Some are told after others that came later.
        let events = sample.events.enumerated().sorted {
            ($0.element.nanoseconds, $0.offset) < ($1.element.nanoseconds, $1.offset)
        }.map(\.element)
        for event in events {
            lines.append(
                text.styled(TerminalText.pad(event.name, name), .bold) + time(Double(event.nanoseconds))
                    + TerminalText.pad("", 14)
                    + stretch(Double(event.nanoseconds), Double(event.nanoseconds), of: end, bar))
        }
        return lines.map { line in String(line.reversed().drop { $0 == " " }.reversed()) }.joined(separator: "\n")
    }

    private static func time(_ nanoseconds: Double) -> String {
        TerminalText.pad(Quantity.text(nanoseconds / 1e6, "ms"), 12, right: true)
    }

    private static func stretch(_ start: Double, _ end: Double, of whole: Double, _ width: Int) -> String {
        // What began before the launch begins at the left edge.
        let first = max(0, min(Int(within: start / whole * Double(width)), width - 1))
        let last = min(max(Int(within: (end / whole * Double(width)).rounded(.up)), first + 1), width)
        let body = start == end ? "│" : String(repeating: "█", count: last - first)
        return String(repeating: " ", count: first) + body
    }

    private static func style(_ actor: String) -> TerminalText.Style {
        switch actor {
        case "launcher": .blue
        case "child": .cyan
        case "workload": .green
        case "guest kernel", "guest", "firmware": .magenta
        default: .yellow
        }
    }
}
