import Containerfiles
import Glibc

/// One file to be copied: what it is, whence and whither.
struct CopyEntry {
    enum Kind: Equatable {
        case directory
        case file
        case link(target: [UInt8])
        case device(number: UInt64, isBlock: Bool)
        case pipe
    }

    /// Below the destination; empty: the destination itself.
    var path: [UInt8]
    /// Below the root of the tree it is copied from.
    var source: [UInt8]
    var kind: Kind
    /// Permissions alone.
    var mode: UInt32
    var uid: UInt32
    var gid: UInt32
    /// Bytes; of files.
    var size: Int64
    /// Seconds and nanoseconds.
    var modified: (seconds: Int, nanoseconds: Int)
    /// What tells files apart that have several names, and how many it has.
    var identity: Identity
    var names: UInt64

    /// A file of this host: numbers are given anew in each file system.
    struct Identity: Hashable {
        var device: UInt64
        var inode: UInt64
    }

    /// Nil for a socket, which nobody can copy.
    init?(_ status: stat, path: [UInt8], source: [UInt8], target: [UInt8]) {
        switch status.st_mode & S_IFMT {
        case S_IFDIR: kind = .directory
        case S_IFREG: kind = .file
        case S_IFLNK: kind = .link(target: target)
        case S_IFCHR: kind = .device(number: UInt64(status.st_rdev), isBlock: false)
        case S_IFBLK: kind = .device(number: UInt64(status.st_rdev), isBlock: true)
        case S_IFIFO: kind = .pipe
        default: return nil
        }
        self.path = path
        self.source = source
        mode = status.st_mode & 0o7777
        (uid, gid) = (status.st_uid, status.st_gid)
        size = Int64(status.st_size)
        modified = (Int(status.st_mtim.tv_sec), Int(status.st_mtim.tv_nsec))
        identity = Identity(device: UInt64(status.st_dev), inode: UInt64(status.st_ino))
        names = UInt64(status.st_nlink)
    }
}

/// One source of a COPY, found.
struct CopyItem {
    /// The last part of its path, as it was written.
    var name: [UInt8]
    /// The whole of it, below the root.
    var path: [UInt8]
    /// Itself, with an empty path, and what is below it, each directory before what is in it.
    var entries: [CopyEntry]

    var isDirectory: Bool { entries.first?.kind == .directory }

    /// Without what rules leave out; nil where that is all of a file.
    func without(_ rules: IgnoreRules) -> CopyItem? {
        guard isDirectory else { return rules.ignores(String(decoding: name, as: UTF8.self)) ? nil : self }
        var result = self
        result.entries = entries.filter { $0.path.isEmpty || !rules.ignores(String(decoding: $0.path, as: UTF8.self)) }
        return result
    }
}
