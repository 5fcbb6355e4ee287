import Glibc
import Linux

/// The directory a layer is unpacked into: every name in it is resolved below it, by descriptors.
///
/// Links that earlier entries made are followed as if this directory were `/` (`openat2(2)`, RESOLVE_IN_ROOT), as in a
/// container: they can never lead outside. The directories of the last few entries stay open.
final class RootDirectory {
    /// A directory that holds entries.
    final class Parent {
        let path: [UInt8]
        /// `O_PATH`.
        let descriptor: OwnedDescriptor
        /// Whether it and those above are known to be of this layer.
        var isMarked = false

        init(_ path: [UInt8], _ descriptor: consuming OwnedDescriptor) {
            self.path = path
            self.descriptor = descriptor
        }
    }

    let path: String
    /// Opened for reading: its own attributes can be set through it.
    let descriptor: OwnedDescriptor
    /// The most recently used last.
    private var recent: [Parent] = []
    private static let kept = 16
    /// To whom a directory belongs that no entry announced; nil: to the caller.
    private let implicitOwner: (user: uid_t, group: gid_t)?
    /// What marks a directory that takes a whiteout's place, so that the lower layers' stays hidden; nil: no marks.
    private let opaqueAttribute: String?

    /// Directories below each other at most, wherever links lead.
    private let depth: Int
    /// Whether there may be links: a name that goes through them may lie deeper than it is long.
    var hasLinks: Bool

    init(
        _ path: String, implicitOwner: (user: uid_t, group: gid_t)?, opaqueAttribute: String?, depth: Int,
        hasLinks: Bool
    ) throws(LayerError) {
        self.path = path
        self.depth = depth
        self.hasLinks = hasLinks
        self.implicitOwner = implicitOwner
        self.opaqueAttribute = opaqueAttribute
        do { descriptor = try OwnedDescriptor(opening: path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW) } catch {
            throw LayerError(error)
        }
    }

    /// The directory of an entry, made where it is not there yet.
    func parent(of entry: LayerPath) throws(LayerError) -> Parent {
        let path = entry.parent
        if let index = recent.lastIndex(where: { $0.path.elementsEqual(path) }) {
            let found = recent[index]
            if index != recent.count - 1 {
                recent.remove(at: index)
                recent.append(found)
            }
            return found
        }
        let directory = try open(path, of: entry)
        if hasLinks { try checkDepth(directory.number, of: entry) }
        return keep(Parent(Array(path), directory))
    }

    /// One link after the other an archive could make trees far deeper than any of its names: nobody could look at them, or remove
    /// them in any reasonable time.
    private func checkDepth(_ directory: Int32, of entry: LayerPath) throws(LayerError) {
        func place(_ number: Int32) throws(SystemError) -> Int {
            try Procfs.readLink("/proc/self/fd/\(number)").utf8.count { $0 == 0x2F }
        }
        do throws(SystemError) {
            let found = try place(directory) - place(descriptor.number)
            guard found <= depth else { throw SystemError("readlink", path, errno: ENAMETOOLONG) }
        } catch {
            guard error.errno == ENAMETOOLONG else { throw LayerError(error, entry: entry.description) }
            throw LayerError(.tooDeep(depth: depth + 1, limit: depth), entry: entry.description)
        }
    }

    /// Keeps a directory that was just opened: the next entries are likely in it.
    @discardableResult
    func keep(_ directory: Parent) -> Parent {
        if recent.count == Self.kept { recent.removeFirst() }
        recent.append(directory)
        return directory
    }

    /// The directory of an entry, where it is there.
    func existingParent(of entry: LayerPath) -> Parent? {
        if let found = recent.last(where: { $0.path.elementsEqual(entry.parent) }) { return found }
        let number = Self.open(descriptor.number, entry.parent)
        guard number >= 0 else { return nil }
        return keep(Parent(Array(entry.parent), OwnedDescriptor(owning: number)))
    }

    /// To be called when a directory or a link was removed: open directories may be elsewhere than their names say.
    func forget() { recent.removeAll() }

    private func open(_ path: ArraySlice<UInt8>, of entry: LayerPath) throws(LayerError) -> OwnedDescriptor {
        let number = Self.open(descriptor.number, path)
        if number >= 0 { return OwnedDescriptor(owning: number) }
        switch errno {
        case ENOENT, ENOTDIR: return try make(path, of: entry)
        case ELOOP: throw LayerError(.parentIsNotDirectory, entry: entry.description)
        case ENOSYS:
            throw LayerError(
                SystemError("openat2", self.path, advice: "unpacking needs Linux 5.6 or newer"),
                entry: entry.description)
        default:
            throw LayerError(SystemError("openat2", "\(self.path)/\(FileName.shown(path))"), entry: entry.description)
        }
    }

    /// Makes what is missing of a path, one component after the other.
    private func make(_ path: ArraySlice<UInt8>, of entry: LayerPath) throws(LayerError) -> OwnedDescriptor {
        var current = OwnedDescriptor(owning: Self.open(descriptor.number, []))
        for component in path.split(separator: 0x2F) {
            let upTo = path[..<component.endIndex]
            var next = Self.open(descriptor.number, upTo)
            if next < 0 {
                try createDirectory(FileName.terminated(component), in: current.number, of: entry)
                next = Self.open(descriptor.number, upTo)
            }
            guard next >= 0 else {
                throw LayerError(
                    SystemError("openat2", "\(self.path)/\(FileName.shown(upTo))"), entry: entry.description)
            }
            current = OwnedDescriptor(owning: next)
        }
        return current
    }

    private func createDirectory(_ name: [CChar], in parent: Int32, of entry: LayerPath) throws(LayerError) {
        // What is there and is not a directory can only be a whiteout; a link that leads nowhere is refused.
        var information = stat()
        let isThere = fstatat(parent, name, &information, AT_SYMLINK_NOFOLLOW) == 0
        if isThere {
            guard information.isWhiteout, unlinkat(parent, name, 0) == 0 else {
                throw LayerError(.parentIsNotDirectory, entry: entry.description)
            }
        }
        let object = "\(path)/\(entry)"
        do throws(SystemError) {
            try retryingOnInterrupt("mkdirat", object) { mkdirat(parent, name, 0o755) }
            // Whatever the umask took away.
            try retryingOnInterrupt("fchmodat", object) { fchmodat(parent, name, 0o755, 0) }
            if let owner = implicitOwner {
                try retryingOnInterrupt("fchownat", object) {
                    fchownat(parent, name, owner.user, owner.group, AT_SYMLINK_NOFOLLOW)
                }
            }
            if isThere, let opaqueAttribute {
                try retryingOnInterrupt("lsetxattr", object) {
                    FileAttributes.set(opaqueAttribute, "y", 1, at: name, in: parent)
                }
            }
        } catch {
            throw LayerError(error, entry: entry.description)
        }
    }

    private static func open(_ root: Int32, _ path: ArraySlice<UInt8>) -> Int32 {
        EntryCalls.open(
            path.isEmpty ? [0x2E, 0] : FileName.terminated(path), inRoot: root,
            OwnedDescriptor.pathOnly | O_DIRECTORY)
    }
}
