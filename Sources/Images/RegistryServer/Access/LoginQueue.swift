/// Whose password is checked next. A check takes tens of milliseconds of a processor; whoever sends many at once keeps nobody else
/// waiting: one check of a user from an address runs at a time, addresses take turns, of one the newest comes first, and of
/// whoever has most waiting the oldest is given up where there is no room.
package struct LoginQueue: Sendable {
    package struct Entry: Equatable, Sendable {
        package let id: Int
        let user: String
        let network: String

        package init(id: Int, user: String, peer: String) {
            self.id = id
            self.user = user
            network = PeerNetwork.name(of: peer)
        }

        func isOfSamePair(as other: Entry) -> Bool { user == other.user && network == other.network }
    }

    /// Waiting at most: of one user from one address, of one address, of all.
    static let greatestOfPair = 4
    static let greatestOfNetwork = 16
    static let greatestCount = 64

    /// The oldest first.
    private(set) var waiting: [Entry] = []
    private(set) var running: [Entry] = []

    package var runningCount: Int { running.count }

    /// Addresses by when they had their turn last, the latest last.
    private var turns: [String] = []

    package init() {}

    /// Takes one in.
    ///
    /// - Returns: one that is given up for it.
    package mutating func enqueue(_ entry: Entry) -> Entry? {
        waiting.append(entry)
        let ofPair = waiting.filter { $0.isOfSamePair(as: entry) }
        if ofPair.count > Self.greatestOfPair { return giveUp(ofPair[0]) }
        let ofNetwork = waiting.filter { $0.network == entry.network }
        if ofNetwork.count > Self.greatestOfNetwork { return giveUp(Self.first(ofNetwork, mostBy: \.user)) }
        guard waiting.count > Self.greatestCount else { return nil }
        return giveUp(Self.first(waiting, mostBy: \.network))
    }

    /// The oldest of those that have most in common.
    private static func first(_ entries: [Entry], mostBy key: KeyPath<Entry, String>) -> Entry? {
        let groups = Dictionary(grouping: entries) { $0[keyPath: key] }
        let most = groups.values.map(\.count).max()
        return entries.first { groups[$0[keyPath: key]]?.count == most }
    }

    private mutating func giveUp(_ entry: Entry?) -> Entry? {
        waiting.removeAll { $0 == entry }
        return entry
    }

    /// The next one whose turn it is; it runs until it has finished.
    package mutating func next() -> Entry? {
        let ready = waiting.filter { entry in !running.contains { $0.isOfSamePair(as: entry) } }
        func rank(_ entry: Entry) -> (Int, Int) {
            (running.count { $0.network == entry.network }, turns.firstIndex(of: entry.network) ?? -1)
        }
        // The last of equals is the newest.
        var chosen: Entry?
        for entry in ready where chosen.map({ rank(entry) <= rank($0) }) ?? true { chosen = entry }
        guard let chosen else { return nil }
        waiting.removeAll { $0 == chosen }
        running.append(chosen)
        turns.removeAll { $0 == chosen.network }
        turns.append(chosen.network)
        if turns.count > Self.greatestCount { turns.removeFirst() }
        return chosen
    }

    package mutating func finish(_ entry: Entry) { running.removeAll { $0 == entry } }
}
