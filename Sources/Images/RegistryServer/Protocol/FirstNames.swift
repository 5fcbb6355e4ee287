/// The first of many names in an order, behind one of them. However many there are, no more than about twice as many as are wanted are
/// in memory.
struct FirstNames {
    private struct Entry {
        let key: String
        let name: String

        static func < (one: Entry, other: Entry) -> Bool {
            one.key == other.key ? one.name < other.name : one.key < other.key
        }
    }

    private let limit: Int
    private let key: (String) -> String
    private let last: Entry?
    private var entries: [Entry] = []
    /// The greatest that can still be wanted.
    private var bound: Entry?

    /// - Parameters:
    ///   - last: only those behind it.
    ///   - key: what they are in the order of; of those that have the same the name itself decides.
    init(limit: Int, after last: String?, by key: @escaping (String) -> String = { $0 }) {
        self.limit = limit
        self.key = key
        self.last = last.map { Entry(key: key($0), name: $0) }
    }

    mutating func add(_ name: String) {
        let entry = Entry(key: key(name), name: name)
        if let last, !(last < entry) { return }
        if let bound, bound < entry { return }
        entries.append(entry)
        guard entries.count >= 2 * limit + 64 else { return }
        entries = first
        bound = entries.last
    }

    private var first: [Entry] { Array(entries.sorted(by: <).prefix(limit)) }

    /// In their order.
    var sorted: [String] { first.map(\.name) }
}
