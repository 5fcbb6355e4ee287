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

    /// Exceeded is a limit only by a change that has its verdict and is greater by its estimate; what has no verdict is no answer,
    /// so that a gate never opens because nobody looked.
    package func answer(_ comparison: RunComparison) -> Answer {
        let cells = comparison.changes.filter { $0.key.metric == metric && $0.key.lane == lane }
        guard !cells.isEmpty else { return .unanswerable("no figure '\(metric)' of lane '\(lane)' on both sides") }
        if let blind = cells.first(where: { $0.p == nil }) { return .unanswerable(blind.reason) }
        if !unit.isEmpty, let other = cells.first(where: { Self.isBytes($0.key.unit) != Self.isBytes(unit) }) {
            return .unanswerable("'\(metric)' is in \(other.key.unit), not in \(unit)")
        }
        let exceeded = cells.filter { $0.verdict == .slower && isOver($0) }
        return exceeded.isEmpty ? .kept : .exceeded(exceeded)
    }

    private func isOver(_ change: RunComparison.Change) -> Bool {
        if unit.isEmpty { return change.share(of: change.shift).map { $0 > limit } ?? true }
        guard let own = Margin.base(of: unit), let theirs = Margin.base(of: change.key.unit) else { return false }
        return change.shift * theirs > limit * own
    }
}
