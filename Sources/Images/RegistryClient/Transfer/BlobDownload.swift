import Content
import Linux
import OCI

/// Brings one blob from a registry into a store: once, however many want it; from where it stopped, whatever stopped it.
struct BlobDownload {
    /// Attempts at one blob at most, those included that brought something.
    static let greatestCount = 64

    let descriptor: Descriptor
    let repository: String
    let store: ContentStore
    let operation: String
    let report: TransferProgress.Receiver

    /// - Throws: `ContentError`, `RegistryClientError` or `TransportError`; what came so far stays for the next attempt, of
    ///   whichever process.
    func run(_ connection: RegistryConnection) throws {
        if try store.retain(descriptor.digest, size: descriptor.size) { return say(.present) }
        // Another process may be bringing it: its work is waited for, not done again.
        let lock = try store.lock(on: descriptor.digest)
        defer { withExtendedLifetime(lock) {} }
        if try store.retain(descriptor.digest, size: descriptor.size) { return say(.present) }
        var session = try store.continueIngest(id: ingest, algorithm: descriptor.digest.algorithm)
        if session.size > descriptor.size {
            session.abandon()
            session = try store.beginIngest(id: ingest, algorithm: descriptor.digest.algorithm)
        }
        let wasBegun = session.size > 0
        do {
            try complete(session, connection)
        } catch let error as RegistryClientError where error.kind == .wrongContent && wasBegun {
            // What an earlier process left may have been torn by a power cut: once more, from the beginning.
            session = try store.beginIngest(id: ingest, algorithm: descriptor.digest.algorithm)
            try complete(session, connection)
        } catch let error as RegistryClientError where error.kind == .notFound && isElsewhere {
            session.abandon()
            try bringFromElsewhere(connection, else: error)
        }
        say(.finished)
    }

    // MARK: Layers that lie elsewhere

    /// Whether it is a layer that registries need not have: it lies at the addresses its descriptor tells.
    private var isElsewhere: Bool { descriptor.mediaType.isForeign && !descriptor.urls.isEmpty }

    /// More addresses are in no honest descriptor.
    private static let greatestAddresses = 8

    /// Fetches it from the first of its addresses that gives it, without credentials.
    ///
    /// Whoever wrote the manifest chose them: they are spoken to by TLS alone, but for hosts the user exempted and, where the
    /// registry itself is this machine, this machine.
    private func bringFromElsewhere(_ connection: RegistryConnection, else error: RegistryClientError) throws {
        var options = connection.session.options
        // Another blob's failure ends this one, too.
        options.cancellation = connection.transport.cancellation
        let client = RegistryClient(options)
        var last: any Error = error
        for text in descriptor.urls.prefix(Self.greatestAddresses) {
            guard let address = HTTPAddress(text) else { continue }
            let mayBePlain =
                address.isLoopback
                ? connection.session.base.isLoopback
                : client.options.insecureRegistries.contains(address.host.lowercased())
            guard address.scheme == .https && !address.isLoopback || mayBePlain else { continue }
            let session = try store.beginIngest(id: ingest, algorithm: descriptor.digest.algorithm)
            do {
                try client.fetch(text, limit: descriptor.size) { bytes in
                    try session.write(bytes)
                    say(.moving(session.size))
                }
                do throws(ContentError) {
                    try session.commit(expected: descriptor.digest, size: descriptor.size)
                    return
                } catch {
                    throw RegistryClientError(
                        .wrongContent, operation, at: address, problem: "the content received is wrong: \(error)")
                }
            } catch {
                session.abandon()
                guard !connection.transport.cancellation.isCancelled else { throw error }
                last = error
            }
        }
        throw last
    }

    /// The name under which another process finds what this one left.
    private var ingest: String { "pull-\(descriptor.digest.algorithm)-\(descriptor.digest.hexadecimal.prefix(64))" }

    private func say(_ state: TransferProgress.State) { report(TransferProgress(descriptor, state)) }

    /// Fetches what is missing, as often as it takes, and makes it a blob. Where that fails, what came stays for the next attempt,
    /// unless nothing did, or another content.
    private func complete(_ session: IngestSession, _ connection: RegistryConnection) throws {
        do { try bring(session, connection) } catch {
            if session.size == 0 || (error as? RegistryClientError)?.kind == .wrongContent { session.abandon() }
            throw error
        }
        do throws(ContentError) {
            try session.commit(expected: descriptor.digest, size: descriptor.size)
        } catch {
            guard case .digestMismatch(_, let found) = error else { throw error }
            throw violation(.wrongContent, "the content received is \(found)", connection)
        }
    }

    private func bring(_ session: IngestSession, _ connection: RegistryConnection) throws {
        let retries = connection.session.options.retries
        var failures = 0
        var count = 0
        while session.size < descriptor.size {
            let before = session.size
            count += 1
            do {
                try fetch(into: session, connection)
            } catch let error where session.size == descriptor.size && !(error is RegistryClientError) {
                // All of it is here: its digest says whether it is right, not how its connection ended, nor that another blob's
                // failure stopped this one just then.
                return
            } catch {
                // An attempt that got on is not one in vain: long downloads over bad lines come to an end.
                failures = session.size > before ? 1 : failures + 1
                guard count < Self.greatestCount, !connection.transport.cancellation.isCancelled,
                    let pause = retries.pause(after: error, failures: failures)
                else { throw retries.telling(error) }
                say(.retrying(reason: "\(error)", pause: pause))
                guard connection.transport.cancellation.sleep(pause) else { throw error }
            }
        }
    }

    /// One request for the rest.
    private func fetch(into session: IngestSession, _ connection: RegistryConnection) throws {
        let offset = session.size
        var request = HTTPRequest(.get, connection.address(repository, "blobs/\(descriptor.digest)"))
        if offset > 0 { request.set("Range", "bytes=\(offset)-") }
        // Of an answer that begins at the beginning nevertheless, what is there already is passed over.
        var passed: Int64 = 0
        _ = try connection.sendOnce(
            request, for: [AccessScope(repository, .pull)], operation, statuses: offset > 0 ? [200, 206] : [200]
        ) { head in
            passed = head.status == 206 ? 0 : offset
            try check(head, offset, connection)
            return { bytes in
                let skipped = Int(min(passed, Int64(bytes.count)))
                passed = (passed -| Int64(skipped))
                let rest = UnsafeRawBufferPointer(rebasing: bytes[skipped...])
                guard session.size +| Int64(rest.count) <= descriptor.size else {
                    throw violation(.wrongContent, "more than its \(descriptor.size) bytes were received", connection)
                }
                try session.write(rest)
                say(.moving(session.size))
            }
        }
        guard session.size == descriptor.size else {
            throw TransportError(
                .connection, request.address, "the answer ended after \(session.size) of \(descriptor.size) bytes")
        }
    }

    /// Whether the answer is the part that was asked for, as far as its head tells.
    private func check(_ head: HTTPHead, _ offset: Int64, _ connection: RegistryConnection) throws {
        if head.status == 206 {
            guard let range = head.value("content-range").flatMap({ ContentRange($0) }), range.first == offset,
                range.total == nil || range.total == descriptor.size
            else {
                throw violation(
                    .protocolViolation, "bytes from \(offset) were requested, but it sent others of \(descriptor.size)",
                    connection)
            }
        } else if let length = head.contentLength, length != descriptor.size {
            throw violation(
                .wrongContent, "it is \(length) bytes long there, not \(descriptor.size)", connection)
        }
    }

    private func violation(
        _ kind: RegistryClientError.Kind, _ problem: String, _ connection: RegistryConnection
    ) -> RegistryClientError {
        RegistryClientError(
            kind, operation, at: connection.address(repository, "blobs/\(descriptor.digest)"), problem: problem)
    }
}
