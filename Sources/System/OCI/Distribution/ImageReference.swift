/// The name of an image: `[registry/]repository[:tag][@digest]`.
///
/// The grammar is that of the distribution project's `reference` package and of the distribution specification 1.1 ("Pulling
/// manifests"); names without a registry are Docker's: `busybox` is `docker.io/library/busybox`.
public struct ImageReference: Hashable, Sendable, CustomStringConvertible {
    public static let defaultRegistry = "docker.io"
    public static let defaultTag = "latest"
    /// Of registry and repository together.
    public static let greatestLength = 255

    /// Host and, where given, port: `localhost:5000`.
    public let registry: String
    /// The path below the registry: `library/busybox`.
    public let repository: String
    public let tag: String?
    public let digest: Digest?

    /// Reads a name as users write it; without a tag and a digest, the tag stays nil: see `withDefaultTag`.
    public init(_ text: String) throws(ConfigurationError) {
        func fail(_ problem: String) -> ConfigurationError {
            ConfigurationError(document: "image name \(quoting: text)", path: "", problem: problem)
        }
        guard !text.isEmpty else { throw fail("is empty") }
        guard text.utf8.count <= 4096 else { throw fail("is too long") }
        var rest = Substring(text)
        var digest: Digest?
        if let at = rest.firstIndex(of: "@") {
            let name = rest[rest.index(after: at)...]
            digest = Digest(name)
            guard digest != nil else {
                throw fail("what follows '@' is not sha256: and 64, or sha512: and 128 lower-case hexadecimal digits")
            }
            rest = rest[..<at]
        }
        var tag: String?
        if let colon = rest.lastIndex(of: ":"), !rest[colon...].contains("/") {
            // `localhost:5000` alone is a repository `localhost` with the tag `5000`, as everywhere.
            let name = String(rest[rest.index(after: colon)...])
            guard Self.isTag(name) else {
                throw fail("\(quoting: name) is not a tag: a letter, digit or '_', then at most 127 more, '.' and '-'")
            }
            tag = name
            rest = rest[..<colon]
        }
        var registry = Self.defaultRegistry
        var repository = String(rest)
        if let slash = rest.firstIndex(of: "/") {
            let first = rest[..<slash]
            if Self.readsAsRegistry(first) {
                registry = String(first)
                repository = String(rest[rest.index(after: slash)...])
            }
        }
        if registry == "index.docker.io" { registry = Self.defaultRegistry }
        if registry == Self.defaultRegistry, !repository.contains("/") { repository = "library/" + repository }
        guard Self.isRegistry(registry) else { throw fail("\(quoting: registry) is not a host with an optional port") }
        guard Self.isRepository(repository) else {
            throw fail(
                repository.contains(where: \.isUppercase)
                    ? "repositories are in lower case"
                    : "\(quoting: repository) is not a repository: lower-case words with '.', '_', '__' or '-' within, and '/' between"
            )
        }
        guard registry.utf8.count + 1 + repository.utf8.count <= Self.greatestLength else {
            throw fail("is longer than \(Self.greatestLength) bytes")
        }
        self.init(registry: registry, repository: repository, tag: tag, digest: digest)
    }

    private init(registry: String, repository: String, tag: String?, digest: Digest?) {
        self.registry = registry
        self.repository = repository
        self.tag = tag
        self.digest = digest
    }

    /// The same image with `latest` for its tag, where it has neither tag nor digest.
    public var withDefaultTag: ImageReference {
        tag == nil && digest == nil ? with(tag: Self.defaultTag) : self
    }

    /// The same repository under another tag, or none.
    ///
    /// - Precondition: the tag is well-formed (`isTag`).
    public func with(tag: String?, digest: Digest? = nil) -> ImageReference {
        precondition(tag.map(Self.isTag) != false)
        return ImageReference(registry: registry, repository: repository, tag: tag, digest: digest)
    }

    /// Registry and repository.
    public var name: String { "\(registry)/\(repository)" }

    /// The whole name, which reads as the same reference.
    public var description: String { name + suffix }

    /// The name as users write it: without Docker's registry and its `library/`.
    public var familiar: String { familiarName + suffix }

    public var familiarName: String {
        guard registry == Self.defaultRegistry else { return name }
        let library = "library/"
        if repository.hasPrefix(library), !repository.dropFirst(library.count).contains("/") {
            return String(repository.dropFirst(library.count))
        }
        // `docker.io/example.org/app` without its registry would be the name of another image.
        return Self.readsAsRegistry(repository.prefix { $0 != "/" }) ? name : repository
    }

    private var suffix: String {
        (tag.map { ":\($0)" } ?? "") + (digest.map { "@\($0)" } ?? "")
    }

    // MARK: Grammar

    /// Whether what stands before the first slash is a registry rather than the beginning of a repository.
    private static func readsAsRegistry(_ first: Substring) -> Bool {
        first == "localhost" || first.contains { $0 == "." || $0 == ":" || $0.isUppercase }
    }

    /// `[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}`
    public static func isTag(_ text: some StringProtocol) -> Bool {
        guard let first = text.utf8.first, text.utf8.count <= 128 else { return false }
        return (isAlphanumeric(first) || first == UInt8(ascii: "_"))
            && text.utf8.allSatisfy { isAlphanumeric($0) || "._-".utf8.contains($0) }
    }

    /// `[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*` between slashes, at most 255 bytes.
    public static func isRepository(_ text: some StringProtocol) -> Bool {
        guard text.utf8.count <= greatestLength else { return false }
        return text.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).allSatisfy {
            isComponent($0)
        }
    }

    private static func isComponent(_ bytes: some Collection<UInt8>) -> Bool {
        var separators: [UInt8] = []
        var isFirst = true
        for byte in bytes {
            if (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte) {
                guard separators.isEmpty || (!isFirst && isSeparator(separators)) else { return false }
                separators = []
                isFirst = false
            } else if byte == UInt8(ascii: ".") || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-") {
                separators.append(byte)
            } else {
                return false
            }
        }
        return !isFirst && separators.isEmpty
    }

    private static func isSeparator(_ bytes: [UInt8]) -> Bool {
        switch bytes[0] {
        case UInt8(ascii: "."): bytes.count == 1
        case UInt8(ascii: "_"): bytes.count <= 2 && bytes.allSatisfy { $0 == UInt8(ascii: "_") }
        default: bytes.allSatisfy { $0 == UInt8(ascii: "-") }
        }
    }

    /// A host name, an IPv4 address or an IPv6 one in brackets, with an optional port.
    public static func isRegistry(_ text: some StringProtocol) -> Bool {
        var host = Substring(text)
        if let colon = host.lastIndex(of: ":"), !host[colon...].contains("]") {
            let port = host[host.index(after: colon)...]
            guard !port.isEmpty, port.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = UInt32(port),
                (1...65535).contains(number)
            else { return false }
            host = host[..<colon]
        }
        if host.hasPrefix("[") {
            guard host.hasSuffix("]") else { return false }
            let address = host.dropFirst().dropLast()
            return address.contains(":")
                && address.utf8.allSatisfy { (isAlphanumeric($0) && ($0 | 0x20) <= 0x66) || ":.".utf8.contains($0) }
        }
        let labels = host.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        return host.utf8.count <= 253
            && labels.allSatisfy { label in
                (1...63).contains(label.count) && label.allSatisfy { isAlphanumeric($0) || $0 == UInt8(ascii: "-") }
                    && label.first != UInt8(ascii: "-") && label.last != UInt8(ascii: "-")
            }
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
    }
}
