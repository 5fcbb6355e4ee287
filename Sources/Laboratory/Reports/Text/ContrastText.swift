import RunRecord

/// A declared difference as a sentence: what its verdict allows to be said, and nothing more.
enum ContrastText {
    /// `libvirt costs +17.0 ms [+12.1, +22.4]`, or that it cannot be told and below what it lies.
    static func sentence(_ comparison: Comparison) -> String {
        guard !comparison.title.isEmpty else { return pair(comparison) }
        let price = comparison.title
        let pair = "\(comparison.lane) against \(comparison.baseline)"
        let subject = price.prefix(1).uppercased() + price.dropFirst()
        switch comparison.verdict {
        case .slower:
            return "\(subject) costs \(Figures.distance(comparison))\(within(comparison)) (\(pair))."
        case .faster:
            return "\(subject) costs nothing: \(comparison.lane) is \(comparison.word) than \(comparison.baseline) by "
                + "\(Figures.distance(comparison))\(within(comparison))."
        case .same:
            let margin = comparison.margin.map { Quantity.text($0, comparison.unit) } ?? "the margin"
            return "\(subject) costs nothing that matters: \(pair) is the same within \(margin), shift "
                + "\(Figures.shift(comparison))."
        case .undecided:
            return
                "What \(price) costs cannot be told\(bound(comparison)) (\(pair), shift \(Figures.shift(comparison)))."
        }
    }

    /// Two lanes that stand beside each other, neither being the other and something more.
    private static func pair(_ comparison: Comparison) -> String {
        let (lane, other) = ("Lane \(comparison.lane)", comparison.baseline)
        switch comparison.verdict {
        case .slower, .faster:
            let verb = comparison.metric == Metric.startup ? "starts" : "is"
            return
                "\(lane) \(verb) \(comparison.word) than \(other), by \(Figures.distance(comparison))\(within(comparison))."
        case .same:
            let margin = comparison.margin.map { Quantity.text($0, comparison.unit) } ?? "the margin"
            return "\(lane) is the same as \(other) within \(margin), shift \(Figures.shift(comparison))."
        case .undecided:
            guard let low = comparison.shiftLow, let high = comparison.shiftHigh else {
                return "\(lane) cannot be told from \(other): too few samples."
            }
            let most = Quantity.text(max(abs(low), abs(high)), comparison.unit)
            return "\(lane) cannot be told from \(other); they are less than about \(most) apart (shift "
                + "\(Figures.shift(comparison)))."
        }
    }

    /// `; below about 75.5 ms`: what the interval excludes.
    static func bound(_ comparison: Comparison) -> String {
        guard let high = comparison.shiftHigh, high > 0 else { return "" }
        return "; below about \(Quantity.text(high, comparison.unit))"
    }

    /// What an undecided comparison could have shown, and how many blocks would decide it.
    static func power(_ comparison: Comparison) -> String? {
        guard let visible = visible(comparison) else { return nil }
        let seen = "differences from \(visible) would have been seen"
        guard let blocks = blocks(comparison), let margin = comparison.margin else { return seen }
        return "\(seen); \(blocks) for the margin of \(Quantity.text(margin, comparison.unit))"
    }

    /// The same in a table, in which the margin stands: `seen from 19.2 ns; 182 blocks would do`.
    static func seen(_ comparison: Comparison) -> String? {
        guard let visible = visible(comparison) else { return nil }
        return "seen from \(visible)" + (blocks(comparison).map { "; \($0)" } ?? "")
    }

    private static func visible(_ comparison: Comparison) -> String? {
        guard comparison.verdict == .undecided, let visible = comparison.visible else { return nil }
        return Quantity.text(visible, comparison.unit)
    }

    /// `182 blocks would do`; where there were as many, in how many runs those do.
    private static func blocks(_ comparison: Comparison) -> String? {
        guard let needed = comparison.blocksNeeded else { return nil }
        let count = needed > 100_000 ? "over 100\u{A0}000" : Quantity.count(needed)
        let taken = min(comparison.samples, comparison.baselineSamples)
        return needed > taken ? "\(count) blocks would do" : "\(count) blocks do in four of five runs"
    }

    private static func within(_ comparison: Comparison) -> String {
        guard comparison.isWithinMargin, let margin = comparison.margin else { return "" }
        return ", within the margin of \(Quantity.text(margin, comparison.unit))"
    }
}

extension Comparison {
    var condition: Condition { Condition(experiment: experiment, workload: workload) }

    /// Whatever the difference is, it is shown to be smaller than what matters, though it is neither shown to be there nor not.
    var isSmall: Bool {
        guard verdict == .undecided, let margin, let shiftLow, let shiftHigh else { return false }
        return shiftLow > -margin && shiftHigh < margin
    }

    /// The verdict in the metric's language.
    var word: String { verdict.word(for: metric, unit: unit) }
}
