import Linux
import NIOCore
import RegistryServer
import Synchronization

/// The connections there are. Where one more comes than there may be, one goes that keeps the server waiting: of the peer that has
/// most, and of those, one that never asked for anything before one that did, and the one that has been silent longest. Whoever
/// opens thousands and says nothing shuts nobody else out.
final class ConnectionTable: Sendable {
    /// Why a connection is given up.
    enum Cause: UInt8, Sendable {
        /// What it sends is held in memory, and comes too slowly.
        case tooSlow = 1
        /// What it sends or takes is held in memory, of which others need some.
        case noMemory
    }

    /// One connection, as its own handler sees it.
    final class Entry: Sendable {
        let channel: any Channel
        let peer: String
        /// Whether it is the other end's turn: to send what it began, to take what it asked for, or to ask for something.
        private let isPeersTurn = Atomic(true)
        /// Whether anything whole was ever asked on it.
        private let hasAsked = Atomic(false)
        /// When something came or went last, on the host's clock.
        private let progress: Atomic<UInt64>
        private let cause = Atomic<UInt8>(0)
        /// Parts of answers that were written and not taken yet.
        private let untaken = Atomic(0)
        private let isOver = Atomic(false)
        /// Nothing more comes from the other end.
        private let isHalfClosed = Atomic(false)
        /// Lists that were asked for on it.
        private let lists = Atomic<Int64>(0)

        init(_ channel: any Channel, now: UInt64) {
            self.channel = channel
            peer = channel.remoteAddress?.ipAddress.map(PeerNetwork.name(of:)) ?? ""
            progress = Atomic(now)
        }

        func asks() { hasAsked.store(true, ordering: .relaxed) }
        func setPeersTurn(_ isIts: Bool) { isPeersTurn.store(isIts, ordering: .relaxed) }
        func move() { progress.store(HostClock.now(), ordering: .relaxed) }

        /// What is to be answered to the body that was being read when the connection was given up.
        var fault: RegistryFault? {
            switch Cause(rawValue: cause.load(ordering: .acquiring)) {
            case .tooSlow: .bodyTooSlow
            case .noMemory: .noMemory
            case nil: nil
            }
        }

        func setCause(_ why: Cause) { cause.store(why.rawValue, ordering: .releasing) }

        /// May be called from anywhere.
        func giveUp(_ why: Cause) { channel.triggerUserOutboundEvent(OutboundEvent.giveUp(why), promise: nil) }

        func gives() { untaken.add(1, ordering: .relaxed) }

        func given() {
            untaken.subtract(1, ordering: .relaxed)
            move()
        }

        /// - Returns: how many came before.
        func countList() -> Int64 { lists.add(1, ordering: .relaxed).oldValue }

        func end() { isHalfClosed.store(true, ordering: .relaxed) }
        var hasEnded: Bool { isHalfClosed.load(ordering: .relaxed) }

        func close() { isOver.store(true, ordering: .sequentiallyConsistent) }
        var isClosed: Bool { isOver.load(ordering: .sequentiallyConsistent) }

        /// Also who asked for more already, and takes nothing.
        var mayGo: Bool { isPeersTurn.load(ordering: .relaxed) || untaken.load(ordering: .relaxed) > 0 }

        /// Of those of one peer the least goes.
        var rank: (Int, UInt64) {
            (hasAsked.load(ordering: .relaxed) ? 1 : 0, progress.load(ordering: .relaxed))
        }
    }

    private let greatestCount: Int
    private let entries = Mutex<[ObjectIdentifier: Entry]>([:])

    init(greatestCount: Int) { self.greatestCount = greatestCount }

    var count: Int { entries.withLock { $0.count } }

    /// Takes a connection in, at the cost of another where there are too many.
    func open(_ channel: any Channel) -> Entry {
        let entry = Entry(channel, now: HostClock.now())
        let victim = entries.withLock { entries -> Entry? in
            entries[ObjectIdentifier(channel)] = entry
            guard entries.count > greatestCount else { return nil }
            // All of them are being worked for: then it is the new one.
            let victim = Self.victim(entries.values, besides: entry) ?? entry
            entries[ObjectIdentifier(victim.channel)] = nil
            return victim
        }
        victim?.channel.close(promise: nil)
        return entry
    }

    func close(_ entry: Entry) {
        entries.withLock { entries in
            let key = ObjectIdentifier(entry.channel)
            if entries[key] === entry { entries[key] = nil }
        }
    }

    /// Nil of a connection that had to go.
    func entry(of channel: any Channel) -> Entry? { entries.withLock { $0[ObjectIdentifier(channel)] } }

    private static func victim(_ entries: some Collection<Entry>, besides newest: Entry) -> Entry? {
        var counts: [String: Int] = [:]
        for entry in entries { counts[entry.peer, default: 0] += 1 }
        var victim: (entry: Entry, count: Int, rank: (Int, UInt64))?
        for entry in entries where entry !== newest && entry.mayGo {
            let (count, rank) = (counts[entry.peer] ?? 0, entry.rank)
            if victim.map({ count > $0.count || (count == $0.count && rank < $0.rank) }) ?? true {
                victim = (entry, count, rank)
            }
        }
        return victim?.entry
    }
}
