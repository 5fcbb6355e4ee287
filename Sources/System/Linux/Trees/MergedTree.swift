internal import CLinux
public import Glibc

/// What directories of layers show together, read without mounting: as overlayfs merges them.
///
/// A name in a higher layer hides that in lower ones; two directories merge, unless the higher is opaque; a whiteout removes.
/// Nothing may be changed in the layers meanwhile, but if it is, nothing outside them is read: names are resolved by
/// descriptors, links never followed.
public struct MergedTree: Sendable {
    /// The layers' directories, the top first.
    public var layers: [String]
    /// Whether removals are visited instead of heeded: for a look at the top layer alone.
    package var showsRemovals = false
    /// Whether what is mounted in the directories belongs to them, as in one that the user named on this host.
    package var crossesMounts = false

    public init(layers: [String]) { self.layers = layers }

    /// One file or directory of a tree, valid during its visit.
    public struct Node {
        /// Relative to the root, empty for the root itself; not necessarily UTF-8.
        public let path: [UInt8]
        public let status: stat
        /// The number of the layer it is in, the top being 0.
        public let layer: Int
        /// A removal: the name, where `showsRemovals`.
        package let isRemoval: Bool
        /// A directory that hides what lower layers have in it.
        package let isOpaque: Bool
        /// The directory it is in, open, and its name in there; a directory's own descriptor and `.`.
        package let parent: Int32
        package let name: [CChar]

        package var kind: mode_t { status.st_mode & S_IFMT }
        package var shown: String { path.isEmpty ? "/" : FileName.shown(path) }

        /// Opens a regular file or a directory for reading.
        public func open() throws(SystemError) -> OwnedDescriptor {
            let flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | (status.isDirectory ? O_DIRECTORY : 0)
            let number = isolab_open_at(parent, name, flags, 0)
            guard number >= 0 else { throw SystemError("openat", shown) }
            let file = OwnedDescriptor(owning: number)
            var now = stat()
            guard fstat(number, &now) == 0, now.st_mode & S_IFMT == kind else {
                throw SystemError("openat", shown, errno: ESTALE, advice: "the tree is being changed")
            }
            return file
        }

        /// The target of a symbolic link.
        public func target() throws(SystemError) -> [UInt8] {
            var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
            let count = try retryingOnInterrupt("readlinkat", shown) {
                readlinkat(parent, name, &buffer, buffer.count)
            }
            return buffer[..<count].map { UInt8(bitPattern: $0) }
        }

        /// Its extended attributes, overlayfs's own left out.
        public func attributes() throws(SystemError) -> [String: [UInt8]] {
            try FileAttributes.read(name, in: parent, shown).filter { !OverlayAttribute.isReserved($0.key) }
        }
    }

    /// Visits everything: a directory, at once what is in it, first what is no directory, each sorted by bytes.
    ///
    /// That order suits tar(1), which sets a directory's times when it has seen something outside it.
    public func visit<Failure: Error>(
        _ body: (Node) throws(Failure) -> Void, failed: (SystemError) -> Failure
    ) throws(Failure) {
        var roots: [Root] = []
        for layer in layers {
            let number = open(layer, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
            guard number >= 0 else { throw failed(SystemError("open", layer)) }
            roots.append(Root(path: layer, descriptor: OwnedDescriptor(owning: number)))
        }
        guard !roots.isEmpty else { return }
        // Directories to be visited with what is in them, the next one last.
        var pending = [Pending(path: [], layers: Array(roots.indices), isOpaque: false)]
        while let directory = pending.popLast() {
            var names: [[UInt8]: Int] = [:]
            var opened: [Int: OpenDirectory] = [:]
            var below: [[UInt8]: [Int]] = [:]
            do throws(SystemError) {
                for layer in directory.layers {
                    let open = try OpenDirectory(directory.path, in: roots[layer], crossesMounts)
                    opened[layer] = open
                    for name in try DirectoryEntries.names(in: open.descriptor.number, roots[layer].path) {
                        if names[name] == nil { names[name] = layer }
                        below[name, default: []].append(layer)
                    }
                }
            } catch {
                throw failed(error)
            }
            guard let top = directory.layers.first, let own = opened[top] else { continue }
            var status = stat()
            // Of an open descriptor: cannot fail.
            fstat(own.descriptor.number, &status)
            try body(
                Node(
                    path: directory.path, status: status, layer: top, isRemoval: false, isOpaque: directory.isOpaque,
                    parent: own.descriptor.number, name: [0x2E, 0]))
            var directories: [Pending] = []
            for (name, layer) in names.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
                guard let open = opened[layer] else { continue }
                let node: Node
                do throws(SystemError) {
                    guard let found = try self.node(name, open, layer, in: directory.path) else { continue }
                    node = found
                    if node.kind == S_IFDIR {
                        var merged = [layer]
                        for lower in below[name] ?? [] where lower != layer && !node.isOpaque {
                            guard let other = opened[lower],
                                let under = try self.node(name, other, lower, in: directory.path), under.kind == S_IFDIR
                            else { break }
                            merged.append(lower)
                            if under.isOpaque { break }
                        }
                        directories.append(Pending(path: node.path, layers: merged, isOpaque: node.isOpaque))
                        continue
                    }
                } catch {
                    throw failed(error)
                }
                try body(node)
            }
            pending += directories.reversed()
        }
    }

    /// The same, where nothing else can fail.
    public func visit(_ body: (Node) throws(SystemError) -> Void) throws(SystemError) {
        try visit(body) { $0 }
    }

    /// What is at a name in one layer; nil where that is a removal and those are heeded.
    private func node(
        _ name: [UInt8], _ directory: OpenDirectory, _ layer: Int, in path: [UInt8]
    ) throws(SystemError) -> Node? {
        let terminated = FileName.terminated(name)
        let full = path.isEmpty ? name : path + [0x2F] + name
        let parent = directory.descriptor.number
        var status = stat()
        guard fstatat(parent, terminated, &status, AT_SYMLINK_NOFOLLOW) == 0 else {
            throw SystemError("fstatat", FileName.shown(full))
        }
        var isRemoval = status.isWhiteout
        var isOpaque = false
        // The newer form of a whiteout is an empty file with an attribute; an opaque directory that has such is "x".
        if status.isDirectory || (status.st_mode & S_IFMT == S_IFREG && status.st_size == 0) {
            let mark = try OverlayAttribute(parent, terminated, FileName.shown(full))
            isOpaque = status.isDirectory && mark.isOpaque
            isRemoval = isRemoval || (!status.isDirectory && mark.isWhiteout)
        }
        if isRemoval, !showsRemovals { return nil }
        return Node(
            path: full, status: status, layer: layer, isRemoval: isRemoval, isOpaque: isOpaque, parent: parent,
            name: terminated)
    }

    private struct Pending {
        let path: [UInt8]
        let layers: [Int]
        let isOpaque: Bool
    }

    private final class Root {
        let path: String
        let descriptor: OwnedDescriptor

        init(path: String, descriptor: consuming OwnedDescriptor) {
            self.path = path
            self.descriptor = descriptor
        }
    }

    private final class OpenDirectory {
        let descriptor: OwnedDescriptor

        init(_ path: [UInt8], in root: Root, _ crossesMounts: Bool) throws(SystemError) {
            let name = path.isEmpty ? [0x2E, 0] : FileName.terminated(path)
            let flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW
            let number =
                crossesMounts
                ? isolab_open_in_root_across_mounts(root.descriptor.number, name, flags, 0)
                : isolab_open_in_root(root.descriptor.number, name, flags, 0)
            guard number >= 0 else { throw SystemError("openat2", "\(root.path)/\(FileName.shown(path))") }
            descriptor = OwnedDescriptor(owning: number)
        }
    }
}
