import Content
import Linux
package import OCI

/// A request that is refused or failed: status and errors in the specification's form ("Error Codes").
package struct RegistryFault: Error, Sendable {
    package var status: Int
    package var error: RegistryError
    package var headers: [(name: String, value: String)]
    /// What the operator is to know and the client is not: paths, error numbers.
    package var cause: String?

    init(
        _ status: Int, _ code: RegistryError.Code, _ message: String, detail: String? = nil,
        headers: [(name: String, value: String)] = [], cause: String? = nil
    ) {
        self.status = status
        error = RegistryError(code, message, detail: detail)
        self.headers = headers
        self.cause = cause
    }

    package var response: RegistryResponse {
        var response = RegistryResponse(status, json: RegistryErrors([error]).json(), headers)
        response.cause = cause
        return response
    }

    // MARK: The request

    static var noEndpoint: RegistryFault { RegistryFault(404, .unsupported, "there is no such endpoint") }
    static var malformedTarget: RegistryFault {
        RegistryFault(400, .unsupported, "the request's path or query is malformed")
    }

    static var targetTooLong: RegistryFault {
        RegistryFault(
            414, .unsupported, "the request's path and query are longer than \(RequestTarget.greatestLength) bytes")
    }

    /// The chunks in which it came are not chunks.
    package static func malformedBody(_ cause: String) -> RegistryFault {
        RegistryFault(400, .unsupported, "the request's body is not framed as HTTP/1.1 requires", cause: cause)
    }

    static func methodNotAllowed(_ allowed: [String]) -> RegistryFault {
        RegistryFault(
            405, .unsupported, "the endpoint does not have this method",
            headers: [("Allow", allowed.joined(separator: ", "))])
    }

    /// The operation exists and is switched off here.
    static func disabled(_ what: String, allowed: [String]) -> RegistryFault {
        RegistryFault(
            405, .unsupported, what, headers: [("Allow", allowed.joined(separator: ", "))])
    }

    static func nameInvalid(_ name: String) -> RegistryFault {
        RegistryFault(400, .nameInvalid, "the repository's name is not well-formed", detail: name)
    }

    static func nameUnknown(_ name: String) -> RegistryFault {
        RegistryFault(404, .nameUnknown, "the repository is not known to this registry", detail: name)
    }

    static func digestInvalid(_ text: String) -> RegistryFault {
        RegistryFault(
            400, .digestInvalid, "not a digest: sha256: and 64, or sha512: and 128 lower-case hexadecimal digits",
            detail: text)
    }

    static func pageInvalid(_ text: String) -> RegistryFault {
        RegistryFault(400, .unsupported, "n is not a number", detail: text)
    }

    // MARK: Blobs and uploads

    static func blobUnknown(_ digest: Digest) -> RegistryFault {
        RegistryFault(404, .blobUnknown, "the repository does not have this blob", detail: digest.description)
    }

    static func rangeUnsatisfiable(size: Int64) -> RegistryFault {
        RegistryFault(
            416, .sizeInvalid, "the requested range is outside of the blob",
            headers: [("Content-Range", "bytes */\(size)")])
    }

    static var uploadUnknown: RegistryFault {
        RegistryFault(404, .blobUploadUnknown, "there is no such upload: it ended, expired or never existed")
    }

    static var uploadBusy: RegistryFault {
        RegistryFault(409, .blobUploadInvalid, "another request is writing to this upload")
    }

    /// Others took its place while it was being written to.
    static var uploadGivenUp: RegistryFault {
        .tooMany(
            "the upload was dropped: you have too many unfinished uploads (start it again, and finish or delete those you do not need)"
        )
    }

    static func uploadInvalid(_ problem: String) -> RegistryFault { RegistryFault(400, .blobUploadInvalid, problem) }

    static func sizeInvalid(_ problem: String) -> RegistryFault { RegistryFault(400, .sizeInvalid, problem) }

    static func tooLarge(_ what: String, limit: Int64) -> RegistryFault {
        RegistryFault(413, .sizeInvalid, "\(what): at most \(limit) bytes are accepted")
    }

    static func tooMany(_ what: String) -> RegistryFault {
        RegistryFault(429, .tooManyRequests, what, headers: [("Retry-After", "1")])
    }

    // MARK: Memory

    /// A body that must be whole before anything can be done about it came more slowly than memory is kept for it.
    package static var bodyTooSlow: RegistryFault {
        RegistryFault(
            408, .manifestInvalid, "the manifest was sent too slowly; send it again")
    }

    /// Others came faster.
    package static var noMemory: RegistryFault {
        RegistryFault(
            503, .tooManyRequests, "too many manifests and responses are in progress; try again later",
            headers: [("Retry-After", "1")])
    }

    // MARK: Manifests

    static func manifestUnknown(_ reference: String) -> RegistryFault {
        RegistryFault(404, .manifestUnknown, "the repository does not have this manifest", detail: reference)
    }

    static func manifestInvalid(_ problem: String) -> RegistryFault { RegistryFault(400, .manifestInvalid, problem) }

    static func manifestBlobUnknown(_ digest: Digest) -> RegistryFault {
        RegistryFault(
            404, .manifestBlobUnknown, "the manifest names content that the repository does not have",
            detail: digest.description)
    }

    // MARK: Access

    static func unauthorized(realm: String) -> RegistryFault {
        RegistryFault(
            401, .unauthorized, "a name and a password are needed",
            headers: [("WWW-Authenticate", "Basic realm=\"\(realm)\", charset=\"UTF-8\"")])
    }

    /// Nobody can be let in, for a reason of the registry's own.
    static func accessUnavailable(_ cause: String) -> RegistryFault {
        RegistryFault(
            503, .unknown, "passwords cannot be checked now", headers: [("Retry-After", "10")], cause: cause)
    }

    static var tooManyLogins: RegistryFault {
        .tooMany("too many of your requests are waiting for a password check; try again later")
    }

    /// A web page asks, in the browser of somebody who may reach the registry and did not mean to.
    static func foreign(_ problem: String) -> RegistryFault { RegistryFault(403, .denied, problem) }

    // MARK: Failures

    /// What failed below: the client learns the kind, the operator the rest.
    init(_ error: ContentError) {
        switch error {
        case .digestMismatch(let expected, let found):
            self = RegistryFault(
                400, .digestInvalid, "the content does not have the digest given", detail: "\(found), not \(expected)")
        case .sizeMismatch(let expected, let found, _):
            self = .sizeInvalid("\(found) bytes were received, not \(expected)")
        case .full:
            self = RegistryFault(507, .unknown, "the registry's disk is full", cause: error.description)
        case .busy: self = .uploadBusy
        case .unknownIngest, .malformedIngest, .ended: self = .uploadUnknown
        case .missing, .tooLarge, .system:
            self = RegistryFault(500, .unknown, "the registry failed", cause: error.description)
        }
    }

    init(_ error: SystemError) { self.init(ContentError(error)) }
}

/// Runs something on the store, and says its errors as the protocol's.
func answering<Result: ~Copyable>(_ body: () throws(ContentError) -> Result) throws(RegistryFault) -> Result {
    do throws(ContentError) { return try body() } catch { throw RegistryFault(error) }
}

/// The same for the kernel's.
func calling<Result: ~Copyable>(_ body: () throws(SystemError) -> Result) throws(RegistryFault) -> Result {
    do throws(SystemError) { return try body() } catch { throw RegistryFault(error) }
}
