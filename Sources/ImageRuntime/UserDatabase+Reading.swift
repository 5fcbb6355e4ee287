import Glibc
public import Linux

extension UserDatabase {
    /// Greater files are refused; a host with 100 000 users has some 6 MB.
    public static let greatestSize = 16 << 20

    /// Reads an image's users; a file that is not there has none.
    ///
    /// The image cannot lead the way outside: every link is resolved below the root (`openat2(2)`, RESOLVE_IN_ROOT), and what
    /// is no regular file is not read.
    ///
    /// - Parameter root: an open directory, borrowed.
    public init(root: Int32) throws(SystemError) {
        self.init(
            passwd: try Self.content(of: "etc/passwd", in: root), group: try Self.content(of: "etc/group", in: root))
    }

    /// The same, of a root file system by its path.
    public init(rootfs: String) throws(SystemError) {
        let root = try OwnedDescriptor(opening: rootfs, O_RDONLY | O_DIRECTORY)
        try self.init(root: root.number)
    }

    /// Of layers that lie beside each other, the uppermost first: as they look merged, with links that lead from one into another.
    ///
    /// For images whose layers are not mounted over each other yet.
    public init(layers: [String]) throws(SystemError) {
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
            return file.isRegular ? try file.bytes(limit: greatestSize) : []
        } catch {
            guard [ENOENT, ENOTDIR, ELOOP].contains(error.errno) else {
                throw SystemError(
                    error.operation, "/\(path) of the image", errno: error.errno, advice: error.advice)
            }
            return []
        }
    }
}
