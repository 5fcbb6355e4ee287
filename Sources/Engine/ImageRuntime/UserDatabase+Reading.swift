import Glibc
package import Linux

extension UserDatabase {
    /// Greater files are refused; a host with 100 000 users has some 6 MB.
    package static let greatestSize = 16 << 20

    /// Reads an image's users; a file that is not there has none.
    ///
    /// The image cannot lead the way outside: every link is resolved below the root (`openat2(2)`, RESOLVE_IN_ROOT), and what
    /// is no regular file is not read.
    ///
    /// - Parameter root: an open directory, borrowed.
    package init(root: Int32) throws(SystemError) {
        self.init(
            passwd: try Self.content(of: "etc/passwd", in: root), group: try Self.content(of: "etc/group", in: root))
    }

    /// The same, of a root file system by its path.
    package init(rootfs: String) throws(SystemError) {
        let root = try OwnedDescriptor(opening: rootfs, O_RDONLY | O_DIRECTORY)
        try self.init(root: root.number)
    }

    /// Those of a container that runs, whose files its processes may serve (FUSE): they may never answer.
    ///
    /// - Parameters:
    ///   - process: its first process, as this pid namespace numbers it.
    ///   - patience: milliseconds to wait for an answer.
    package init(container process: Int32, patience: Int32 = 10_000) throws(SystemError) {
        let object = "the container's /etc/passwd and /etc/group"
        let text: [UInt8]
        do throws(SystemError) {
            text = try AsideReading.read(object, limit: 2 * Self.greatestSize + 8, patience: patience) {
                () throws(SystemError) in
                let root = try OwnedDescriptor(opening: "/proc/\(process)/root", O_RDONLY | O_DIRECTORY)
                let passwd = try Self.content(of: "etc/passwd", in: root.number)
                let group = try Self.content(of: "etc/group", in: root.number)
                return withUnsafeBytes(of: UInt64(passwd.count).littleEndian) { Array($0) } + passwd + group
            }
        } catch {
            guard error.errno == ETIMEDOUT else { throw error }
            throw SystemError(
                error.operation, error.object, errno: error.errno,
                advice:
                    "its file system did not answer within \(patience / 1000) s: a process of the container may be serving it"
            )
        }
        let length = text.prefix(8).reversed().reduce(into: UInt64(0)) { $0 = $0 << 8 | UInt64($1) }
        let rest = text.dropFirst(8)
        self.init(passwd: rest.prefix(Int(clamping: length)), group: rest.dropFirst(Int(clamping: length)))
    }

    /// Of layers that lie beside each other, the uppermost first: as they look merged, with links that lead from one into another.
    ///
    /// For images whose layers are not mounted over each other yet.
    package init(layers: [String]) throws(SystemError) {
        let tree = MergedTree(layers: layers)
        func content(of path: String) throws(SystemError) -> [UInt8] {
            guard let file = try tree.file(at: path) else { return [] }
            return try RegularFile.content(of: file, "/\(path) of the image", limit: Self.greatestSize)
        }
        self.init(passwd: try content(of: "etc/passwd"), group: try content(of: "etc/group"))
    }

    private static func content(of path: String, in root: Int32) throws(SystemError) -> [UInt8] {
        do throws(SystemError) {
            let file = try TreeFile(path, in: root)
            // The kernel's own files are regular ones of no size, and some lose what is read of them (/proc/kmsg).
            return file.isRegular && file.size > 0 ? try file.bytes(limit: greatestSize) : []
        } catch {
            // What is mounted there is not the image's: names are not found in it, and numbers need none.
            guard [ENOENT, ENOTDIR, ELOOP, EXDEV].contains(error.errno) else {
                throw SystemError(
                    error.operation, "/\(path) of the image", errno: error.errno, advice: error.advice)
            }
            return []
        }
    }
}
