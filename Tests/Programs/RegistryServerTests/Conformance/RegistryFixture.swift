import OCI
import Testing

/// What a registry was found not to do.
struct Unmet: Error, CustomStringConvertible {
    let description: String
}

/// One requirement of the distribution specification, which a registry meets or not.
struct Requirement: Sendable, CustomTestStringConvertible, CustomStringConvertible {
    /// The endpoint's number in the specification's table.
    let endpoint: String
    let text: String
    /// What a registry may leave out, or do otherwise, by the specification.
    let isOptional: Bool
    let check: @Sendable (RegistryFixture) throws -> Void

    init(
        _ endpoint: String, _ text: String, optional: Bool = false,
        _ check: @escaping @Sendable (RegistryFixture) throws -> Void
    ) {
        self.endpoint = endpoint
        self.text = text
        isOptional = optional
        self.check = check
    }

    var description: String { "\(endpoint)\(isOptional ? " (optional)" : ""): \(text)" }
    var testDescription: String { description }

    static let all = base + pull + push + chunks + manifests + discovery + referrers + management + sha512
}

/// A registry to be examined, and the tools for it. Its repositories are the fixture's own.
struct RegistryFixture {
    let http: HTTP
    /// Where things are pushed.
    let name: String
    /// Another repository.
    let other: String

    init(_ http: HTTP) {
        self.http = http
        let serial = UInt32.random(in: 0...UInt32.max)
        name = "conformance/one-\(serial)"
        other = "conformance/two-\(serial)"
    }

    // MARK: Expectations

    func expect(_ condition: Bool, _ problem: @autoclosure () -> String) throws {
        if !condition { throw Unmet(description: problem()) }
    }

    @discardableResult
    func expect(_ answer: Answer, _ statuses: Int..., code: String? = nil) throws -> Answer {
        guard statuses.contains(answer.status) else {
            throw Unmet(
                description:
                    "answered \(answer.status), not \(statuses.map(String.init).joined(separator: " or ")): \(answer.text.prefix(300))"
            )
        }
        if let code {
            let errors = try? RegistryErrors(json: answer.body)
            guard errors?.errors.contains(where: { $0.code == code }) == true else {
                throw Unmet(description: "the errors do not hold \(code): \(answer.text.prefix(300))")
            }
        }
        return answer
    }

    func expect(_ answer: Answer, _ header: String, _ value: String) throws {
        guard answer[header] == value else {
            throw Unmet(description: "\(header) is \(answer[header] ?? "absent"), not \(value)")
        }
    }

    // MARK: Requests

    func send(
        _ method: String, _ target: String, _ headers: [(String, String)] = [], body: [UInt8]? = nil
    ) throws -> Answer { try http.send(method, target, headers, body: body) }

    /// Where an answer leads: its path and query.
    func location(_ answer: Answer) throws -> String {
        guard let location = answer["location"], !location.isEmpty else {
            throw Unmet(description: "there is no Location")
        }
        guard let scheme = location.range("://") else { return location }
        let rest = location[scheme...]
        return rest.firstIndex(of: "/").map { String(rest[$0...]) } ?? "/"
    }

    func with(_ query: String, _ target: String) -> String {
        target.contains("?") ? "\(target)&\(query)" : "\(target)?\(query)"
    }

    // MARK: Content

    static func random(_ count: Int) -> [UInt8] {
        var generator = SystemRandomNumberGenerator()
        return (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
    }

    func beginUpload(_ repository: String? = nil) throws -> String {
        try location(expect(send("POST", "/v2/\(repository ?? name)/blobs/uploads/"), 202))
    }

    /// Pushes a blob by POST and PUT.
    @discardableResult
    func push(_ bytes: [UInt8], to repository: String? = nil, _ algorithm: Digest.Algorithm = .sha256) throws -> Digest
    {
        let digest = Digest(algorithm, of: bytes)
        let upload = try beginUpload(repository)
        try expect(
            send("PUT", with("digest=\(digest)", upload), [("Content-Type", "application/octet-stream")], body: bytes),
            201)
        return digest
    }

    func descriptor(_ type: MediaType, _ bytes: [UInt8], _ algorithm: Digest.Algorithm = .sha256) -> Descriptor {
        Descriptor(mediaType: type, digest: Digest(algorithm, of: bytes), size: Int64(bytes.count))
    }

    /// An image whose blobs are pushed; the manifest is the caller's to push.
    func image(
        _ algorithm: Digest.Algorithm = .sha256, artifactType: MediaType? = nil,
        configType: MediaType = .imageConfiguration,
        subject: Descriptor? = nil, annotations: [String: String] = [:], repository: String? = nil
    ) throws -> [UInt8] {
        let config = configType == .empty ? Array("{}".utf8) : Array(#"{"architecture":"amd64","os":"linux"}"#.utf8)
        let layer = Self.random(300)
        try push(config, to: repository, algorithm)
        try push(layer, to: repository, algorithm)
        return ImageManifest(
            artifactType: artifactType, config: descriptor(configType, config, algorithm),
            layers: [descriptor(.layerGzip, layer, algorithm)], subject: subject, annotations: annotations
        ).json()
    }

    func put(
        _ manifest: [UInt8], _ reference: String, type: MediaType = .imageManifest, repository: String? = nil
    ) throws -> Answer {
        try send(
            "PUT", "/v2/\(repository ?? name)/manifests/\(reference)", [("Content-Type", type.rawValue)], body: manifest
        )
    }

    func get(_ target: String, accepting type: MediaType) throws -> Answer {
        try send("GET", target, [("Accept", type.rawValue)])
    }

    func tags(_ query: String = "") throws -> (tags: [String], answer: Answer) {
        let answer = try expect(send("GET", "/v2/\(name)/tags/list\(query)"), 200)
        let list = try TagList(json: answer.body)
        try expect(list.name == name, "the list is of \(list.name)")
        return (list.tags, answer)
    }

    func referrers(of subject: Digest, _ query: String = "") throws -> (list: [Descriptor], answer: Answer) {
        let answer = try expect(send("GET", "/v2/\(name)/referrers/\(subject)\(query)"), 200)
        try expect(answer, "Content-Type", MediaType.imageIndex.rawValue)
        let index = try ImageIndex(json: answer.body)
        try expect(index.mediaType == .imageIndex, "mediaType is \(index.mediaType)")
        return (index.manifests, answer)
    }
}

extension String {
    /// Where a text's first occurrence ends.
    fileprivate func range(_ text: String) -> String.Index? {
        var index = startIndex
        while index < endIndex {
            if self[index...].hasPrefix(text) { return self.index(index, offsetBy: text.count) }
            index = self.index(after: index)
        }
        return nil
    }
}
