/// The errors a registry answers with (OCI distribution specification 1.1, "Error Codes").
public struct RegistryErrors: Equatable, Sendable {
    public var errors: [RegistryError]

    public init(_ errors: [RegistryError]) { self.errors = errors }

    public init(json: some Sequence<UInt8>) throws(ConfigurationError) {
        self = try JSONDocument.read(RegistryErrors.self, from: json, document: "registry's answer")
    }

    public func json() -> [UInt8] { JSONDocument.write(self, indented: false) }
}

/// One error: a word for programs and a sentence for people.
public struct RegistryError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The words of the specification, and two that registries use besides.
    public enum Code: String, CaseIterable, Sendable {
        case blobUnknown = "BLOB_UNKNOWN"
        case blobUploadInvalid = "BLOB_UPLOAD_INVALID"
        case blobUploadUnknown = "BLOB_UPLOAD_UNKNOWN"
        case digestInvalid = "DIGEST_INVALID"
        case manifestBlobUnknown = "MANIFEST_BLOB_UNKNOWN"
        case manifestInvalid = "MANIFEST_INVALID"
        case manifestUnknown = "MANIFEST_UNKNOWN"
        case nameInvalid = "NAME_INVALID"
        case nameUnknown = "NAME_UNKNOWN"
        case sizeInvalid = "SIZE_INVALID"
        case unauthorized = "UNAUTHORIZED"
        case denied = "DENIED"
        case unsupported = "UNSUPPORTED"
        case tooManyRequests = "TOOMANYREQUESTS"
        /// What the specification has no word for; not of it.
        case unknown = "UNKNOWN"
    }

    /// As it was given: registries have words of their own.
    public var code: String
    public var message: String?
    /// Free text here; registries put any JSON there, which is skipped when read.
    public var detail: String?

    public init(_ code: Code, _ message: String, detail: String? = nil) {
        self.code = code.rawValue
        self.message = message
        self.detail = detail
    }

    private init() { code = "" }

    public var description: String {
        var text = shown(code)
        if let message { text += ": \(shown(message))" }
        if let detail { text += " (\(shown(detail)))" }
        return text
    }
}

extension RegistryErrors: JSONObject {
    public static var blank: RegistryErrors { RegistryErrors([]) }

    public mutating func visit(_ members: inout some JSONMembers) throws(DocumentFault) {
        try members.required("errors", &errors)
    }
}

extension RegistryError: JSONObject {
    public static var blank: RegistryError { RegistryError() }

    public mutating func visit(_ members: inout some JSONMembers) throws(DocumentFault) {
        try members.required("code", &code)
        try members.text("message", &message)
        var free = detail.map(FreeText.init)
        try members.optional("detail", &free)
        detail = free?.text
    }

    /// A string; of anything else only that it was there.
    private struct FreeText: JSONValue {
        let text: String?

        init(_ text: String) { self.text = text }

        init(reading reader: inout JSONReader) throws(DocumentFault) {
            var ahead = reader
            do throws(DocumentFault) {
                text = try ahead.readString()
                reader = ahead
            } catch {
                try reader.skipValue()
                text = nil
            }
        }

        func write(to writer: inout JSONWriter) { writer.write(text ?? "") }
    }
}

/// The tags of a repository (`GET /v2/<name>/tags/list`).
public struct TagList: Equatable, Sendable {
    public var name: String
    public var tags: [String]

    public init(name: String, tags: [String]) {
        self.name = name
        self.tags = tags
    }

    public init(json: some Sequence<UInt8>) throws(ConfigurationError) {
        self = try JSONDocument.read(TagList.self, from: json, document: "tag list")
    }

    public func json() -> [UInt8] { JSONDocument.write(self, indented: false) }
}

extension TagList: JSONObject {
    public static var blank: TagList { TagList(name: "", tags: []) }

    public mutating func visit(_ members: inout some JSONMembers) throws(DocumentFault) {
        try members.required("name", &name)
        var list: [String]? = tags
        try members.optional("tags", &list)
        tags = list ?? []
    }
}

/// The repositories of a registry (`GET /v2/_catalog`): not of the specification, but every registry has it.
public struct RepositoryList: Equatable, Sendable {
    public var repositories: [String]

    public init(repositories: [String]) { self.repositories = repositories }

    public init(json: some Sequence<UInt8>) throws(ConfigurationError) {
        self = try JSONDocument.read(RepositoryList.self, from: json, document: "repository list")
    }

    public func json() -> [UInt8] { JSONDocument.write(self, indented: false) }
}

extension RepositoryList: JSONObject {
    public static var blank: RepositoryList { RepositoryList(repositories: []) }

    public mutating func visit(_ members: inout some JSONMembers) throws(DocumentFault) {
        var list: [String]? = repositories
        try members.optional("repositories", &list)
        repositories = list ?? []
    }
}
