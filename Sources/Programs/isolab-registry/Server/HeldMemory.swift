import Linux
import NIOCore
import RegistryServer
import Synchronization

/// What of bodies and answers is in memory, of all connections together.
///
/// *Held* is what nothing but the other end can free: a manifest of which not all has come, an answer that is not taken, heads of
/// requests that came before the one ahead of them was answered. It counts as it comes, whatever was announced. Beyond a bound one goes for each that comes: of the peer that holds most, the one that has held most
/// for longest. What ordinary manifests and answers take is always there, so that an attack never costs those their place.
///
/// *Gathered* is what goes to the disk as soon as a piece is full; where much is gathered pieces become small.
final class HeldMemory: Sendable {
    /// Bytes held, of all connections together.
    private static let whole = 24 << 20
    /// Bytes that each connection may hold besides.
    static let small = 16 << 10
    /// Bytes gathered, of all connections together; of one piece at least and at most.
    private static let gatheredWhole = 32 << 20
    private static let pieces = (least: 16 << 10, greatest: 512 << 10)

    /// What of a connection is held.
    enum Part { case body, answer, heads }

    private struct Key: Hashable {
        let entry: ObjectIdentifier
        let part: Part

        init(_ entry: ConnectionTable.Entry, _ part: Part) { (self.entry, self.part) = (ObjectIdentifier(entry), part) }
    }

    private struct Share {
        let entry: ConnectionTable.Entry
        let since: UInt64
        var bytes = 0

        /// What it has cost the others so far.
        func cost(now: UInt64) -> Double { Double(bytes) * Double(now -| since) }
    }

    private struct State {
        var shares: [Key: Share] = [:]
        var total = 0

        mutating func remove(_ key: Key) {
            if let share = shares.removeValue(forKey: key) { total -= share.bytes }
        }

        mutating func remove(_ key: Key, _ count: Int) {
            guard let share = shares[key], share.bytes > count else { return remove(key) }
            shares[key]?.bytes -= count
            total -= count
        }

        /// Of the peer that holds most, the dearest whose turn it is.
        func victim(now: UInt64) -> (key: Key, entry: ConnectionTable.Entry)? {
            var totals: [String: Int] = [:]
            for share in shares.values { totals[share.entry.peer, default: 0] += share.bytes }
            func rank(_ share: Share) -> (Int, Double) { (totals[share.entry.peer] ?? 0, share.cost(now: now)) }
            // Who asks on before he is answered may go at any time.
            return shares.filter { $0.key.part == .heads || $0.value.entry.mayGo }
                .max { rank($0.value) < rank($1.value) }
                .map { ($0.key, $0.value.entry) }
        }
    }

    private let state = Mutex(State())
    private let gathered = Atomic(0)
    private let gathering = Atomic(0)

    // MARK: Held

    /// Counts bytes that a connection holds, at the cost of others where there is no room.
    ///
    /// - Returns: whether there is room; if not, nothing is counted of this part any more.
    func hold(_ part: Part, of entry: ConnectionTable.Entry, _ count: Int) -> Bool {
        let now = HostClock.now()
        let own = Key(entry, part)
        let (isHeld, victims) = state.withLock { state -> (Bool, [ConnectionTable.Entry]) in
            // Nothing would ever be released of it.
            guard !entry.isClosed else { return (false, []) }
            state.shares[own, default: Share(entry: entry, since: now)].bytes += count
            state.total += count
            var victims: [ConnectionTable.Entry] = []
            while state.total > Self.whole {
                // Where all others are being worked for, it is the new one.
                let victim = state.victim(now: now) ?? (own, entry)
                state.remove(victim.key)
                if victim.key == own { return (false, victims) }
                victims.append(victim.entry)
            }
            return (true, victims)
        }
        for victim in victims { victim.giveUp(.noMemory) }
        return isHeld
    }

    /// A connection holds nothing of this any more.
    func release(_ part: Part, of entry: ConnectionTable.Entry) { state.withLock { $0.remove(Key(entry, part)) } }

    /// Some of what a connection held is with the other end.
    func release(_ part: Part, of entry: ConnectionTable.Entry, _ count: Int) {
        state.withLock { $0.remove(Key(entry, part), count) }
    }

    // MARK: Gathered

    func beginGathering() { gathering.add(1, ordering: .relaxed) }
    func endGathering() { gathering.subtract(1, ordering: .relaxed) }
    func gather(_ count: Int) { gathered.add(count, ordering: .relaxed) }
    func passOn(_ count: Int) { gathered.subtract(count, ordering: .relaxed) }

    /// Bytes of a piece now.
    var pieceSize: Int {
        guard gathered.load(ordering: .relaxed) < Self.gatheredWhole else { return Self.pieces.least }
        let share = Self.gatheredWhole / max(1, gathering.load(ordering: .relaxed))
        return min(Self.pieces.greatest, max(Self.pieces.least, share))
    }
}
