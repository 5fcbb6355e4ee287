import Glibc
package import Linux
package import OCI

/// What keeps content from being stored or read.
package enum ContentError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The store has no such blob.
    case missing(Digest, store: String)
    /// The bytes are not those the name stands for.
    case digestMismatch(expected: Digest, found: Digest)
    /// There are more or fewer bytes than was said, in bytes.
    case sizeMismatch(expected: Int64, found: Int64, of: String)
    /// Longer than what is read into memory or stored, in bytes.
    case tooLarge(String, size: Int64, limit: Int64)
    /// The file system is full, or the user's quota is used up.
    case full(SystemError)
    /// Another process or task is writing the ingest of that name.
    case busy(ingest: String, store: String)
    /// No ingest of that name is under way.
    case unknownIngest(String, store: String)
    /// Not a name for an ingest.
    case malformedIngest(String)
    /// The session was committed or abandoned.
    case ended(ingest: String)
    case system(SystemError)

    /// Sorts a failed call: a disk that is full is a case of its own.
    package init(_ error: SystemError) {
        if error.errno == ENOSPC || error.errno == EDQUOT {
            self = .full(
                SystemError(
                    error.operation, error.object, errno: error.errno, stage: error.stage,
                    advice: "free some space (`isolab image prune` removes what nothing uses), then try again"))
        } else {
            self = .system(error)
        }
    }

    package var description: String {
        switch self {
        case .missing(let digest, let store): "there is no blob \(digest) in \(store)"
        case .digestMismatch(let expected, let found):
            "the content is not what its name says: expected \(expected), found \(found)"
        case .sizeMismatch(let expected, let found, let name):
            "\(name) is \(found) bytes long, not \(expected)"
        case .tooLarge(let name, let size, let limit):
            "\(name) is \(size) bytes long; at most \(limit) are accepted"
        case .full(let error): error.description
        case .busy(let ingest, let store): "ingest \(ingest) in \(store) is being written by another process"
        case .unknownIngest(let ingest, let store): "there is no ingest \(ingest) in \(store)"
        case .malformedIngest(let name):
            "'\(String(decoding: name.utf8.prefix(128), as: UTF8.self))' is not a name for an ingest: 1 to 128 letters, digits, '-', '_' and '.', not '.' first"
        case .ended(let ingest): "ingest \(ingest) was committed or abandoned already"
        case .system(let error): error.description
        }
    }
}

/// Runs something that fails with the kernel's errors, and says them as the store's.
func storing<Result: ~Copyable>(_ body: () throws(SystemError) -> Result) throws(ContentError) -> Result {
    do throws(SystemError) { return try body() } catch { throw ContentError(error) }
}
