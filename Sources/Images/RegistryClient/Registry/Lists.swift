package import OCI

extension RegistryClient {
    /// Pages that one list is read on at most.
    private static let greatestPages = 10_000
    /// Names of one list at most: a registry that makes them up would fill memory.
    private static let greatestNames = 1_000_000
    private static let pageSize = 1000

    /// The tags of a repository, in the registry's order.
    ///
    /// - Parameters:
    ///   - limit: how many at most.
    ///   - last: those after this one.
    package func tags(
        of reference: ImageReference, limit: Int = .max, after last: String? = nil
    ) throws -> [String] {
        let operation = "list the tags of \(reference.familiarName)"
        return try RegistryClientError.telling(operation) {
            let session = try session(for: reference.registry)
            let connection = RegistryConnection(session)
            return try pages(
                connection.address(reference.repository, "tags/list"), connection,
                [AccessScope(reference.repository, .pull)], operation, limit, last
            ) { bytes throws(ConfigurationError) in
                // A tag that is none could only mislead whoever reads the list.
                try TagList(json: bytes).tags.filter { ImageReference.isTag($0) }
            }
        }
    }

    /// The repositories of a registry (`/v2/_catalog`), as far as it tells.
    package func repositories(
        of registry: String, limit: Int = .max, after last: String? = nil
    ) throws -> [String] {
        let operation = "list the repositories of \(registry)"
        return try RegistryClientError.telling(operation) {
            let session = try session(for: registry)
            let connection = RegistryConnection(session)
            do {
                return try pages(
                    session.base.with(target: "/v2/_catalog"), connection, [], operation, limit, last
                ) { bytes throws(ConfigurationError) in
                    try RepositoryList(json: bytes).repositories.filter { ImageReference.isRepository($0) }
                }
            } catch let error as RegistryClientError where error.kind == .notFound || error.kind == .rejected {
                throw RegistryClientError(
                    .unusable, operation, at: session.base, problem: "the registry does not list them",
                    advice: "`isolab list REPOSITORY` lists the tags of a repository you know")
            }
        }
    }

    /// Reads a list page by page; the next page is one of the same server, and none that was read.
    private func pages(
        _ first: HTTPAddress, _ connection: RegistryConnection, _ scopes: [AccessScope], _ operation: String,
        _ limit: Int, _ last: String?, _ read: ([UInt8]) throws(ConfigurationError) -> [String]
    ) throws -> [String] {
        var names: [String] = []
        var visited: Set<HTTPAddress> = []
        var address = first.adding(query: "n", "\(min(limit, Self.pageSize))")
        if let last { address = address.adding(query: "last", last) }
        while names.count < limit {
            guard visited.insert(address).inserted, visited.count <= Self.greatestPages,
                names.count <= Self.greatestNames
            else {
                throw RegistryClientError(
                    .hostile, operation, at: address, problem: "the list has no end")
            }
            var request = HTTPRequest(.get, address)
            request.greatestDuration = options.limits.document
            let response = try connection.send(request, for: scopes, operation)
            do throws(ConfigurationError) { names += try read(response.body) } catch {
                throw RegistryClientError(.protocolViolation, operation, at: address, problem: "\(error)")
            }
            guard let link = LinkHeader.next(response.head.values("link")) else { break }
            guard let next = response.address.resolving(link), next.hasSameOrigin(as: connection.session.base) else {
                throw RegistryClientError(
                    .hostile, operation, at: address, problem: "the next page is on another server: '\(shown(link))'"
                )
            }
            address = next
        }
        return Array(names.prefix(limit))
    }
}
