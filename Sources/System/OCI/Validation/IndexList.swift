/// A list of small numbers as the kernel and the specification write them (`cpuset(7)`, "List format"): `0-3,7`.
public struct IndexList: Equatable, Sendable {
    /// Greater than any number of a processor or memory node that Linux can be built for.
    public static let greatest: UInt32 = 65535

    /// In the order in which they were written.
    public let ranges: [ClosedRange<UInt32>]

    /// Nil where the text is not a list of numbers and ranges. Blanks around them are allowed, and so is an empty list.
    public init?(_ text: String) {
        func trimmed(_ text: Substring) -> Substring {
            var text = text.drop { $0 == " " }
            while text.last == " " { text.removeLast() }
            return text
        }
        func number(_ text: Substring) -> UInt32? {
            let text = trimmed(text)
            guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let value = UInt32(text),
                value <= Self.greatest
            else { return nil }
            return value
        }
        var ranges: [ClosedRange<UInt32>] = []
        if !trimmed(text[...]).isEmpty {
            for part in text.split(separator: ",", omittingEmptySubsequences: false) {
                let ends = part.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
                guard let first = ends.first.flatMap(number), let last = ends.last.flatMap(number), first <= last
                else { return nil }
                ranges.append(first...last)
            }
        }
        self.ranges = ranges
    }

    public var isEmpty: Bool { ranges.isEmpty }
}
