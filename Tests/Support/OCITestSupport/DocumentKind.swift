internal import OCI

/// The documents that come from outside, each with what must hold of it whatever its bytes are: it is read or refused with
/// an error that is one readable line, what was read is written and read again without a change, and checking it ends.
public enum DocumentKind: String, CaseIterable, Sendable {
    /// `config.json` of a bundle.
    case configuration
    /// What `exec --process` is given.
    case process
    /// What `update --resources` is given.
    case resources
    /// What `state` prints.
    case state
    /// A seccomp profile by itself.
    case seccomp
    /// A manifest, as registries and layouts give it.
    case manifest
    /// An index of manifests; also `index.json` of a layout.
    case index
    /// An image's configuration.
    case image
    /// `oci-layout`.
    case layout
    /// `manifest.json` of an archive of `docker save`.
    case archive
    /// A registry's errors.
    case errors
    /// A registry's list of tags.
    case tags
    /// The name of an image: not JSON, but a line of text.
    case reference
    /// What a server asks for with status 401: a line of text.
    case challenge
    /// An address or a reference to one, as registries give them: a line of text.
    case address
    /// JSON of any shape.
    case tree

    /// What does not hold of these bytes; nil: all does.
    public func violation(by bytes: some Sequence<UInt8>) -> String? {
        switch self {
        case .configuration:
            violation(of: Documented<RuntimeConfiguration>.self, bytes) { value throws(ConfigurationError) in
                try value.validate().map(\.description)
            }
        case .process:
            violation(of: Documented<RuntimeConfiguration.Process>.self, bytes) { value throws(ConfigurationError) in
                try value.validate().map(\.description)
            }
        case .resources:
            violation(of: Documented<RuntimeConfiguration.Resources>.self, bytes) { value throws(ConfigurationError) in
                try value.validate().map(\.description)
            }
        case .state:
            violation(of: Documented<ContainerState>.self, bytes) { value throws(ConfigurationError) in
                _ = try ContainerIdentifier(value.id)
                return []
            }
        case .seccomp:
            violation(of: Documented<SeccompProfile>.self, bytes) { value throws(ConfigurationError) in
                try value.validate().map(\.description)
            }
        case .manifest:
            violation(of: Documented<ImageManifest>.self, bytes) { value throws(ConfigurationError) in
                _ = try ImageManifest(json: value.json())
                return []
            }
        case .index:
            violation(of: Documented<ImageIndex>.self, bytes) { value throws(ConfigurationError) in
                if let chosen = value.manifest(for: .host), !value.manifests.contains(chosen) {
                    throw ConfigurationError(document: "", path: "", problem: "")
                }
                return []
            }
        case .image:
            violation(of: Documented<ImageConfiguration>.self, bytes) { value throws(ConfigurationError) in
                guard value.rootfs.chainIDs.count == value.rootfs.diffIDs.count else {
                    throw ConfigurationError(document: "", path: "", problem: "")
                }
                return []
            }
        case .layout:
            violation(of: Documented<ImageLayout>.self, bytes) { value throws(ConfigurationError) in
                _ = try ImageLayout(json: value.json())
                return []
            }
        case .archive:
            violation(of: Documented<[DockerArchive.Image]>.self, bytes) { value throws(ConfigurationError) in
                _ = DockerArchive(value).repositoriesJSON()
                return []
            }
        case .errors:
            violation(of: Documented<RegistryErrors>.self, bytes) { value throws(ConfigurationError) in
                value.errors.map(\.description)
            }
        case .tags: violation(of: Documented<TagList>.self, bytes) { _ in [] }
        case .reference: violation(byReference: String(decoding: Array(bytes), as: UTF8.self))
        case .challenge: violation(byChallenge: String(decoding: Array(bytes), as: UTF8.self))
        case .address: violation(byAddress: String(decoding: Array(bytes), as: UTF8.self))
        case .tree: violation(of: Documented<JSONTree>.self, bytes) { _ in [] }
        }
    }

    /// A name that is read is read the same from each of its written forms.
    private func violation(byReference text: String) -> String? {
        do throws(ConfigurationError) {
            let name = try ImageReference(text)
            for form in [name.description, name.familiar] {
                guard let again = try? ImageReference(form) else { return "\(form) is refused" }
                guard again == name else { return "\(form) reads as something else" }
            }
            return try ImageReference(name.withDefaultTag.description) == name.withDefaultTag
                ? nil : "its default tag makes it another"
        } catch {
            return violation(by: error)
        }
    }

    /// Challenges that are written as the grammar has it read as the same.
    private func violation(byChallenge text: String) -> String? {
        let challenges = AuthenticationChallenge.read([text])
        let written = challenges.map { challenge in
            let parameters = challenge.parameters.sorted { $0.key < $1.key }.map { name, value in
                // By scalar: a quotation mark before a combining character is no quotation mark to `String`.
                let escaped = value.unicodeScalars.map { "\\\"".unicodeScalars.contains($0) ? "\\\($0)" : "\($0)" }
                    .joined()
                return "\(name)=\"\(escaped)\""
            }
            return challenge.scheme + (parameters.isEmpty ? "" : " " + parameters.joined(separator: ", "))
        }
        let again = AuthenticationChallenge.read(written)
        return again == challenges ? nil : "what was written reads as something else"
    }

    /// An address that is taken is written so that it reads as the same, and leads nowhere but where it says.
    private func violation(byAddress text: String) -> String? {
        let base = HTTPAddress(scheme: .https, host: "registry.example", target: "/v2/a/blobs/uploads/?state=1")
        for address in [HTTPAddress(text), base.resolving(text)].compactMap({ $0 }) {
            let written = address.description
            guard HTTPAddress(written) == address, base.resolving(written) == address else {
                return "\(written) reads as something else"
            }
            guard written.utf8.allSatisfy({ (0x21...0x7E).contains($0) }), address.target.hasPrefix("/"),
                !address.host.isEmpty, !address.host.contains(where: { "@/?#\\%".contains($0) }), address.port > 0
            else { return "\(written) is not an address" }
        }
        return nil
    }

    private func violation<Value>(
        of type: Documented<Value>.Type, _ bytes: some Sequence<UInt8>,
        validate: (Value) throws(ConfigurationError) -> [String]
    ) -> String? {
        let value: Value
        do throws(ConfigurationError) {
            value = try type.read(bytes)
        } catch {
            return violation(by: error)
        }
        let written = JSONDocument.write(value, indented: false)
        do throws(ConfigurationError) {
            let again = try type.read(written)
            guard again == value else { return "what was written reads as something else" }
            guard JSONDocument.write(again, indented: false) == written else { return "equal values, unequal bytes" }
            guard try type.read(JSONDocument.write(value, indented: true)) == value else {
                return "what was written with indents reads as something else"
            }
        } catch {
            return "what was written is refused: \(error)"
        }
        do throws(ConfigurationError) {
            let warnings = try validate(value)
            return warnings.allSatisfy(isReadable) ? nil : "a warning that is not one readable line"
        } catch {
            return violation(by: error)
        }
    }

    private func violation(by error: ConfigurationError) -> String? {
        error.problem.isEmpty || !isReadable(error.description) ? "an error that is not one readable line" : nil
    }

    private func isReadable(_ message: String) -> Bool {
        message.utf8.count < 4096 && !message.utf8.contains { $0 < 0x20 || $0 == 0x7F }
    }
}

/// A value that is a document.
private enum Documented<Value: JSONValue & Equatable> {
    static func read(_ bytes: some Sequence<UInt8>) throws(ConfigurationError) -> Value {
        try JSONDocument.read(Value.self, from: bytes, document: "document")
    }
}
