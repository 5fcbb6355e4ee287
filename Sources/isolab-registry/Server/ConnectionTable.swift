import Linux
import NIOCore
import RegistryServer
import Synchronization

/// The connections there are. Where one more comes than there may be, one goes that keeps the server waiting: of the peer that has
/// most, and of those, one that never asked for anything before one that did, and the one that has been silent longest. Whoever
/// opens thousands and says nothing shuts nobody else out.
final class ConnectionTable: Sendable {
    /// One connection, as its own handler sees it.
    final class Entry: Sendable {
        let channel: any Channel
        let peer: String
        /// Whether it is the other end's turn: to send what it began, to take what it asked for, or to ask for something.
        let isPeersTurn = Atomic(true)
        /// Whether anything whole was ever asked on it.
        let hasAsked = Atomic(false)
        /// When something came or went last, on the host's clock.
        let progress: Atomic<UInt64>

        init(_ channel: any Channel, now: UInt64) {
            self.channel = channel
            peer = channel.remoteAddress?.ipAddress.map(PeerNetwork.name(of:)) ?? ""
            progress = Atomic(now)
        }

        func move() { progress.store(HostClock.now(), ordering: .relaxed) }
    }

    private let greatestCount: Int
    private let entries = Mutex<[ObjectIdentifier: Entry]>([:])

    init(greatestCount: Int) { self.greatestCount = greatestCount }

    var count: Int { entries.withLock { $0.count } }

    /// Takes a connection in, at the cost of another where there are too many.
    func open(_ channel: any Channel) -> Entry {
        let entry = Entry(channel, now: HostClock.now())
        let victim = entries.withLock { entries -> Entry? in
            entries[ObjectIdentifier(entry)] = entry
            guard entries.count > greatestCount else { return nil }
            // All of them are being worked for: then it is the new one.
            let victim = Self.victim(entries.values, besides: entry) ?? entry
            entries[ObjectIdentifier(victim)] = nil
            return victim
        }
        victim?.channel.close(promise: nil)
        return entry
    }

    func close(_ entry: Entry) { entries.withLock { $0[ObjectIdentifier(entry)] = nil } }

    private static func victim(_ entries: some Collection<Entry>, besides newest: Entry) -> Entry? {
        var counts: [String: Int] = [:]
        for entry in entries { counts[entry.peer, default: 0] += 1 }
        /// The least goes.
        func rank(_ entry: Entry) -> (Int, Int, UInt64) {
            (
                -(counts[entry.peer] ?? 0), entry.hasAsked.load(ordering: .relaxed) ? 1 : 0,
                entry.progress.load(ordering: .relaxed)
            )
        }
        return entries.filter { $0 !== newest && $0.isPeersTurn.load(ordering: .relaxed) }.map { (rank($0), $0) }
            .min { $0.0 < $1.0 }?.1
    }
}
