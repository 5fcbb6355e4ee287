import Content
import Linux
import OCI

/// Puts one blob into a repository: not at all where it is there, without its bytes where the registry has them in another
/// repository, else in pieces that a broken connection costs one of at most.
struct BlobUpload {
    let descriptor: Descriptor
    let repository: String
    /// Repositories of the same registry that may have it.
    let neighbours: [String]
    let operation: String
    let report: TransferProgress.Receiver

    private var scopes: [AccessScope] { [AccessScope(repository, .pull, .push)] }

    func run(_ connection: RegistryConnection, from store: ContentStore) throws {
        let place: HTTPAddress
        switch try begin(connection) {
        case .done: return
        case .begun(let address): place = address
        }
        let file = try store.open(descriptor.digest)
        guard let size = store.size(of: descriptor.digest), size == descriptor.size else {
            throw RegistryClientError(
                .unusable, operation,
                problem: "blob \(descriptor.digest) is damaged here: its size is not \(descriptor.size)",
                advice: "`isolab image check` says more")
        }
        try UploadSession(self, connection, place).send(file.number)
        say(.finished)
    }

    enum Beginning {
        case done
        case begun(HTTPAddress)
    }

    /// Looks whether the bytes need to travel at all, and opens an upload if so.
    func begin(_ connection: RegistryConnection) throws -> Beginning {
        if try connection.hasBlob(descriptor, repository, scopes: scopes, operation) {
            say(.present)
            return .done
        }
        for neighbour in neighbours.prefix(4) where neighbour != repository {
            let request = HTTPRequest(
                .post,
                connection.address(repository, "blobs/uploads/").adding(query: "mount", descriptor.digest.description)
                    .adding(query: "from", neighbour))
            // A registry may take the wish for an upload like any other, or refuse what the user may not read there.
            let response = try? connection.send(
                request, for: scopes + [AccessScope(neighbour, .pull)], operation, statuses: [201, 202])
            guard let response else { continue }
            if response.status == 201 {
                say(.mounted(from: neighbour))
                return .done
            }
            return .begun(try connection.uploadPlace(response, operation))
        }
        return .begun(try open(connection))
    }

    func open(_ connection: RegistryConnection) throws -> HTTPAddress {
        let request = HTTPRequest(.post, connection.address(repository, "blobs/uploads/"))
        let response = try connection.send(request, for: scopes, operation, statuses: [202])
        return try connection.uploadPlace(response, operation)
    }

    func say(_ state: TransferProgress.State) { report(TransferProgress(descriptor, state)) }
}

/// One upload under way: where its next bytes go, and how many the registry has.
struct UploadSession {
    private let blob: BlobUpload
    private let connection: RegistryConnection
    private var place: HTTPAddress
    private var offset: Int64 = 0

    init(_ blob: BlobUpload, _ connection: RegistryConnection, _ place: HTTPAddress) {
        self.blob = blob
        self.connection = connection
        self.place = place
    }

    private var size: Int64 { blob.descriptor.size }
    private var scopes: [AccessScope] { [AccessScope(blob.repository, .pull, .push)] }

    /// Sends a file's content, as often as it takes.
    consuming func send(_ file: Int32) throws {
        let retries = connection.session.options.retries
        var failures = 0
        while true {
            do {
                while offset < size, size > connection.session.options.pieceSize { try sendPiece(file) }
                return try finish(file)
            } catch {
                failures += 1
                guard !connection.transport.cancellation.isCancelled,
                    let pause = retries.pause(after: error, failures: failures)
                        ?? (failures < retries.attempts ? Self.pauseOfUpload(after: error) : nil)
                else { throw retries.telling(error) }
                blob.say(.retrying(reason: "\(error)", pause: pause))
                guard connection.transport.cancellation.sleep(pause) else { throw error }
                if try connection.hasBlob(blob.descriptor, blob.repository, scopes: scopes, blob.operation) { return }
                let before = offset
                try synchronize()
                if offset > before { failures = 0 }
            }
        }
    }

    /// How long to wait where the registry knows nothing of the upload any more, since some give it up where a piece broke off,
    /// or has not yet noticed that the request before has ended; nil: an error of another kind. In seconds.
    private static func pauseOfUpload(after error: any Error) -> Double? {
        switch (error as? RegistryClientError)?.status {
        case 404: 0
        case 409: 0.2
        default: nil
        }
    }

    /// Asks the registry how far it has got; begins anew where it has forgotten.
    private mutating func synchronize() throws {
        let request = HTTPRequest(.get, place)
        do {
            let response = try connection.send(request, for: scopes, blob.operation, statuses: [204])
            // `0-0` is said of nothing and of one byte: nothing is what can be gone on from.
            let known = response.head.value("range").flatMap { ContentRange.uploaded($0) } ?? 0
            offset = size > connection.session.options.pieceSize && known > 1 && known <= size ? known : 0
            if response.head.value("location") != nil {
                place = try connection.uploadPlace(response, blob.operation)
            }
            // What was taken of a content sent whole cannot be taken back.
            if offset == 0, known > 1 { place = try blob.open(connection) }
        } catch let error as RegistryClientError where !error.isTransient {
            offset = 0
            place = try blob.open(connection)
        }
    }

    private mutating func sendPiece(_ file: Int32) throws {
        let count = min(connection.session.options.pieceSize, size -| offset)
        var request = HTTPRequest(.patch, place)
        request.set("Content-Type", "application/octet-stream")
        request.set("Content-Range", "\(offset)-\(offset +| count -| 1)")
        request.body = .file(descriptor: file, offset: offset, count: count)
        request.onSent = { [blob, offset] in blob.say(.moving(offset +| $0)) }
        let response = try connection.sendOnce(request, for: scopes, blob.operation, statuses: [202, 204, 416])
        guard response.status != 416 else {
            // The registry has another number of bytes than was thought.
            throw TransportError(.connection, place, "the registry has another part of the content (status 416)")
        }
        place = try connection.uploadPlace(response, blob.operation)
        let known = response.head.value("range").flatMap { ContentRange.uploaded($0) } ?? (offset +| count)
        guard known > offset, known <= size else {
            throw RegistryClientError(
                .protocolViolation, blob.operation, at: place,
                problem: "after \(count) bytes from \(offset) the registry says it has \(known)")
        }
        offset = known
    }

    /// The last request: with the whole content where no piece went before.
    private func finish(_ file: Int32) throws {
        var request = HTTPRequest(.put, place.adding(query: "digest", blob.descriptor.digest.description))
        if offset < size {
            request.set("Content-Type", "application/octet-stream")
            request.body = .file(descriptor: file, offset: offset, count: size -| offset)
            request.onSent = { [blob, offset] in blob.say(.moving(offset +| $0)) }
        }
        _ = try connection.sendOnce(request, for: scopes, blob.operation, statuses: [201, 204])
    }
}

extension RegistryConnection {
    /// Whether a repository has a blob, of the size it must have.
    func hasBlob(
        _ descriptor: Descriptor, _ repository: String, scopes: [AccessScope], _ operation: String
    ) throws -> Bool {
        let request = HTTPRequest(.head, address(repository, "blobs/\(descriptor.digest)"))
        let response = try send(request, for: scopes, operation, statuses: [200, 404])
        guard response.status == 200 else { return false }
        return response.head.contentLength.map { $0 == descriptor.size } ?? true
    }

    /// Where the next bytes of an upload go: to another host perhaps, but never from https to http.
    func uploadPlace(_ response: HTTPResponse, _ operation: String) throws -> HTTPAddress {
        guard let location = response.head.value("location"), let place = response.address.resolving(location) else {
            throw RegistryClientError(
                .protocolViolation, operation, at: response.address, problem: "an upload without a usable Location")
        }
        if place.scheme == .http {
            guard response.address.scheme == .http, place.host == response.address.host || session.mayBePlain(place)
            else {
                throw RegistryClientError(
                    .hostile, operation, at: response.address,
                    problem: "the upload is to go to plain \(place.withoutQuery)",
                    advice: "a registry behind a proxy with TLS must be told its own address (X-Forwarded-Proto)")
            }
        }
        return place
    }
}
