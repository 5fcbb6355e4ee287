import Glibc

/// What went wrong with a run's files; `description` is one line for the user.
package enum RunRecordError: Error, Equatable, Sendable, CustomStringConvertible {
    /// A system call failed on a file of the run.
    case system(operation: String, path: String, errno: Int32, kept: String)
    /// A file of a run's is there already; nothing is written over.
    case exists(path: String)
    /// The directory holds no run.
    case notARun(path: String, missing: String)
    /// A file that no run has, or that is not to be replaced by one of a run.
    case unreadable(path: String, problem: String)
    /// A file does not say what it should. Lines count from 1.
    case malformed(path: String, line: Int, problem: String)
    /// A file is not the one that was measured. Lines count from 1.
    case altered(path: String, line: Int, problem: String)
    /// The manifest was written by a later isolab.
    case newerFormat(path: String, format: Int, supported: Int)

    package var description: String {
        switch self {
        case .system(let operation, let path, let errno, let kept):
            let why = Self.message(errno)
            return "\(operation) \(path): \(why)\(kept.isEmpty ? "" : "; \(kept)")"
        case .exists(let path):
            return "\(path) already exists, and is not overwritten; choose another directory with --output"
        case .notARun(let path, let missing):
            return "\(path) is not a run: it has no \(missing)"
        case .unreadable(let path, let problem):
            return "\(path): \(problem)"
        case .malformed(let path, let line, let problem):
            return "\(path):\(line): \(problem)"
        case .altered(let path, let line, let problem):
            return "\(path):\(line): \(problem): the record was changed after the run, and nothing is derived from it"
        case .newerFormat(let path, let format, let supported):
            return "\(path): written in format \(format); this isolab reads up to \(supported): use a newer isolab"
        }
    }
}

extension RunRecordError {
    /// The C library's words for an errno.
    private static func message(_ number: Int32) -> String {
        guard let text = strerror(number) else { return "error \(number)" }
        return String(cString: text)
    }
}
