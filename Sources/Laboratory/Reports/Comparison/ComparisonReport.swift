import FoundationEssentials
package import RunRecord

/// What changed between two runs, for `isolab compare`: as terminal text, as one HTML file, as a table for a pull request, and
/// for programs.
///
/// `RunComparison.compare` decides whether runs may be compared, and how; a forced comparison is stamped here.
package enum ComparisonReport {
    /// The comparison for a terminal of so many columns, at least 60; no line is longer. Ends with a newline.
    package static func terminal(
        _ comparison: RunComparison, before: Manifest, after: Manifest, width: Int = 80, colour: Bool = false
    ) -> String {
        ComparisonText(
            change: RunChange(comparison, before: before, after: after),
            text: TerminalText(width: max(width, 60), colour: colour)
        ).render()
    }

    /// The comparison as one HTML file, built as the report of a run is.
    package static func html(_ comparison: RunComparison, before: Manifest, after: Manifest) -> String {
        ComparisonPage(change: RunChange(comparison, before: before, after: after)).render()
    }

    /// A Markdown table of what changed and of every start-up, with the rest as a count.
    package static func markdown(_ comparison: RunComparison, before: Manifest, after: Manifest) -> String {
        let change = RunChange(comparison, before: before, after: after)
        func isTold(_ cell: CellChange) -> Bool {
            cell.verdict == .slower || cell.verdict == .faster || (cell.metric == Metric.startup && cell.verdict != nil)
        }
        let told = change.changes.filter(isTold)
        let table = Table(
            "\(RunChange.name(comparison.before)) → \(RunChange.name(comparison.after))",
            [
                .init("Lane"), .init("Figure"), .init("Before", numeric: true), .init("After", numeric: true),
                .init("Change", numeric: true), .init("Verdict"),
            ],
            told.map { cell in
                let interval = cell.interval.map { Quantity.signedInterval($0.low, $0.high, cell.unit) } ?? ""
                let word = cell.tested ? cell.verdict?.word(for: cell.metric, unit: cell.unit) ?? "" : "no verdict"
                let figure =
                    cell.condition.workload.contains("(")
                    ? "\(Words.metric(cell.metric)), \(cell.condition.workload)" : Words.metric(cell.metric)
                return [
                    Table.Value(cell.lane.name), Table.Value(figure),
                    Table.Value(cell.before.map { Quantity.text($0, cell.unit) } ?? "–"),
                    Table.Value(cell.after.map { Quantity.text($0, cell.unit) } ?? "–"),
                    Table.Value(cell.percent, detail: interval), Table.Value(word),
                ]
            })
        var lines = ["**\(MarkdownText.escape(change.headline))**", ""]
        if let stamp = change.stamp {
            let names = comparison.forced.map(\.name).joined(separator: ", ")
            lines += ["> **Forced:** \(MarkdownText.escape("\(stamp) Overridden: \(names)."))", ""]
        }
        for (words, _) in change.disturbances { lines += [MarkdownText.escape(words), ""] }
        lines += MarkdownText.table(table)
        let rest = RunChange.untold(change.changes.filter { !isTold($0) }, beside: told.count)
        if !rest.isEmpty { lines += ["\(rest).", ""] }
        return (lines + [MarkdownText.escape(change.basis)]).joined(separator: "\n") + "\n"
    }

    /// `container, startup: +0.31 ms [+0.2, +0.4]`: one change in a line.
    package static func told(_ change: RunComparison.Change) -> String {
        let key = change.key
        let shift =
            change.shiftLow.flatMap { low in
                change.shiftHigh.map { Quantity.signed(change.shift, from: low, to: $0, key.unit) }
            } ?? Quantity.signed(change.shift, key.unit)
        let share = change.share(of: change.shift).map { ", \(Quantity.fixed($0 * 100, 1))\u{A0}%" } ?? ""
        return "\(key.lane), \(Words.metric(key.metric)), \(key.workload): \(shift)\(share)"
    }

    /// The comparison as JSON, its keys in order; differences have nine significant digits.
    package static func json(_ comparison: RunComparison) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        var rounded = comparison
        for index in rounded.changes.indices { rounded.changes[index].round() }
        return String(decoding: try encoder.encode(rounded), as: UTF8.self)
    }
}

extension RunComparison.Change {
    /// Takes away what only the arithmetic left behind.
    fileprivate mutating func round() {
        (medianBefore, medianAfter, shift) = (medianBefore.ninefold, medianAfter.ninefold, shift.ninefold)
        (shiftLow, shiftHigh, margin) = (shiftLow?.ninefold, shiftHigh?.ninefold, margin?.ninefold)
        (p, visible) = (p?.ninefold, visible?.ninefold)
    }
}
