import RunRecord

/// A comparison in the terminal: headline, stamp, and a row for every figure that changed or could not be decided.
struct ComparisonText {
    var change: RunChange
    var text: TerminalText

    func render() -> String {
        var lines = text.wrap(
            "\(RunChange.name(change.comparison.before)) → \(RunChange.name(change.comparison.after))")
        lines += text.wrap(change.headline).map { text.styled($0, .bold) }
        if let stamp = change.stamp {
            lines += text.wrap("! FORCED: \(stamp)", indent: 2).map { text.styled($0, .yellow) }
        }
        for (mark, difference) in change.comparison.forced.map({ ("!", $0) })
            + change.comparison.notes.map({ ("–", $0) })
        {
            lines += text.wrap(
                "\(mark) \(difference.name): \(difference.before) → \(difference.after)", indent: 2)
        }
        for (words, refused) in change.disturbances { lines += text.wrap("\(refused ? "!" : "–") \(words)", indent: 2) }
        lines.append("")
        for (lane, changes) in grouped {
            lines += text.wrap(lane.name).map { text.styled($0, .bold) }
            // The baseline is shown whole: it tells how much the machine itself changed. Of the others, what moved.
            func isTold(_ change: CellChange) -> Bool {
                change.verdict == .slower || change.verdict == .faster || change.metric == Metric.startup
                    || lane.id == self.change.after.baseline && Words.call(change.metric) == nil
            }
            let told = changes.filter(isTold)
            for change in told { lines += row(change) }
            let rest = RunChange.untold(changes.filter { !isTold($0) }, beside: told.count)
            if !rest.isEmpty { lines += text.wrap(rest, indent: 2, first: 2).map { text.styled($0, .faint) } }
        }
        lines.append("")
        lines += text.wrap(change.basis).map { text.styled($0, .faint) }
        return lines.map { line in
            var line = line
            while line.hasSuffix(" ") { line.removeLast() }
            return line
        }.joined(separator: "\n") + "\n"
    }

    private var grouped: [(LaneReading, [CellChange])] {
        var result: [(LaneReading, [CellChange])] = []
        for entry in change.changes {
            if result.last?.0.id == entry.lane.id {
                result[result.count - 1].1.append(entry)
            } else {
                result.append((entry.lane, [entry]))
            }
        }
        return result
    }

    /// Before and after, the change and its share of what was before, the word.
    private func row(_ change: CellChange) -> [String] {
        // A terminal too narrow for the share does without it.
        let share = text.width >= 72 ? 8 : 0
        let name = text.width - 2 - 10 - 3 - 10 - 11 - share - 12
        let metric =
            change.condition.workload.contains("(")
            ? "\(Words.metric(change.metric)), \(change.condition.workload)" : Words.metric(change.metric)
        let isLong = TerminalText.columns(TerminalText.clean(metric)) > name
        // One that does not fit keeps a line of its own.
        let above = isLong ? text.wrap(metric, indent: 4, first: 2) : []
        let label = "  " + TerminalText.pad(isLong ? "" : metric, name)
        guard let verdict = change.verdict, let before = change.before, let after = change.after,
            let shift = change.shift
        else {
            return above
                + text.wrap(change.reason, indent: 3 + name, first: 3 + name).enumerated().map {
                    $0 == 0 ? label + $1.dropFirst(2 + name) : $1
                }
        }
        let word =
            !change.tested
            ? "no verdict" : "\(Words.mark(verdict)) \(verdict.word(for: change.metric, unit: change.unit))"
        let colour: TerminalText.Style =
            switch verdict {
            case .slower: .red
            case .faster: .green
            case .same: .faint
            case .undecided: .yellow
            }
        return above + [
            label + TerminalText.pad(Quantity.text(before, change.unit), 10, right: true) + " → "
                + TerminalText.pad(Quantity.text(after, change.unit), 10)
                + TerminalText.pad(Quantity.signed(shift, change.unit), 11, right: true)
                + TerminalText.pad(share > 0 ? change.percent : "", share, right: true) + " "
                + text.styled(TerminalText.pad(word, 11), colour)
        ]
    }
}

extension CellChange {
    /// `+5.2 %`: the change as a share of what was before; empty where that is not positive.
    var percent: String {
        guard let shift, let before, before > 0 else { return "" }
        let share = shift / before * 100
        guard abs(share) < 9_999.5 else { return share > 0 ? "×\(Quantity.number(shift / before + 1))" : "" }
        return (share > 0 ? "+" : "") + Quantity.fixed(share, abs(share) < 99.95 ? 1 : 0) + "\u{A0}%"
    }
}
