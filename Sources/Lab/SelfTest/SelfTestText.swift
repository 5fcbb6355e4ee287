import RunRecord
import Statistics

extension SelfTest.Result {
    /// What came of it, for a terminal of 80 columns.
    public var text: String {
        var lines = ["Put into \(lane), \(blocks) blocks a try, and what came back (median of the tries):", ""]
        lines.append(Self.row("put in", "came back", "in interval", "told apart"))
        for outcome in outcomes {
            let shift =
                outcome.shifts.isEmpty ? "–" : Self.amount(SortedValues(outcome.shifts).median, outcome.injection)
            lines.append(
                Self.row(
                    outcome.injection.title, shift, "\(outcome.inside) of \(outcome.tries)",
                    "\(outcome.told) of \(outcome.tries)") + (outcome.holds ? "" : "  !"))
            for problem in outcome.problems { lines.append("      not measured: \(problem)") }
        }
        lines.append("")
        for refusal in refusals {
            guard let reason = refusal.reason else {
                lines.append("ADMITTED: \(refusal.title)")
                continue
            }
            lines.append("refused: \(refusal.title)")
            lines += Self.wrapped(reason, indent: "  ")
        }
        lines.append("")
        lines += Self.wrapped(conclusion, indent: "")
        return lines.joined(separator: "\n")
    }

    private var conclusion: String {
        guard holds else {
            let failed = outcomes.filter { !$0.holds }.map(\.injection.title)
            let admitted = refusals.filter { $0.reason == nil }.map(\.title)
            return
                (failed.isEmpty
                ? "" : "Outside of their intervals more often than chance allows: \(failed.joined(separator: ", ")). ")
                + (admitted.isEmpty ? "" : "Admitted though it must not be: \(admitted.joined(separator: ", ")). ")
                + "Do not trust such figures from this host as it is now."
        }
        guard let smallest = smallestDelay else {
            return "What was put in came back, and what must not count was refused."
        }
        return "This instrument tells \(smallest.title) apart here, with \(blocks) blocks."
    }

    /// Lines of at most 80 columns, broken between words, and behind the commas of a list that is one word.
    static func wrapped(_ text: String, indent: String) -> [String] {
        var lines: [String] = []
        var line = indent
        for word in text.split(separator: " ") {
            var gap = line.count > indent.count ? " " : ""
            for part in word.split(separator: ",", omittingEmptySubsequences: false) {
                let piece = part.endIndex < word.endIndex ? part + "," : part
                if line.count > indent.count, line.count + gap.count + piece.count > 80 {
                    lines.append(line)
                    (line, gap) = (indent, "")
                }
                line += gap + piece
                gap = ""
            }
        }
        return lines + [line]
    }

    private static func row(_ words: String...) -> String {
        let widths = [30, 14, 14, 14]
        return "  "
            + zip(words, widths).map { word, width in
                word + String(repeating: " ", count: max(1, width - word.count))
            }.joined()
    }

    private static func amount(_ value: Double, _ injection: Injection) -> String {
        func rounded(_ number: Double) -> String { "\((number * 100).rounded() / 100)" }
        if injection.unit == "B" { return "\(rounded(value / 1_048_576)) MiB" }
        return abs(value) < 1 ? "\((value * 10_000).rounded() / 10) µs" : "\(rounded(value)) ms"
    }
}
