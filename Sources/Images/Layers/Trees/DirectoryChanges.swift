import Glibc
public import Linux

/// One difference of a container's files from its image's.
public struct Change: Hashable, Sendable, CustomStringConvertible {
    /// As `docker diff` names them.
    public enum Kind: String, Sendable {
        case changed = "C"
        case added = "A"
        case deleted = "D"
    }

    public var kind: Kind
    /// Relative to the root; not necessarily UTF-8.
    public var path: [UInt8]

    public init(_ kind: Kind, path: [UInt8]) {
        self.kind = kind
        self.path = path
    }

    /// The path with its leading slash, as far as it can be shown.
    public var shownPath: String { "/" + FileName.shown(path) }
    public var description: String { "\(kind.rawValue) \(shownPath)" }
}

/// Compares trees, and lists what was changed, added and deleted, sorted by path as `docker diff` does. A directory in which
/// something differs is changed; of a deleted directory only itself is named.
public enum DirectoryChanges {
    /// What the upper directory of an overlayfs changes in the layers below it.
    ///
    /// - Parameters:
    ///   - lower: the layers' directories, the top first.
    ///   - stubs: paths that were made for something to be mounted on: where nothing else is below them, they are no change.
    /// - Returns: the changes, and those of the stubs that are none.
    public static func overlay(
        lower: [String], upper: String, stubs: Set<[UInt8]> = []
    ) throws(SystemError) -> (changes: [Change], stubs: Set<[UInt8]>) {
        let below = try Inventory(MergedTree(layers: lower))
        var tree = MergedTree(layers: [upper])
        tree.showsRemovals = true
        var kinds: [[UInt8]: Change.Kind] = [:]
        var present: Set<[UInt8]> = []
        var opaque: [[UInt8]] = []
        try tree.visit { node throws(SystemError) in
            guard !node.path.isEmpty else { return }
            if node.isRemoval {
                if below.entries[node.path] != nil { kinds[node.path] = .deleted }
                return
            }
            present.insert(node.path)
            if node.isOpaque { opaque.append(node.path) }
            guard let old = below.entries[node.path] else {
                kinds[node.path] = .added
                return
            }
            // A directory is copied up for what is in it; whether it changed itself its attributes tell.
            if node.kind == S_IFDIR, old.kind == S_IFDIR, !node.isOpaque, try !old.differs(from: Metadata(node)) {
                return
            }
            kinds[node.path] = .changed
        }
        for path in opaque {
            for name in below.children(of: path) where !present.contains(name) { kinds[name] = .deleted }
        }
        var left: Set<[UInt8]> = []
        for stub in stubs.sorted(by: { $0.count > $1.count }) where kinds[stub] == .added {
            let prefix = stub + [0x2F]
            guard !kinds.keys.contains(where: { $0.starts(with: prefix) }) else { continue }
            kinds[stub] = nil
            left.insert(stub)
        }
        return (sorted(kinds), left)
    }

    /// What differs between two trees, by kind, mode, owner, size, time, target, device, attributes and, where all these are
    /// the same, content: for where overlayfs keeps no account.
    public static func between(_ old: MergedTree, and new: MergedTree) throws(SystemError) -> [Change] {
        let before = try Inventory(old)
        var kinds: [[UInt8]: Change.Kind] = [:]
        var present: Set<[UInt8]> = []
        try new.visit { node throws(SystemError) in
            guard !node.path.isEmpty else { return }
            present.insert(node.path)
            guard let entry = before.entries[node.path] else {
                kinds[node.path] = .added
                return
            }
            let metadata = try Metadata(node)
            var isChanged = entry.differs(from: metadata)
            if !isChanged { isChanged = try entry.contentDiffers(in: old, from: node) }
            if isChanged { kinds[node.path] = .changed }
        }
        for path in before.entries.keys where !path.isEmpty && !present.contains(path) {
            // Only the topmost of what is gone.
            let parent = path.lastIndex(of: 0x2F).map { Array(path[..<$0]) } ?? []
            if parent.isEmpty || present.contains(parent) { kinds[path] = .deleted }
        }
        return sorted(kinds)
    }

    /// Adds the directories in which something differs, and sorts.
    private static func sorted(_ kinds: [[UInt8]: Change.Kind]) -> [Change] {
        var all = kinds
        for path in kinds.keys {
            for (index, byte) in path.enumerated() where byte == 0x2F {
                let directory = Array(path[..<index])
                if all[directory] == nil { all[directory] = .changed }
            }
        }
        return all.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map { Change($0.value, path: $0.key) }
    }
}

/// All files of a tree with what is compared.
private struct Inventory {
    var entries: [[UInt8]: Metadata] = [:]

    init(_ tree: MergedTree) throws(SystemError) {
        var entries: [[UInt8]: Metadata] = [:]
        try tree.visit { node throws(SystemError) in
            entries[node.path] = try Metadata(node)
        }
        self.entries = entries
    }

    /// The paths directly below a directory.
    func children(of directory: [UInt8]) -> [[UInt8]] {
        let prefix = directory + [0x2F]
        return entries.keys.filter { $0.starts(with: prefix) && !$0.dropFirst(prefix.count).contains(0x2F) }
    }
}

/// What is compared of a file besides its content.
private struct Metadata {
    let kind: mode_t
    private let mode: mode_t
    private let user: uid_t
    private let group: gid_t
    private let device: dev_t
    private let size: off_t
    private let seconds: Int
    private let nanoseconds: Int
    private let target: [UInt8]
    private let attributes: [String: [UInt8]]
    private let path: [UInt8]
    private let layer: Int

    init(_ node: MergedTree.Node) throws(SystemError) {
        let status = node.status
        kind = node.kind
        mode = status.st_mode
        user = status.st_uid
        group = status.st_gid
        device = node.kind == S_IFCHR || node.kind == S_IFBLK ? status.st_rdev : 0
        // A directory's size and time follow from what is in it.
        size = node.kind == S_IFDIR ? 0 : status.st_size
        seconds = node.kind == S_IFDIR ? 0 : status.st_mtim.tv_sec
        nanoseconds = node.kind == S_IFDIR ? 0 : status.st_mtim.tv_nsec
        target = node.kind == S_IFLNK ? try node.target() : []
        attributes = try node.attributes()
        path = node.path
        layer = node.layer
    }

    func differs(from other: Metadata) -> Bool {
        mode != other.mode || user != other.user || group != other.group || device != other.device || size != other.size
            || seconds != other.seconds || nanoseconds != other.nanoseconds || target != other.target
            || attributes != other.attributes
    }

    /// Whether a regular file of the same size holds other bytes.
    func contentDiffers(in tree: MergedTree, from node: MergedTree.Node) throws(SystemError) -> Bool {
        guard kind == S_IFREG, size > 0 else { return false }
        let root = try OwnedDescriptor(opening: tree.layers[layer], O_RDONLY | O_DIRECTORY)
        let number = EntryCalls.open(
            FileName.terminated(path), inRoot: root.number, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
        guard number >= 0 else { throw SystemError("openat2", FileName.shown(path)) }
        let old = OwnedDescriptor(owning: number)
        let new = try node.open()
        let count = 1 << 16
        let buffers = UnsafeMutableRawBufferPointer.allocate(byteCount: 2 * count, alignment: 4096)
        defer { buffers.deallocate() }
        guard let first = buffers.baseAddress else { return false }
        let second = first + count
        var position = 0
        while position < size {
            let wanted = min(count, size - position)
            let left = try retryingOnInterrupt("read", FileName.shown(path)) {
                pread(old.number, first, wanted, position)
            }
            let right = try retryingOnInterrupt("read", node.shown) { pread(new.number, second, wanted, position) }
            if left != right || memcmp(first, second, left) != 0 { return true }
            if left == 0 { return false }
            position += left
        }
        return false
    }
}
