/// The further ids that a user may map into user namespaces: what subuid(5) or subgid(5) grants him.
public struct SubordinateIdentifiers: Equatable, Sendable {
    /// Ids in a row.
    public struct Range: Equatable, Sendable {
        public var first: UInt32
        /// At least 1.
        public var count: UInt32

        public init(first: UInt32, count: UInt32) {
            self.first = first
            self.count = count
        }

        var end: UInt64 { UInt64(first) + UInt64(count) }
    }

    /// In the file's order; none has an id of another.
    public private(set) var ranges: [Range]

    /// Reads a file of lines `user:first:count`. Lines of others, and lines that are none, say nothing.
    ///
    /// - Parameters:
    ///   - text: of /etc/subuid or /etc/subgid.
    ///   - names: the user's names, his number among them: newuidmap(1) takes either.
    ///   - own: the id that stands for root inside, which the kernel maps but once.
    public init(_ text: String, names: [String], own: UInt32) {
        ranges = []
        for (name, range) in Self.lines(text) where names.contains(name) {
            var pieces = [range]
            for taken in ranges + [Range(first: own, count: 1)] { pieces = pieces.flatMap { Self.rest($0, taken) } }
            ranges += pieces
        }
        // A map has 340 lines at most (user_namespaces(7)), of which one is the user's own.
        ranges = Array(ranges.prefix(339))
    }

    /// How many ids they are together.
    public var count: UInt64 { ranges.reduce(0) { $0 + UInt64($1.count) } }

    /// Where 65536 ids begin that a file has granted nobody yet; nil where there are none.
    public static func free(in text: String) -> UInt32? {
        let end = lines(text).map(\.range.end).max() ?? 0
        let first = max(100_000, end)
        return first + 65536 <= UInt64(UInt32.max) ? UInt32(first) : nil
    }

    private static func lines(_ text: String) -> [(name: String, range: Range)] {
        text.parts(between: "\n").compactMap { line in
            let fields = line.fields(between: ":")
            guard fields.count == 3, !fields[0].isEmpty, !fields[0].starts("#"), let first = UInt32(fields[1]),
                let count = UInt32(fields[2]), count > 0
            else { return nil }
            let range = Range(first: first, count: count)
            // 2³² − 1 is no id: chown(2) and setuid(2) take it for "none".
            return range.end <= UInt64(UInt32.max) ? (String(fields[0]), range) : nil
        }
    }

    /// What of a range another one has not.
    private static func rest(_ range: Range, _ other: Range) -> [Range] {
        guard range.end > UInt64(other.first), other.end > UInt64(range.first) else { return [range] }
        var result: [Range] = []
        if range.first < other.first { result.append(Range(first: range.first, count: other.first - range.first)) }
        if range.end > other.end {
            result.append(Range(first: UInt32(other.end), count: UInt32(range.end - other.end)))
        }
        return result
    }
}
