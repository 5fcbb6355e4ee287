import Linux
import NIOCore
import RegistryServer
import Synchronization

/// The connections there are. Where one more comes than there may be, the one goes that keeps the server waiting longest, of the
/// peer that has most: whoever opens thousands and says nothing shuts nobody else out.
final class ConnectionTable: Sendable {
    /// One connection, as its own handler sees it.
    final class Entry: Sendable {
        let channel: any Channel
        let peer: String
        /// Whether it is the other end's turn: to send what it began, to take what it asked for, or to ask for something.
        let isPeersTurn = Atomic(true)
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
        var victim: (entry: Entry, count: Int, progress: UInt64)?
        for entry in entries where entry !== newest && entry.isPeersTurn.load(ordering: .relaxed) {
            let count = counts[entry.peer] ?? 0
            let progress = entry.progress.load(ordering: .relaxed)
            if victim.map({ count > $0.count || count == $0.count && progress < $0.progress }) ?? true {
                victim = (entry, count, progress)
            }
        }
        return victim?.entry
    }
}
