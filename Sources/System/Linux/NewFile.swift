package import Glibc

/// A file on its way to its place: written under a name that nobody has or guesses, so that nothing planted is followed or cut off,
/// then put in place whole. Where it does not come that far, nothing of it stays.
package struct NewFile: ~Copyable {
    /// Its name until then.
    package let path: String
    private let file: OwnedDescriptor
    /// Whether it has the name above.
    private var isNamed: Bool
    private var isPlaced = false

    /// Begins one that is to take a path's place.
    ///
    /// - Parameters:
    ///   - aside: a directory of the same file system to write it in; nil: beside its place.
    ///   - outlivesNobody: nothing of it stays where its writer is killed, as far as the file system knows files without a name;
    ///     else it may stay under a name of its own, for some microseconds less of work.
    package init(
        for target: String, aside: String? = nil, mode: mode_t = 0o600, outlivesNobody: Bool = false
    ) throws(SystemError) {
        path = aside.map { "\($0)/\(RandomName.make())" } ?? "\(target).\(RandomName.make()).new"
        if outlivesNobody, let nameless = NamelessFile.open(in: aside ?? Self.directory(of: target), mode: mode) {
            file = nameless
            isNamed = false
            return
        }
        isNamed = true
        file = try OwnedDescriptor(opening: path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode: mode)
    }

    /// The open file, borrowed.
    package var number: Int32 { file.number }

    package func write(_ content: [UInt8]) throws(SystemError) {
        try SystemFile.write(content, to: file.number, path)
    }

    /// Puts it in place of what is there: of a regular file, or of nothing. A device, a pipe, or a link that somebody means to be
    /// written through is no file of ours, and stays.
    ///
    /// - Parameter durability: what of it outlives a power cut from then on.
    package mutating func place(_ target: String, durability: Durability = .none) throws(SystemError) {
        var status = stat()
        if lstat(target, &status) == 0, status.st_mode & S_IFMT != S_IFREG {
            throw SystemError(
                "replace", target, errno: 0, advice: "it is not a regular file; name another, or remove it")
        }
        if durability != .none { try retryingOnInterrupt("fsync", path) { fsync(file.number) } }
        if !isNamed {
            try NamelessFile.name(file.number, path)
            isNamed = true
        }
        if rename(path, target) != 0 { throw SystemError("rename", target) }
        isPlaced = true
        if durability == .entry { try SystemFile.synchronize(Self.directory(of: target)) }
    }

    private static func directory(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    deinit { if isNamed && !isPlaced { unlink(path) } }
}

/// What outlives a power cut.
public enum Durability: Sendable {
    /// The file or the one before, or an empty one.
    case none
    /// The file or the one before, whole.
    case content
    /// The file.
    case entry
}
