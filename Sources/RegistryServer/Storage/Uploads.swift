import Content
import Glibc
import Linux
import OCI
import Synchronization

/// The uploads under way: their sessions are kept between requests, so that nothing is hashed twice, and found again on disk
/// after a crash.
///
/// An upload's name is random and signed for its repository: it is known without a record of its own, and no other repository's
/// client can write to it.
final class Uploads: Sendable {
    private struct State {
        /// Those that no request is writing to.
        var idle: [String: (session: IngestSession, since: Int)] = [:]
        /// Those that one is.
        var claimed: Set<String> = []
        /// All that have begun and not ended, also those that are on disk alone.
        var count: Int
        /// Whose they are; those that another process began are nobody's.
        var owners: [String: ClientName] = [:]
        /// How many are each client's.
        var counts: [ClientName: Int] = [:]

        /// It has ended.
        mutating func forget(_ id: String) {
            claimed.remove(id)
            count = max(0, count - 1)
            disown(id)
        }

        mutating func disown(_ id: String) {
            guard let owner = owners.removeValue(forKey: id), let known = counts[owner] else { return }
            counts[owner] = known > 1 ? known - 1 : nil
        }
    }

    private let content: ContentStore
    private let key: [UInt8]
    /// Of uploads that have begun and not ended.
    private let greatestCount: Int
    /// The same of one client.
    private let greatestCountOfOne: Int
    private let state: Mutex<State>
    /// Idle sessions hold a descriptor each; beyond this number the eldest is put away, to be read again if it is needed.
    private let greatestIdle = 128

    init(_ store: RegistryStore, greatestCount: Int, greatestCountOfOne: Int) {
        content = store.content
        key = store.key
        self.greatestCount = greatestCount
        self.greatestCountOfOne = greatestCountOfOne
        state = Mutex(State(count: Self.count(store.content)))
    }

    /// Of those on disk: what passes by (manifests being stored) has other names.
    private static func count(_ content: ContentStore) -> Int {
        ((try? content.ingests()) ?? []).count { $0.utf8.count == idLength }
    }

    /// How many requests are writing.
    var active: Int { state.withLock { $0.claimed.count } }

    /// Begins an upload, claimed by the caller.
    func begin(
        _ repository: String, _ algorithm: Digest.Algorithm, for client: ClientName
    ) throws(RegistryFault) -> Upload {
        let random = RandomName.make()
        let id = "\(random)-\(signature(random, repository))"
        let refusal: String? = state.withLock { state in
            guard state.counts[client, default: 0] < greatestCountOfOne else {
                return "too many uploads of yours are under way"
            }
            guard state.count < greatestCount else { return "too many uploads are under way" }
            state.claimed.insert(id)
            state.count += 1
            state.owners[id] = client
            state.counts[client, default: 0] += 1
            return nil
        }
        if let refusal { throw .tooMany(refusal) }
        do throws(ContentError) {
            return Upload(id, try content.beginIngest(id: id, algorithm: algorithm), self)
        } catch {
            forget(id)
            throw RegistryFault(error)
        }
    }

    /// Takes an upload for one request.
    func claim(_ id: String, _ repository: String) throws(RegistryFault) -> Upload {
        guard isOf(id, repository) else { throw .uploadUnknown }
        enum Found {
            case busy
            case idle(IngestSession)
            case absent
        }
        let found: Found = state.withLock { state in
            guard state.claimed.insert(id).inserted else { return .busy }
            return state.idle.removeValue(forKey: id).map { .idle($0.session) } ?? .absent
        }
        switch found {
        case .busy: throw .uploadBusy
        case .idle(let session): return Upload(id, session, self)
        case .absent: break
        }
        do throws(ContentError) {
            return Upload(id, try content.resumeIngest(id: id), self)
        } catch {
            _ = state.withLock { $0.claimed.remove(id) }
            throw RegistryFault(error)
        }
    }

    /// Puts an upload back until the next request.
    fileprivate func release(_ upload: Upload, _ session: IngestSession) {
        let eldest: IngestSession? = state.withLock { state in
            state.claimed.remove(upload.id)
            state.idle[upload.id] = (session, time(nil))
            guard state.idle.count > greatestIdle, let id = state.idle.min(by: { $0.value.since < $1.value.since })?.key
            else { return nil }
            return state.idle.removeValue(forKey: id)?.session
        }
        // Its descriptor is closed here, outside the lock.
        withExtendedLifetime(eldest) {}
    }

    /// It has ended.
    fileprivate func forget(_ id: String) {
        state.withLock { $0.forget(id) }
    }

    /// Removes what nobody wrote to for a while: what has begun and nothing came of it, sooner.
    func expire(olderThan seconds: Int, emptyOlderThan emptySeconds: Int) throws(ContentError) -> [String] {
        putAway(idleFor: min(seconds, emptySeconds, 300))
        let removed = try content.cleanIngests(olderThan: seconds, emptyOlderThan: emptySeconds)
        // Counted anew: another process may have removed some, too.
        let left = Set(try content.ingests())
        state.withLock { state in
            state.count = max(left.count { $0.utf8.count == Self.idLength }, state.claimed.count)
            for id in Array(state.owners.keys) where !left.contains(id) && !state.claimed.contains(id) {
                state.disown(id)
            }
        }
        return removed
    }

    /// Closes sessions: their locks keep their files from being cleaned. They are found again on disk if they are needed.
    func putAway(idleFor seconds: Int) {
        let limit = time(nil) - seconds
        state.withLock { state in
            for (id, idle) in state.idle where idle.since <= limit { state.idle[id] = nil }
        }
    }

    // MARK: Names

    /// Two times 32 digits and a dash.
    private static let idLength = 65

    private func signature(_ random: String, _ repository: String) -> String {
        var hasher = ContentHasher(.sha256)
        for part in [key, Array(random.utf8), Array(repository.utf8)] { part.withUnsafeBytes { hasher.update($0) } }
        return String(hasher.finish().hexadecimal.prefix(32))
    }

    private func isOf(_ id: String, _ repository: String) -> Bool {
        let parts = id.split(separator: "-", omittingEmptySubsequences: false)
        guard id.utf8.count == Self.idLength, parts.count == 2, parts[0].utf8.count == 32,
            parts[0].utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) })
        else { return false }
        return ConstantTime.equal(Array(parts[1].utf8), Array(signature(String(parts[0]), repository).utf8))
    }
}

/// An upload that one request has to itself, until it lets go.
final class Upload: Sendable {
    let id: String
    private let session: IngestSession
    private let uploads: Uploads
    /// Whether there is nothing left to release or to abandon.
    private let isOver = Mutex(false)

    fileprivate init(_ id: String, _ session: IngestSession, _ uploads: Uploads) {
        self.id = id
        self.session = session
        self.uploads = uploads
    }

    /// Bytes so far.
    var size: Int64 { session.size }

    func write(_ bytes: UnsafeRawBufferPointer) throws(RegistryFault) {
        try answering { () throws(ContentError) in try session.write(bytes) }
    }

    /// Keeps it for the next request.
    func release() {
        if end() { uploads.release(self, session) }
    }

    /// Makes it a blob; where that fails for what the client sent, it is over, else it stays to be tried again.
    func commit(_ digest: Digest) throws(RegistryFault) {
        do throws(ContentError) {
            try session.commit(expected: digest)
        } catch .digestMismatch(let expected, let found) {
            isOver.withLock { $0 = true }
            uploads.forget(id)
            throw RegistryFault(ContentError.digestMismatch(expected: expected, found: found))
        } catch {
            throw RegistryFault(error)
        }
        isOver.withLock { $0 = true }
        uploads.forget(id)
    }

    func abandon() {
        guard end() else { return }
        session.abandon()
        uploads.forget(id)
    }

    /// - Returns: whether it was not over yet.
    private func end() -> Bool {
        isOver.withLock { isOver in
            defer { isOver = true }
            return !isOver
        }
    }
}
