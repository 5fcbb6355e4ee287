import RunRecord
import Statistics

extension SelfTest.Result {
    /// What came of it, for a terminal of 80 columns.
    package var text: String {
        var lines = [
            "Put into \(lane), \(blocks) blocks a try, and what came back (medians of the tries).",
            "How many tries' intervals of the difference, of 95 % and of 99 %, held it:", "",
        ]
        lines.append(Self.row("put in", "in truth", "came back", "in 95 %", "in 99 %", "told"))
        for outcome in outcomes {
            func amount(_ values: [Double]) -> String {
                values.isEmpty ? "–" : Self.amount(SortedValues(values).median, outcome.injection)
            }
            lines.append(
                Self.row(
                    outcome.injection.title, amount(outcome.attempts.map(\.truth)),
                    amount(outcome.attempts.map { $0.shift + $0.truth - outcome.injection.expected }),
                    "\(outcome.inside) of \(outcome.tries)", "\(outcome.insideWide) of \(outcome.tries)",
                    "\(outcome.told) of \(outcome.tries)") + (outcome.holds ? "" : " !"))
            if outcome.below > 0 || outcome.above > 0 {
                lines.append("      95 % interval below what was put in: \(outcome.below), above it: \(outcome.above)")
            }
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
        let widths = [28, 10, 10, 10, 10, 8]
        return "  "
            + zip(words, widths).enumerated().map { place, pair in
                place == words.count - 1
                    ? pair.0 : pair.0 + String(repeating: " ", count: max(0, pair.1 - pair.0.count))
            }.joined()
    }

    private static func amount(_ value: Double, _ injection: Injection) -> String {
        func rounded(_ number: Double) -> String { "\((number * 100).rounded() / 100)" }
        if injection.unit == "B" { return "\(rounded(value / 1_048_576)) MiB" }
        return abs(value) < 1 ? "\((value * 10_000).rounded() / 10) µs" : "\(rounded(value)) ms"
    }
}
