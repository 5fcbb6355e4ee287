/// A part of a sorted list of names: `n` of them, those after `last`.
struct Page: Equatable {
    /// How many at most: as the client says, within what one answer may take.
    let limit: Int
    let last: String?

    /// - Parameter greatest: names on a page, also where the client does not say how many.
    init(_ target: RequestTarget, greatest: Int) throws(RegistryFault) {
        last = target.value("last").flatMap { $0.isEmpty ? nil : $0 }
        guard let text = target.value("n") else {
            limit = greatest
            return
        }
        guard let number = HeaderNumber.number(text) else { throw .pageInvalid(text) }
        limit = min(Int(clamping: number), greatest)
    }

    /// What takes in all names: one more than the page has tells whether more follow.
    ///
    /// - Parameter key: what they are in the order of; of those that have the same the name itself decides.
    func names(by key: @escaping (String) -> String = { $0 }) -> FirstNames {
        FirstNames(limit: limit + 1, after: last, by: key)
    }

    /// The names of the page, and the header `Link` (RFC 8288) that leads to the next; nil where there is none, and where nothing was
    /// asked for (`n=0`).
    func end(_ found: FirstNames, at path: String) -> (names: [String], link: (name: String, value: String)?) {
        let sorted = found.sorted
        let names = Array(sorted.prefix(limit))
        guard sorted.count > limit, let last = names.last else { return (names, nil) }
        return (names, ("Link", "<\(path)?n=\(limit)&last=\(last)>; rel=\"next\""))
    }
}

/// The order of tags: "lexical order (i.e. case-insensitive alphanumeric order)" (specification, "Listing Tags"); those that
/// differ in case alone in the order of their bytes, so that the order is whole.
enum TagOrder {
    /// Of a tag in lower case the tag itself: a list of many has each in memory once.
    static func key(_ tag: String) -> String {
        tag.utf8.contains { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) } ? tag.lowercased() : tag
    }
}
