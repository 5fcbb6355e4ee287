import CLinux
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

    /// Of layers that lie beside each other, the uppermost first: the first that has a file says what is in it.
    ///
    /// For images whose layers are not mounted over each other yet. A layer that removes a file, or replaces `/etc` whole,
    /// hides those below it.
    public init(layers: [String]) throws(SystemError) {
        func content(of name: String) throws(SystemError) -> [UInt8] {
            for layer in layers {
                let root = try OwnedDescriptor(opening: layer, O_RDONLY | O_DIRECTORY)
                switch try Self.look(for: name, in: root.number) {
                case .content(let bytes): return bytes
                case .removed: return []
                case .absent: continue
                }
            }
            return []
        }
        self.init(passwd: try content(of: "etc/passwd"), group: try content(of: "etc/group"))
    }

    private enum Finding {
        case content([UInt8])
        case removed
        case absent
    }

    private static func content(of path: String, in root: Int32) throws(SystemError) -> [UInt8] {
        guard case .content(let bytes) = try look(for: path, in: root) else { return [] }
        return bytes
    }

    private static func look(for path: String, in root: Int32) throws(SystemError) -> Finding {
        do throws(SystemError) {
            let file = try TreeFile(path, in: root)
            return file.isRegular ? .content(try file.bytes(limit: greatestSize)) : .removed
        } catch {
            guard [ENOENT, ENOTDIR, ELOOP].contains(error.errno) else {
                throw SystemError(
                    error.operation, "/\(path) of the image", errno: error.errno, advice: error.advice)
            }
            return try hides(path, in: root) ? .removed : .absent
        }
    }

    /// Whether a layer's directory stands for itself alone: an opaque one of overlayfs, or a whiteout in its place.
    private static func hides(_ path: String, in root: Int32) throws(SystemError) -> Bool {
        // As a directory or not at all: nothing else is opened.
        let directory = isolab_open_in_root(root, "etc", O_RDONLY | O_DIRECTORY, 0)
        guard directory >= 0 else {
            do throws(SystemError) { return try TreeFile("etc", in: root).isWhiteout } catch { return false }
        }
        let etc = OwnedDescriptor(owning: directory)
        var value: UInt8 = 0
        return ["trusted.overlay.opaque", "user.overlay.opaque"].contains { (name: String) in
            isolab_get_attribute(etc.number, name, &value, 1) == 1 && value == UInt8(ascii: "y")
        }
    }
}
