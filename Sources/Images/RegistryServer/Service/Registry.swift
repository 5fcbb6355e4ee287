import Linux
import OCI

/// A registry: the distribution protocol on a store, without HTTP's wire. Its calls block on the disk.
package final class Registry: Sendable {
    package let store: RegistryStore
    package let settings: RegistrySettings
    let uploads: Uploads

    package init(_ store: RegistryStore, _ settings: RegistrySettings = RegistrySettings()) {
        self.store = store
        self.settings = settings
        uploads = Uploads(
            store, greatestCount: settings.greatestUploadCount, greatestCountOfOne: settings.greatestUploadCountOfOne,
            lifetime: settings.emptyUploadLifetime)
    }

    /// How many requests are writing uploads now.
    package var activeUploads: Int { uploads.active }

    /// The answer to whoever must log in first.
    package var unauthorized: RegistryResponse { RegistryFault.unauthorized(realm: settings.realm).response }

    /// The answer while nobody can be let in.
    package func accessUnavailable(cause: String) -> RegistryResponse {
        RegistryFault.accessUnavailable(cause).response
    }

    /// The answer to whoever has too many passwords checked at once.
    package var tooManyLogins: RegistryResponse { RegistryFault.tooManyLogins.response }

    /// Says what is to be done about a request whose head has come.
    package func begin(_ request: RegistryRequest) -> RegistryAction {
        do throws(RegistryFault) {
            try settings.hosts.check(request)
            guard request.target.utf8.count <= RequestTarget.greatestLength else { throw .targetTooLong }
            guard let target = RequestTarget(request.target) else { throw .malformedTarget }
            let endpoint = try RegistryPath(target.path)
            let action = try respond(Exchange(request, target, endpoint, self))
            if request.method == "HEAD", case .answer(let response) = action { return .answer(response.headerOnly) }
            return action
        } catch {
            return .answer(request.method == "HEAD" ? error.response.headerOnly : error.response)
        }
    }

    /// Removes uploads that nobody wrote to for long, and what a killed process left aside.
    ///
    /// - Returns: the names of the uploads removed.
    @discardableResult
    package func expire() throws -> [String] {
        let removed = try uploads.expire(
            olderThan: settings.uploadExpiry, emptyOlderThan: settings.emptyUploadLifetime)
        try store.cleanAside(olderThan: 3600)
        return removed
    }

    private func respond(_ exchange: Exchange) throws(RegistryFault) -> RegistryAction {
        let endpoint = exchange.endpoint
        let method = exchange.request.method
        guard endpoint.methods.contains(method) else { throw .methodNotAllowed(endpoint.methods) }
        switch method {
        case "GET", "HEAD": break
        default:
            let reading = endpoint.methods.filter { $0 == "GET" || $0 == "HEAD" }
            if settings.isReadOnly { throw .disabled("this registry is read-only", allowed: reading) }
        }
        switch endpoint {
        case .base: return .answer(RegistryResponse(200, json: Array("{}".utf8)))
        case .catalog: return .answer(try exchange.catalog())
        case .tags(let name): return .answer(try exchange.tags(of: try exchange.known(name)))
        case .referrers(let name, let subject):
            return .answer(try exchange.referrers(of: subject, in: store.repository(name)))
        case .blob(let name, let digest):
            let repository = store.repository(name)
            return .answer(
                method == "DELETE" ? try exchange.deleteBlob(digest, repository) : try exchange.blob(digest, repository)
            )
        case .manifest(let name, let reference):
            let repository = store.repository(name)
            switch method {
            case "PUT": return try exchange.putManifest(reference, repository)
            case "DELETE": return .answer(try exchange.deleteManifest(reference, repository))
            default: return .answer(try exchange.manifest(reference, repository))
            }
        case .uploads(let name): return try exchange.beginUpload(store.repository(name))
        case .upload(let name, let id):
            let repository = store.repository(name)
            switch method {
            case "PATCH": return try exchange.patchUpload(id, repository)
            case "PUT": return try exchange.putUpload(id, repository)
            case "DELETE": return .answer(try exchange.deleteUpload(id, repository))
            default: return .answer(try exchange.upload(id, repository))
            }
        }
    }
}

/// One request and what it is about; the endpoints are in its extensions, a file each.
struct Exchange {
    let request: RegistryRequest
    let target: RequestTarget
    let endpoint: RegistryPath
    let registry: Registry

    init(_ request: RegistryRequest, _ target: RequestTarget, _ endpoint: RegistryPath, _ registry: Registry) {
        self.request = request
        self.target = target
        self.endpoint = endpoint
        self.registry = registry
    }

    var store: RegistryStore { registry.store }
    var settings: RegistrySettings { registry.settings }

    func known(_ name: String) throws(RegistryFault) -> Repository {
        let repository = store.repository(name)
        guard repository.exists else { throw .nameUnknown(name) }
        return repository
    }

    func requireDeletion(_ reading: [String]) throws(RegistryFault) {
        guard settings.allowsDeletion else {
            throw .disabled("deletion is disabled in this registry", allowed: reading)
        }
    }

    /// Whether the client has this content already: `If-None-Match` (RFC 9110, 13.1.2) with a digest for its tag.
    func isCurrent(_ digest: Digest) -> Bool {
        guard let header = request.headers["if-none-match"] else { return false }
        return header.split(separator: ",").contains {
            let tag = $0.drop { $0 == " " }.prefix { $0 != " " }
            return tag == "*" || tag == "\"\(digest)\"" || tag == "W/\"\(digest)\""
        }
    }
}
