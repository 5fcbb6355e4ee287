import Linux
import OCI

extension Exchange {
    /// Names of a catalog's page where the client does not say how many.
    private static let catalogPage = 1000

    /// The repositories that hold a manifest.
    func catalog() throws(RegistryFault) -> RegistryResponse {
        var page = try Page(target)
        page.limit = min(page.limit ?? Self.catalogPage, Self.catalogPage)
        let all = try calling { () throws(SystemError) in
            try store.repositories { repository throws(SystemError) in try !repository.manifests().isEmpty }
        }
        let (names, isLast) = page.of(all.map(\.name), precedes: <)
        let link = page.link("/v2/_catalog", after: names, isLast: isLast)
        return RegistryResponse(200, json: RepositoryList(repositories: names).json(), link.map { [$0] } ?? [])
    }

    /// The tags of a repository (end-8a, end-8b).
    func tags(of repository: Repository) throws(RegistryFault) -> RegistryResponse {
        let page = try Page(target)
        let all = try calling { () throws(SystemError) in try repository.tags() }.sorted(by: TagOrder.precedes)
        let (tags, isLast) = page.of(all, precedes: TagOrder.precedes)
        let link = page.link("/v2/\(repository.name)/tags/list", after: tags, isLast: isLast)
        return RegistryResponse(
            200, json: TagList(name: repository.name, tags: tags).json(), link.map { [$0] } ?? [])
    }

    /// Who names a manifest as subject (end-12a, end-12b): an image index, empty where nobody does, and where the manifest or the
    /// repository is not known.
    func referrers(of subject: Digest, in repository: Repository) throws(RegistryFault) -> RegistryResponse {
        var list = ReferrerPage()
        var headers: [(name: String, value: String)] = []
        var query = ""
        if let type = target.value("artifactType"), !type.isEmpty {
            guard MediaType.isWellFormed(type) else {
                throw RegistryFault(400, .unsupported, "artifactType is not a media type", detail: type)
            }
            list.type = type
            headers.append(("OCI-Filters-Applied", "artifactType"))
            query = "&artifactType=\(type.split(separator: "+").joined(separator: "%2B"))"
        }
        if let last = target.value("last") {
            guard let digest = Digest(last) else { throw .digestInvalid(last) }
            list.last = digest
        }
        try calling { () throws(SystemError) in try list.fill(repository, subject) }
        if list.hasMore, let last = list.last {
            headers.append(
                ("Link", "</v2/\(repository.name)/referrers/\(subject)?last=\(last)\(query)>; rel=\"next\""))
        }
        return RegistryResponse(
            200, json: ImageIndex(manifests: list.entries).json(), type: MediaType.imageIndex.rawValue, headers)
    }
}
