public import Glibc

/// A file that the user named as an output, on its way to him.
///
/// A regular file is replaced whole or not at all: written beside it, then renamed. A device, a FIFO or an open descriptor
/// (`/dev/stdout`) is written through and stays what it is: as root, a rename would take `/dev/null` from the whole host. A link
/// stays a link, and what it leads to is what is meant.
public final class NamedOutput {
    /// As the user named it.
    public let path: String
    /// Where to write; borrowed.
    public var descriptor: Int32 { file.number }

    private enum Place {
        /// Written beside, to be renamed.
        case beside(aside: String, target: String)
        /// Written where it is.
        case through
    }

    private let file: OwnedDescriptor
    private let place: Place
    /// Whether the file beside has its name: of a command that is killed nothing stays, where the file system can do that.
    private var isNamed = true
    private var isDone = false

    /// - Parameter mode: of a file that is not there yet, before the umask; one that is there keeps its own.
    /// - Throws: for a directory, a socket, a disk, and a link that leads nowhere.
    public init(_ path: String, mode: mode_t = 0o644) throws(SystemError) {
        self.path = path
        if let number = Procfs.ownDescriptor(at: path) {
            file = OwnedDescriptor(
                owning: try retryingOnInterrupt("dup", path) { fcntl(number, F_DUPFD_CLOEXEC, 0) })
            place = .through
            return
        }
        // Where it leads, as the kernel follows it: its own rules for links of others (proc_sys_fs(5)) hold here, too.
        let number = open(path, OwnedDescriptor.pathOnly | O_CLOEXEC)
        guard number >= 0 else {
            guard errno == ENOENT else { throw SystemError("write", path) }
            var status = stat()
            guard lstat(path, &status) != 0 else {
                throw SystemError("write", path, errno: ENOENT, advice: "it is a dangling link")
            }
            let made = try Self.beside(path, mode: mode, like: nil, shown: path)
            file = OwnedDescriptor(owning: made.number)
            place = made.place
            isNamed = made.isNamed
            return
        }
        let found = OwnedDescriptor(owning: number)
        var status = stat()
        guard fstat(found.number, &status) == 0 else { throw SystemError("fstat", path) }
        switch status.st_mode & S_IFMT {
        case S_IFREG:
            let made = try Self.replacement(of: found.number, status, path)
            file = OwnedDescriptor(owning: made.number)
            place = made.place
            isNamed = made.isNamed
        case S_IFCHR, S_IFIFO:
            file = try OwnedDescriptor(opening: path, O_WRONLY | O_NOCTTY)
            place = .through
        case S_IFDIR: throw SystemError("write", path, errno: EISDIR)
        case S_IFBLK:
            throw SystemError("write", path, errno: EINVAL, advice: "it is a disk, whose contents would be destroyed")
        default:
            throw SystemError("write", path, errno: EINVAL, advice: "it cannot be written to")
        }
    }

    deinit {
        if isNamed, !isDone, case .beside(let aside, _) = place { unlink(aside) }
    }

    /// All is written: it may be seen now. Without this call a file stays as it was.
    public func commit() throws(SystemError) {
        guard !isDone, case .beside(let aside, let target) = place else { return }
        if !isNamed {
            try NamelessFile.name(file.number, aside)
            isNamed = true
        }
        if rename(aside, target) != 0 { throw SystemError("rename", path) }
        isDone = true
    }

    /// Writes a whole content.
    public static func write(_ content: [UInt8], to path: String, mode: mode_t = 0o644) throws(SystemError) {
        let output = try NamedOutput(path, mode: mode)
        try SystemFile.write(content, to: output.descriptor, path)
        try output.commit()
    }

    // MARK: - Places

    private typealias Made = (number: Int32, place: Place, isNamed: Bool)

    private static func replacement(of found: Int32, _ status: stat, _ path: String) throws(SystemError) -> Made {
        let target = try Procfs.readLink("/proc/self/fd/\(found)")
        var named = stat()
        // One that has no name any more, or whose name is another's by now, is only written through.
        guard lstat(target, &named) == 0, named.st_ino == status.st_ino, named.st_dev == status.st_dev else {
            return (try OwnedDescriptor(opening: path, O_WRONLY | O_TRUNC | O_NOCTTY).release(), .through, true)
        }
        do throws(SystemError) {
            return try beside(target, mode: status.st_mode & 0o7777, like: status, shown: path)
        } catch {
            // Nothing can be made beside it, though it may be written itself.
            guard [EACCES, EPERM, EROFS].contains(error.errno) else { throw error }
            let number = open(path, O_WRONLY | O_TRUNC | O_NOCTTY | O_CLOEXEC)
            guard number >= 0 else { throw error }
            return (number, .through, true)
        }
    }

    /// - Parameter status: of the file that is replaced, whose owner and mode stay.
    private static func beside(
        _ target: String, mode: mode_t, like status: stat?, shown: String
    ) throws(SystemError) -> Made {
        let slash = target.lastIndex(of: "/")
        let directory = slash.map { target[...$0] } ?? ""
        let aside = "\(directory).\(RandomName.make().prefix(16)).new"
        let first = status == nil ? mode : 0o600
        let nameless = NamelessFile.open(in: directory.isEmpty ? "." : String(directory), mode: first)?.release()
        let number = nameless ?? open(aside, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, first)
        guard number >= 0 else { throw SystemError("write", shown) }
        if let status {
            // As far as the caller may: what is written is what was asked for.
            _ = fchown(number, status.st_uid, status.st_gid)
            _ = fchmod(number, mode)
        }
        return (number, .beside(aside: aside, target: target), nameless == nil)
    }
}
