import Content
import Glibc
import Linux
import OCI
import Synchronization

/// The uploads under way: their sessions are kept between requests, so that nothing is hashed twice, and found again on disk
/// after a crash.
///
/// An upload to which nothing was written is a name and nothing else (`UploadName`): whoever begins millions takes nobody's place.
/// Of those that hold bytes there may be so many, and so many of one client; for one more, one of that client's goes, or of the
/// client's that has most: little ones first, and of those the one to which nothing was written longest. Nobody is refused.
final class Uploads: Sendable {
    /// One that holds bytes.
    private struct Held {
        /// Whose it is; nil: another process began it.
        var owner: ClientName?
        var size: Int64 = 0
        /// When something was written to it last, on the host's clock.
        var written: UInt64 = 0

        /// Of several the least goes.
        var rank: (Int, UInt64) { (size < Uploads.littleSize ? 0 : 1, written) }
    }

    private struct State {
        /// Sessions that no request is writing to.
        var idle: [String: (session: IngestSession, since: Int)] = [:]
        /// Uploads that one is.
        var claimed: [String: Claim] = [:]
        var held: [String: Held] = [:]
        /// How many of those are each client's.
        var counts: [ClientName?: Int] = [:]
        /// What has ended lately: its name would be good for a while yet.
        var ended = EndedNames()

        mutating func insert(_ id: String, _ one: Held) {
            if held.updateValue(one, forKey: id) == nil { counts[one.owner, default: 0] += 1 }
        }

        mutating func remove(_ id: String) {
            guard let one = held.removeValue(forKey: id), let count = counts[one.owner] else { return }
            counts[one.owner] = count > 1 ? count - 1 : nil
        }

        /// It has ended.
        mutating func forget(_ id: String) {
            claimed[id] = nil
            remove(id)
            ended.insert(id)
        }

        /// Gives one up that is a client's; nil: of whoever has most.
        mutating func giveUp(of client: ClientName?) -> GivenUp? {
            guard let most = counts.max(by: { $0.value < $1.value }) else { return nil }
            let owner = client ?? most.key
            guard let id = held.filter({ $0.value.owner == owner }).min(by: { $0.value.rank < $1.value.rank })?.key
            else { return nil }
            // A request that writes to it learns so when it goes on.
            claimed[id]?.isLost.store(true, ordering: .relaxed)
            let isClaimed = claimed[id] != nil
            remove(id)
            ended.insert(id)
            return GivenUp(id: id, isClaimed: isClaimed, session: idle.removeValue(forKey: id)?.session)
        }
    }

    private struct GivenUp {
        var id: String
        var isClaimed: Bool
        var session: IngestSession?
    }

    /// One request's hold on an upload.
    fileprivate final class Claim: Sendable {
        /// Another took its place.
        let isLost = Atomic(false)
    }

    private let content: ContentStore
    private let names: UploadName
    /// Of uploads that hold bytes.
    private let greatestCount: Int
    /// The same of one client.
    private let greatestCountOfOne: Int
    private let state: Mutex<State>
    /// Idle sessions hold a descriptor each; beyond this number the eldest is put away, to be read again if it is needed.
    private let greatestIdle = 128
    /// Bytes: what holds less goes before what holds more.
    private static let littleSize: Int64 = 64 << 10

    /// - Parameter lifetime: seconds for which an upload may stay empty.
    init(_ store: RegistryStore, greatestCount: Int, greatestCountOfOne: Int, lifetime: Int) {
        content = store.content
        names = UploadName(key: store.key, lifetime: lifetime)
        self.greatestCount = greatestCount
        self.greatestCountOfOne = greatestCountOfOne
        var state = State()
        // What passes by (manifests being stored) has other names.
        for id in (try? store.content.ingests()) ?? [] where UploadName.isOne(id) {
            state.insert(id, Held(owner: nil, size: Self.littleSize))
        }
        self.state = Mutex(state)
    }

    /// How many requests are writing.
    var active: Int { state.withLock { $0.claimed.count } }

    /// Begins an upload, claimed by the caller.
    func begin(_ repository: String, _ algorithm: Digest.Algorithm, for client: ClientName) -> Upload {
        let id = names.make(repository, algorithm)
        let claim = Claim()
        state.withLock { $0.claimed[id] = claim }
        return Upload(id, self, claim, client, nil)
    }

    /// Takes an upload for one request.
    func claim(_ id: String, _ repository: String, for client: ClientName) throws(RegistryFault) -> Upload {
        guard names.isValid(id, repository) else { throw .uploadUnknown }
        enum Found {
            case busy, ended
            case idle(IngestSession)
            case absent
        }
        let claim = Claim()
        let found: Found = state.withLock { state in
            guard state.claimed[id] == nil else { return .busy }
            guard !state.ended.contains(id) else { return .ended }
            state.claimed[id] = claim
            return state.idle.removeValue(forKey: id).map { .idle($0.session) } ?? .absent
        }
        switch found {
        case .busy: throw .uploadBusy
        case .ended: throw .uploadUnknown
        case .idle(let session): return Upload(id, self, claim, client, session)
        case .absent: break
        }
        do throws(ContentError) {
            return Upload(id, self, claim, client, try content.resumeIngest(id: id))
        } catch .unknownIngest where names.isFresh(id) {
            return Upload(id, self, claim, client, nil)
        } catch {
            _ = state.withLock { $0.claimed.removeValue(forKey: id) }
            throw RegistryFault(error)
        }
    }

    /// Gives an upload that was empty a file, at the cost of another where there are too many.
    fileprivate func open(_ id: String, for client: ClientName) throws(RegistryFault) -> IngestSession {
        let givenUp = state.withLock { state in
            var givenUp: [GivenUp] = []
            while state.counts[client, default: 0] >= greatestCountOfOne, let one = state.giveUp(of: client) {
                givenUp.append(one)
            }
            while state.held.count >= greatestCount, let one = state.giveUp(of: nil) { givenUp.append(one) }
            state.insert(id, Held(owner: client, written: HostClock.now()))
            return givenUp
        }
        for one in givenUp where !one.isClaimed {
            if let session = one.session { session.abandon() } else { try? content.removeIngest(id: one.id) }
        }
        do throws(ContentError) {
            return try content.beginIngest(id: id, algorithm: UploadName.algorithm(of: id))
        } catch {
            state.withLock { $0.remove(id) }
            throw RegistryFault(error)
        }
    }

    fileprivate func note(_ id: String, size: Int64) {
        let now = HostClock.now()
        state.withLock { state in
            state.held[id]?.size = size
            state.held[id]?.written = now
        }
    }

    /// Puts an upload back until the next request.
    fileprivate func release(_ upload: Upload, _ session: IngestSession?) {
        let eldest: IngestSession? = state.withLock { state in
            state.claimed[upload.id] = nil
            guard let session else { return nil }
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
        // Looked for anew: another process may have removed some, too.
        let left = Set(try content.ingests())
        state.withLock { state in
            for id in Array(state.held.keys) where !left.contains(id) && state.claimed[id] == nil { state.remove(id) }
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
}

/// An upload that one request has to itself, until it lets go.
final class Upload: Sendable {
    private struct State {
        /// Nil as long as nothing was written.
        var session: IngestSession?
        /// Whether there is nothing left to release or to abandon.
        var isOver = false
    }

    let id: String
    private let uploads: Uploads
    private let claim: Uploads.Claim
    private let client: ClientName
    private let state: Mutex<State>

    fileprivate init(
        _ id: String, _ uploads: Uploads, _ claim: Uploads.Claim, _ client: ClientName, _ session: IngestSession?
    ) {
        self.id = id
        self.uploads = uploads
        self.claim = claim
        self.client = client
        state = Mutex(State(session: session))
    }

    /// Bytes so far.
    var size: Int64 { state.withLock { $0.session }?.size ?? 0 }

    func write(_ bytes: UnsafeRawBufferPointer) throws(RegistryFault) {
        guard !bytes.isEmpty else { return }
        guard !claim.isLost.load(ordering: .relaxed) else { throw .uploadGivenUp }
        let session = try session()
        try answering { () throws(ContentError) in try session.write(bytes) }
        uploads.note(id, size: session.size)
    }

    /// The session, begun if it is not. One request has it to itself: nobody else begins it meanwhile.
    private func session() throws(RegistryFault) -> IngestSession {
        if let session = state.withLock({ $0.session }) { return session }
        let session = try uploads.open(id, for: client)
        state.withLock { $0.session = session }
        return session
    }

    /// Keeps it for the next request.
    func release() {
        guard !claim.isLost.load(ordering: .relaxed) else { return abandon() }
        guard let ending = end() else { return }
        uploads.release(self, ending.session)
    }

    /// Makes it a blob; where that fails for what the client sent, it is over, else it stays to be tried again.
    func commit(_ digest: Digest) throws(RegistryFault) {
        guard !claim.isLost.load(ordering: .relaxed) else { throw .uploadGivenUp }
        let session = try session()
        do throws(ContentError) {
            try session.commit(expected: digest)
        } catch .digestMismatch(let expected, let found) {
            state.withLock { $0.isOver = true }
            uploads.forget(id)
            throw RegistryFault(ContentError.digestMismatch(expected: expected, found: found))
        } catch {
            throw RegistryFault(error)
        }
        state.withLock { $0.isOver = true }
        uploads.forget(id)
    }

    func abandon() {
        guard let ending = end() else { return }
        ending.session?.abandon()
        uploads.forget(id)
    }

    private struct Ending {
        var session: IngestSession?
    }

    /// - Returns: what is left of it, where it was not over yet.
    private func end() -> Ending? {
        state.withLock { state in
            defer { state.isOver = true }
            return state.isOver ? nil : Ending(session: state.session)
        }
    }
}
