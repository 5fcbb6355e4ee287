import Linux
import OCI

extension Exchange {
    /// Names on a page at most: of a catalog, which have 255 bytes at most, and of a list of tags, which have 128.
    private static let (catalogPage, tagPage) = (1000, 10_000)

    /// The repositories that hold a manifest.
    func catalog() throws(RegistryFault) -> RegistryResponse {
        let page = try Page(target, greatest: Self.catalogPage)
        var found = page.names()
        try calling { () throws(SystemError) in
            try store.visitRepositories { repository throws(SystemError) in
                if try repository.hasManifests { found.add(repository.name) }
            }
        }
        let (names, link) = page.end(found, at: "/v2/_catalog")
        return RegistryResponse(200, json: RepositoryList(repositories: names).json(), link.map { [$0] } ?? [])
    }

    /// The tags of a repository (end-8a, end-8b).
    func tags(of repository: Repository) throws(RegistryFault) -> RegistryResponse {
        let page = try Page(target, greatest: Self.tagPage)
        var found = page.names(by: TagOrder.key)
        try calling { () throws(SystemError) in try repository.visitTags { found.add($0) } }
        let (tags, link) = page.end(found, at: "/v2/\(repository.name)/tags/list")
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
