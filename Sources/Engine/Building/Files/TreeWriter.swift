import Containerfiles
import Glibc
import Linux

/// Writes files into an image's root, every path resolved below it: links of the image lead inside the image alone.
final class TreeWriter {
    private let root: FileTree
    /// Of everything that is made; nil: the files' own, and root's for directories on the way.
    private let owner: (uid: UInt32, gid: UInt32)?
    /// Of everything that is copied; nil: the files' own.
    private let mode: FileModeChange?
    /// Directories whose times are set when all is in them.
    private var directories: [(path: [UInt8], entry: CopyEntry)] = []
    /// Where files with several names were written first.
    private var written: [CopyEntry.Identity: [UInt8]] = [:]

    /// - Parameter root: the image's root, mounted.
    init(_ root: FileTree, owner: (uid: UInt32, gid: UInt32)?, mode: FileModeChange?) {
        self.root = root
        self.owner = owner
        self.mode = mode
    }

    /// Makes a directory and those above it.
    ///
    /// - Returns: whether it had not been there.
    @discardableResult
    func makeDirectory(_ path: [UInt8]) throws -> Bool {
        try withDirectory(path) { _ in }.wasMade
    }

    /// Whether a path leads to a directory.
    func isDirectory(_ path: [UInt8]) throws -> Bool {
        try root.open(path, OwnedDescriptor.pathOnly | O_DIRECTORY) != nil
    }

    /// Writes a file of given bytes.
    func write(_ content: [UInt8], to path: [UInt8]) throws {
        try make(path, permissions: 0o644) { file in try SystemFile.write(content, to: file, shown(path)) }
    }

    /// Writes a file of another's content.
    func write(contentOf source: Int32, to path: [UInt8], permissions: UInt32) throws {
        try make(path, permissions: permissions) { file in try FileContent.copy(source, to: file, shown(path)) }
    }

    private func make(_ path: [UInt8], permissions: UInt32, _ write: (Int32) throws -> Void) throws {
        let (parent, name) = try parted(path)
        try withDirectory(parent) { directory in
            let file = try self.makeFile(name, in: directory, shown(path))
            try write(file.number)
            if fchown(file.number, self.owner?.uid ?? 0, self.owner?.gid ?? 0) != 0 {
                throw IdentityMaps.ownerError(
                    "fchown", shown(path), user: self.owner?.uid ?? 0, group: self.owner?.gid ?? 0)
            }
            if fchmod(file.number, self.permissions(permissions)) != 0 { throw SystemError("fchmod", shown(path)) }
        }
    }

    /// Copies a source to a path: a directory's content into it, anything else as it.
    ///
    /// - Parameter followsLink: whether a link that is there is written through, for it was named, rather than replaced, as a
    ///   name in a directory is.
    func copy(_ item: CopyItem, from tree: FileTree, to destination: [UInt8], followsLink: Bool = false) throws {
        for entry in item.entries {
            let path =
                entry.path.isEmpty
                ? destination : destination.isEmpty ? entry.path : destination + [0x2F] + entry.path
            if entry.kind == .directory {
                try makeDirectory(path)
                // The content is copied, not the directory: the destination stays as it was, or is made anew.
                if entry.path.isEmpty { continue }
                directories.append((path, entry))
                try setAttributes(ofDirectory: path, entry)
                continue
            }
            let (parent, name) = try parted(followsLink && entry.path.isEmpty ? try resolved(path) : path)
            try withDirectory(parent) { directory in
                try self.write(entry, from: tree, name, in: directory, path)
            }
        }
    }

    /// Sets what waited until all was written.
    func finish() throws {
        for (path, entry) in directories.reversed() {
            guard let directory = try root.open(path, O_RDONLY | O_DIRECTORY) else { continue }
            EntryCalls.setModificationTime(
                of: "", in: directory.number, seconds: Int64(entry.modified.seconds),
                nanoseconds: entry.modified.nanoseconds)
        }
        directories = []
    }

    /// As they are to be of what has others.
    private func permissions(_ own: UInt32, isDirectory: Bool = false) -> mode_t {
        mode_t(mode?.applied(to: own, isDirectory: isDirectory) ?? own)
    }

    // MARK: - Places

    /// A file's destination, through a link that is there already: `COPY x /etc/link` writes what the link names, also where
    /// that is yet to be made.
    private func resolved(_ path: [UInt8]) throws -> [UInt8] {
        var path = path
        for _ in 0..<Self.greatestLinks {
            if let file = try root.open(path, OwnedDescriptor.pathOnly) {
                return try root.place(of: file.number) ?? path
            }
            let (parent, name) = try parted(path)
            guard let directory = try root.open(parent, OwnedDescriptor.pathOnly | O_DIRECTORY),
                let target = try target(of: name, in: directory.number)
            else { return path }
            path = target
        }
        return path
    }

    /// As many links as Linux follows (path_resolution(7)).
    private static let greatestLinks = 40

    /// Where a link leads, below the root; nil where there is no link.
    private func target(of name: [CChar], in directory: Int32) throws -> [UInt8]? {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlinkat(directory, name, &buffer, buffer.count)
        guard count > 0, let parent = try root.place(of: directory) else { return nil }
        let text = String(decoding: buffer.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return Array(ImagePath.joined(shown(parent), text).utf8.dropFirst())
    }

    private func parted(_ path: [UInt8]) throws -> (parent: [UInt8], name: [CChar]) {
        guard let slash = path.lastIndex(of: 0x2F) else {
            guard !path.isEmpty else { throw SystemError("write", "/", errno: EISDIR) }
            return ([], FileName.terminated(path))
        }
        return (Array(path[..<slash]), FileName.terminated(path[(slash + 1)...]))
    }

    /// Runs a body on a directory, made where it is missing.
    @discardableResult
    private func withDirectory<Result>(
        _ path: [UInt8], links: Int = 0, _ body: (Int32) throws -> Result
    ) throws -> (result: Result, wasMade: Bool) {
        if let directory = try root.open(path, OwnedDescriptor.pathOnly | O_DIRECTORY) {
            return (try body(directory.number), false)
        }
        let (parent, name) = try parted(path)
        var found: OwnedDescriptor?
        var target: [UInt8]?
        try withDirectory(parent, links: links) { directory in
            if mkdirat(directory, name, 0o755) != 0 {
                guard errno == EEXIST else { throw SystemError("mkdir", shown(path)) }
                // A link to what is not there yet: /var/run, say, where nothing has made /run.
                target = try self.target(of: name, in: directory)
                if target != nil, links < Self.greatestLinks { return }
                throw SystemError(
                    "mkdir", shown(path), errno: ENOTDIR,
                    advice: "something else is there")
            }
            fchmodat(directory, name, 0o755, 0)
            if fchownat(directory, name, self.owner?.uid ?? 0, self.owner?.gid ?? 0, AT_SYMLINK_NOFOLLOW) != 0 {
                throw IdentityMaps.ownerError(
                    "chown", shown(path), user: self.owner?.uid ?? 0, group: self.owner?.gid ?? 0)
            }
            found = OwnedDescriptor(
                owning: try retryingOnInterrupt("open", shown(path)) {
                    EntryCalls.open(name, in: directory, OwnedDescriptor.pathOnly | O_DIRECTORY | O_NOFOLLOW)
                })
        }
        if let target { return try withDirectory(target, links: links + 1, body) }
        guard let number = found?.number else { throw SystemError("open", shown(path), errno: ENOENT) }
        return (try body(number), true)
    }

    // MARK: - Files

    /// An empty file in place of what has the name; a directory stays, which is an error.
    private func makeFile(_ name: [CChar], in directory: Int32, _ shown: String) throws -> OwnedDescriptor {
        try clear(name, in: directory, shown)
        return OwnedDescriptor(
            owning: try retryingOnInterrupt("open", shown) {
                EntryCalls.open(name, in: directory, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode: 0o600)
            })
    }

    private func clear(_ name: [CChar], in directory: Int32, _ shown: String) throws {
        if unlinkat(directory, name, 0) != 0, errno != ENOENT {
            throw SystemError(
                "replace", shown, advice: errno == EISDIR ? "COPY cannot replace a directory with a file" : nil)
        }
    }

    private func write(
        _ entry: CopyEntry, from tree: FileTree, _ name: [CChar], in directory: Int32, _ path: [UInt8]
    ) throws {
        let shown = shown(path)
        switch entry.kind {
        case .directory: return
        case .file:
            if entry.names > 1, let first = written[entry.identity], try link(first, name, in: directory, shown) {
                return
            }
            try copyFile(entry, from: tree, name, in: directory, shown)
            if entry.names > 1 { written[entry.identity] = path }
            return
        case .link(let target):
            try clear(name, in: directory, shown)
            if symlinkat(FileName.terminated(target), directory, name) != 0 { throw SystemError("symlink", shown) }
        case .device(let number, let isBlock):
            try clear(name, in: directory, shown)
            let kind = isBlock ? S_IFBLK : S_IFCHR
            if mknodat(directory, name, kind | permissions(entry.mode), dev_t(number)) != 0 {
                throw SystemError("mknod", shown)
            }
        case .pipe:
            try clear(name, in: directory, shown)
            if mkfifoat(directory, name, permissions(entry.mode)) != 0 { throw SystemError("mkfifo", shown) }
        }
        let (uid, gid) = owner ?? (entry.uid, entry.gid)
        if fchownat(directory, name, uid, gid, AT_SYMLINK_NOFOLLOW) != 0 {
            throw IdentityMaps.ownerError("chown", shown, user: uid, group: gid)
        }
        if case .link = entry.kind {} else { fchmodat(directory, name, permissions(entry.mode), 0) }
        EntryCalls.setModificationTime(
            of: name, in: directory, seconds: Int64(entry.modified.seconds), nanoseconds: entry.modified.nanoseconds)
    }

    /// A second name of a file that is written already.
    private func link(_ first: [UInt8], _ name: [CChar], in directory: Int32, _ shown: String) throws -> Bool {
        let (parent, own) = try parted(first)
        guard let source = try root.open(parent, OwnedDescriptor.pathOnly | O_DIRECTORY) else { return false }
        try clear(name, in: directory, shown)
        return linkat(source.number, own, directory, name, 0) == 0
    }

    private func copyFile(
        _ entry: CopyEntry, from tree: FileTree, _ name: [CChar], in directory: Int32, _ shown: String
    ) throws {
        guard let source = try tree.open(entry.source, O_RDONLY | O_NOFOLLOW | O_NONBLOCK) else {
            throw BuildError.source(
                path: Building.shown(entry.source), problem: "was removed while it was being copied")
        }
        let file = try makeFile(name, in: directory, shown)
        try FileContent.copy(source.number, to: file.number, shown)
        let (uid, gid) = owner ?? (entry.uid, entry.gid)
        if fchown(file.number, uid, gid) != 0 { throw IdentityMaps.ownerError("fchown", shown, user: uid, group: gid) }
        // After the owner, whose change takes the set-user-id bit away.
        if fchmod(file.number, permissions(entry.mode)) != 0 { throw SystemError("fchmod", shown) }
        try FileContent.copyAttributes(source.number, to: file.number)
        EntryCalls.setModificationTime(
            of: "", in: file.number, seconds: Int64(entry.modified.seconds), nanoseconds: entry.modified.nanoseconds)
    }

    private func setAttributes(ofDirectory path: [UInt8], _ entry: CopyEntry) throws {
        guard let directory = try root.open(path, O_RDONLY | O_DIRECTORY) else { return }
        let (uid, gid) = owner ?? (entry.uid, entry.gid)
        if fchown(directory.number, uid, gid) != 0 {
            throw IdentityMaps.ownerError("fchown", shown(path), user: uid, group: gid)
        }
        if fchmod(directory.number, permissions(entry.mode, isDirectory: true)) != 0 {
            throw SystemError("fchmod", shown(path))
        }
    }
}

/// The content of one file into another.
enum FileContent {
    static func copy(_ source: Int32, to target: Int32, _ shown: String) throws(SystemError) {
        // In the kernel where the file systems let it.
        var isByKernel = true
        while isByKernel {
            let count = EntryCalls.copyRange(from: source, to: target, 1 << 30)
            if count == 0 { return }
            if count < 0 {
                if errno == EINTR { continue }
                guard [EXDEV, ENOSYS, EOPNOTSUPP, EINVAL, EPERM].contains(errno) else {
                    throw SystemError("copy_file_range", shown)
                }
                isByKernel = false
            }
        }
        var chunk = [UInt8](repeating: 0, count: 256 << 10)
        while true {
            let count = try retryingOnInterrupt("read", shown) { read(source, &chunk, chunk.count) }
            if count == 0 { return }
            try SystemFile.write(Array(chunk.prefix(count)), to: target, shown)
        }
    }

    /// What belongs to the content: capabilities of programs and the users' own attributes; not labels, nor overlayfs's.
    static func attributes(of file: Int32) throws(SystemError) -> [(name: String, value: [UInt8])] {
        var result: [(name: String, value: [UInt8])] = []
        for name in FileAttributes.names(of: file) {
            guard name == "security.capability" || name.hasPrefix("user.") && !name.hasPrefix("user.overlay."),
                let value = FileAttributes.value(name, of: file)
            else { continue }
            result.append((name, value))
        }
        return result.sorted { $0.name < $1.name }
    }

    static func copyAttributes(_ source: Int32, to target: Int32) throws(SystemError) {
        for (name, value) in try attributes(of: source)
        where FileAttributes.set(name, value, value.count, of: target) != 0 {
            guard errno == EOPNOTSUPP || errno == EPERM else { throw SystemError("fsetxattr", name) }
        }
    }
}
