import Dispatch
import Glibc
import Linux
package import OCI
import Synchronization

extension RegistryClient {
    /// Takes an image from one registry to another, or to another repository of the same, without storing it here: blobs are
    /// mounted where the registry is the same, else they stream through.
    ///
    /// - Parameter withReferrers: signatures and whatever else refers to what is copied goes along.
    package func copy(
        _ source: ImageReference, to destination: ImageReference, _ selection: Selection = .platform(.host),
        withReferrers: Bool = false, report: @escaping TransferProgress.Receiver = { _ in }
    ) throws -> Pushed {
        let operation = "copy \(source.withDefaultTag.familiar) to \(destination.withDefaultTag.familiar)"
        return try RegistryClientError.telling(operation) {
            let from = try session(for: source.registry)
            let to = try session(for: destination.registry)
            let connection = RegistryConnection(from)
            let named = try connection.manifest(source.repository, ManifestName(source), operation)
            var plan = TransferPlan(repository: source.repository, operation: operation, selection: selection)
            let get = { (child: Descriptor) in
                try connection.manifest(source.repository, .digest(child.digest), operation)
            }
            let root = try plan.add(named, get)
            if withReferrers {
                try plan.addReferrers({ try connection.referrers(of: $0, source.repository, operation) }, get)
            }
            for blob in plan.blobs { report(TransferProgress(blob, .waiting)) }
            let tally = TransferTally(report)
            try TransferPool.run(
                plan.blobs, width: options.parallelTransfers, cancellation: options.cancellation,
                open: { cancellation in
                    (
                        RegistryConnection(from, cancellation: cancellation),
                        RegistryConnection(to, cancellation: cancellation)
                    )
                },
                body: { connections, blob in
                    let upload = BlobUpload(
                        descriptor: blob, repository: destination.repository,
                        neighbours: from.base.hasSameOrigin(as: to.base) ? [source.repository] : [],
                        operation: operation, report: tally.receive)
                    try BlobStream(upload: upload, source: source.repository).run(connections.0, connections.1)
                })
            try put(plan.manifests, root, to: destination, to, tally, operation)
            let (sent, size) = tally.total
            return Pushed(root: root.descriptor, referrers: plan.referrers.count, sent: sent, sentSize: size)
        }
    }
}

/// One blob from registry to registry, through a pipe: memory holds as much of it as a pipe does.
struct BlobStream {
    let upload: BlobUpload
    /// The repository it comes from.
    let source: String

    func run(_ from: RegistryConnection, _ to: RegistryConnection) throws {
        let retries = to.session.options.retries
        try retries.run(
            for: to.transport.cancellation, onRetry: { upload.say(.retrying(reason: "\($0)", pause: $1)) },
            {
                guard case .begun(let place) = try upload.begin(to) else { return }
                try send(from, to, place)
                upload.say(.finished)
            })
    }

    private func send(_ from: RegistryConnection, _ to: RegistryConnection, _ place: HTTPAddress) throws {
        let pipe = try Pipe("a blob being copied")
        let input = pipe.takeReadEnd()
        let output = pipe.takeWriteEnd()
        let failure = Mutex<(any Error)?>(nil)
        let group = DispatchGroup()
        let receiver = BlobReceiver(
            connection: from, descriptor: upload.descriptor, repository: source, operation: upload.operation)
        DispatchQueue(label: "isolab.transfer.stream").async(group: group) {
            do { try receiver.write(to: output) } catch { failure.withLock { $0 = error } }
            close(output)
        }
        var request = HTTPRequest(.put, place.adding(query: "digest", upload.descriptor.digest.description))
        request.set("Content-Type", "application/octet-stream")
        request.body = .stream(descriptor: input, count: upload.descriptor.size)
        request.onSent = { upload.say(.moving($0)) }
        let result = Result {
            try to.sendOnce(
                request, for: [AccessScope(upload.repository, .pull, .push)], upload.operation, statuses: [201, 204])
        }
        // Whoever still writes is told by EPIPE that nobody reads.
        close(input)
        group.wait()
        switch (result, failure.withLock { $0 }) {
        case (.success, _): return
        case (.failure(let error), nil): throw error
        // The side that broke first is the one to tell of: a full pipe breaks because of the upload, a short one ends it.
        case (.failure(let error), let down?): throw (down as? SystemError)?.errno == EPIPE ? error : down
        }
    }
}

/// The downloading half. It belongs to the thread that runs it: while it does, the thread that made it waits for it and leaves its
/// connection alone.
private struct BlobReceiver: @unchecked Sendable {
    let connection: RegistryConnection
    let descriptor: Descriptor
    let repository: String
    let operation: String

    /// Writes the blob; its last bytes only once the whole is known to be what its digest says.
    func write(to output: Int32) throws {
        var hasher = ContentHasher(descriptor.digest.algorithm)
        var size: Int64 = 0
        let request = HTTPRequest(.get, connection.address(repository, "blobs/\(descriptor.digest)"))
        func violation(_ problem: String) -> RegistryClientError {
            RegistryClientError(.wrongContent, operation, at: request.address, problem: problem)
        }
        _ = try connection.sendOnce(request, for: [AccessScope(repository, .pull)], operation) { head in
            if let length = head.contentLength, length != descriptor.size {
                throw violation("it is \(length) bytes long there, not \(descriptor.size)")
            }
            return { bytes in
                size +|= Int64(bytes.count)
                guard size <= descriptor.size else {
                    throw violation("more than its \(descriptor.size) bytes were received")
                }
                hasher.update(bytes)
                if size == descriptor.size {
                    let whole = hasher
                    let found = whole.finish()
                    guard found == descriptor.digest else { throw violation("the content received is \(found)") }
                }
                try writeAll(bytes, to: output)
            }
        }
        guard size == descriptor.size else {
            throw TransportError(
                .connection, request.address, "the answer ended after \(size) of \(descriptor.size) bytes")
        }
    }

    private func writeAll(_ bytes: UnsafeRawBufferPointer, to output: Int32) throws(SystemError) {
        var rest = bytes
        while !rest.isEmpty {
            let count = try retryingOnInterrupt("write", "a pipe") { Glibc.write(output, rest.baseAddress, rest.count) }
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        }
    }
}
