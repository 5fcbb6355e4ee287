import Linux

/// A list of processors or nodes as cpuset(7) writes it: `0-2,5`.
struct NumberList: Equatable {
    let ranges: [ClosedRange<UInt32>]

    /// Nil for another form. A list of nothing is empty.
    init?(_ text: String) {
        var ranges: [ClosedRange<UInt32>] = []
        for part in text.fields(between: ",") where !(part.isEmpty && text.isEmpty) {
            let ends = part.fields(between: "-")
            guard (1...2).contains(ends.count), ends.allSatisfy({ $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }),
                let first = UInt32(ends[0]), let last = UInt32(ends[ends.count - 1]), first <= last
            else { return nil }
            ranges.append(first...last)
        }
        self.ranges = ranges
    }

    /// The first number that is in none of another list's ranges; nil where all are.
    func first(outside other: NumberList) -> UInt32? {
        for range in ranges {
            var number = range.lowerBound
            while let holder = other.ranges.first(where: { $0.contains(number) }) {
                if holder.upperBound >= range.upperBound { break }
                number = holder.upperBound + 1
            }
            if !other.ranges.contains(where: { $0.contains(number) }) { return number }
        }
        return nil
    }
}
