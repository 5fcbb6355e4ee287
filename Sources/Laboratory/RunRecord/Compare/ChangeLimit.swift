/// A change that must not be: `startup container > 5%`, `memory.slope vm > 2 MiB`.
package struct ChangeLimit: Equatable, Sendable, CustomStringConvertible {
    /// `startup`, in every workload it was measured with.
    package var metric: String
    package var lane: String
    /// A share of what was before, or else an amount in `unit`.
    package var limit: Double
    /// Empty for a share.
    package var unit: String

    /// Reads it; nil where it is not `METRIC LANE > NUMBER%` or `METRIC LANE > NUMBER UNIT`.
    package init?(_ text: String) {
        var spaced = ""
        for character in text { spaced += character == "%" || character == ">" ? " \(character) " : String(character) }
        let words = spaced.split(separator: " ").map(String.init)
        guard words.count == 5, words[2] == ">", let number = Self.number(words[3]),
            words[4] == "%" || (words[4] != "1" && Margin.base(of: words[4]) != nil)
        else { return nil }
        (metric, lane) = (words[0], words[1])
        limit = words[4] == "%" ? number / 100 : number
        unit = words[4] == "%" ? "" : words[4]
        // Bytes of a duration, nanoseconds of memory: no change could ever exceed them.
        guard unit.isEmpty || Self.isBytes(unit) == metric.hasPrefix("memory") else { return nil }
    }

    /// How one is written, for whoever wrote another.
    package static let form = "write METRIC LANE > NUMBER%, or a number with a unit: 'startup container > 200 us'"

    private static func isBytes(_ unit: String) -> Bool { unit.hasSuffix("B") }

    /// A decimal number, not negative: `Double` reads hexadecimal ones, infinities and no numbers as well.
    private static func number(_ text: String) -> Double? {
        guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) || $0 == 0x2e }), let number = Double(text),
            number.isFinite
        else { return nil }
        return number
    }

    package var description: String {
        let amount =
            unit.isEmpty
            ? "\(SampleTable.shortest((limit * 1e8).rounded() / 1e6))%" : "\(SampleTable.shortest(limit)) \(unit)"
        return "'\(metric) \(lane) > \(amount)'"
    }

    /// What a comparison says of it.
    package enum Answer: Equatable, Sendable {
        /// No such change is shown.
        case kept
        /// It is shown to be exceeded, in these cells.
        case exceeded([RunComparison.Change])
        /// The comparison cannot tell.
        case unanswerable(String)
    }

    /// Exceeded is a limit only by a change that has its verdict and is greater by its estimate. Kept it is where the verdict says so,
    /// or where there is none of a change (*same*, *undecided*) and the whole interval lies below it. All else is no answer, so that
    /// a gate never opens because nobody looked, or looked too little.
    package func answer(_ comparison: RunComparison) -> Answer {
        let cells = comparison.changes.filter { $0.key.metric == metric && $0.key.lane == lane }
        guard !cells.isEmpty else { return .unanswerable("no figure '\(metric)' of lane '\(lane)' on both sides") }
        if !unit.isEmpty, let other = cells.first(where: { !isMeasured(in: $0.key.unit) }) {
            return .unanswerable("'\(metric)' is in \(other.key.unit), not in \(unit)")
        }
        let exceeded = cells.filter { $0.p != nil && $0.verdict == .slower && amount($0.shift, $0) > limit }
        guard exceeded.isEmpty else { return .exceeded(exceeded) }
        for cell in cells {
            if let reason = unsettled(cell) { return .unanswerable(reason) }
        }
        return .kept
    }

    /// Why a change does not tell whether the limit is kept; nil where it is.
    private func unsettled(_ change: RunComparison.Change) -> String? {
        guard change.p != nil else { return change.reason }
        switch change.verdict {
        case .slower, .faster: return nil
        case .same, .undecided:
            guard let high = change.shiftHigh else { return change.reason }
            if high <= 0 || amount(high, change) < limit { return nil }
            let reach = "the change may be as much as \(Figure.text(high, unit: change.key.unit))"
            return change.reason.isEmpty ? reach : "\(reach) (\(change.reason))"
        }
    }

    private func isMeasured(in other: String) -> Bool {
        Margin.base(of: other) != nil && Self.isBytes(other) == Self.isBytes(unit)
    }

    /// A change in what the limit is written in. As a share of nothing it is beyond every limit.
    private func amount(_ value: Double, _ change: RunComparison.Change) -> Double {
        if unit.isEmpty { return change.share(of: value) ?? .infinity }
        guard let own = Margin.base(of: unit), let theirs = Margin.base(of: change.key.unit) else { return .infinity }
        return value * theirs / own
    }
}
