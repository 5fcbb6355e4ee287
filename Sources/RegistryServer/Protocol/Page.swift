/// A part of a sorted list of names: `n` of them, those after `last`.
struct Page: Equatable {
    /// How many at most; nil: as many as there are.
    var limit: Int?
    var last: String?

    init(_ target: RequestTarget) throws(RegistryFault) {
        last = target.value("last").flatMap { $0.isEmpty ? nil : $0 }
        guard let text = target.value("n") else { return }
        guard let number = Decimal.number(text) else { throw .pageInvalid(text) }
        limit = Int(number)
    }

    /// The names of the page, and whether more follow.
    ///
    /// - Parameter names: in the order of `precedes`.
    func of(_ names: [String], precedes: (String, String) -> Bool) -> (names: [String], isLast: Bool) {
        let rest = last.map { last in Array(names.drop { !precedes(last, $0) }) } ?? names
        guard let limit, limit < rest.count else { return (rest, true) }
        return (Array(rest.prefix(limit)), false)
    }

    /// The header `Link` (RFC 8288) that leads to the next page; nil where there is none, and where none was asked for (`n=0`).
    func link(_ path: String, after names: [String], isLast: Bool) -> (name: String, value: String)? {
        guard !isLast, let limit, let last = names.last else { return nil }
        return ("Link", "<\(path)?n=\(limit)&last=\(last)>; rel=\"next\"")
    }
}

/// The order of tags: "lexical order (i.e. case-insensitive alphanumeric order)" (specification, "Listing Tags"); those that
/// differ in case alone in the order of their bytes, so that the order is whole.
enum TagOrder {
    static func precedes(_ one: String, _ other: String) -> Bool {
        let (first, second) = (one.utf8.map(lower), other.utf8.map(lower))
        return first == second ? one < other : first.lexicographicallyPrecedes(second)
    }

    private static func lower(_ byte: UInt8) -> UInt8 { (0x41...0x5A).contains(byte) ? byte | 0x20 : byte }
}
