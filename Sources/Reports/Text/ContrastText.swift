import RunRecord

/// A declared difference as a sentence: what its verdict allows to be said, and nothing more.
enum ContrastText {
    /// `libvirt costs +17.0 ms [+12.1, +22.4]`, or that it cannot be told and below what it lies.
    static func sentence(_ comparison: Comparison) -> String {
        let price = comparison.title.isEmpty ? comparison.lane : comparison.title
        let pair = "\(comparison.lane) against \(comparison.baseline)"
        let subject = price.prefix(1).uppercased() + price.dropFirst()
        switch comparison.verdict {
        case .slower:
            return "\(subject) costs \(Figures.shift(comparison))\(within(comparison)) (\(pair))."
        case .faster:
            return
                "\(subject) costs nothing: \(pair) is \(comparison.word) by \(Figures.shift(comparison))\(within(comparison))."
        case .same:
            let margin = comparison.margin.map { Quantity.text($0, comparison.unit) } ?? "the margin"
            return "\(subject) costs nothing that matters: \(pair) is the same within \(margin), shift "
                + "\(Figures.shift(comparison))."
        case .undecided:
            return
                "What \(price) costs cannot be told\(bound(comparison)) (\(pair), shift \(Figures.shift(comparison)))."
        }
    }

    /// `; below about 75.5 ms`: what the interval excludes.
    static func bound(_ comparison: Comparison) -> String {
        guard let high = comparison.shiftHigh, high > 0 else { return "" }
        return "; below about \(Quantity.text(high, comparison.unit))"
    }

    /// What an undecided comparison could have shown, and how many blocks would decide it.
    static func power(_ comparison: Comparison) -> String? {
        guard comparison.verdict == .undecided, let visible = comparison.visible else { return nil }
        let seen = "differences from \(Quantity.text(visible, comparison.unit)) would have been seen"
        guard let needed = comparison.blocksNeeded, let margin = comparison.margin else { return seen }
        let blocks = needed > 100_000 ? "more than 100\u{A0}000" : Quantity.count(needed)
        return "\(seen); \(blocks) blocks would do for the margin of \(Quantity.text(margin, comparison.unit))"
    }

    private static func within(_ comparison: Comparison) -> String {
        guard comparison.isWithinMargin, let margin = comparison.margin else { return "" }
        return ", within the margin of \(Quantity.text(margin, comparison.unit))"
    }
}

extension Comparison {
    /// The verdict in the metric's language.
    var word: String { verdict.word(for: metric, unit: unit) }
}
