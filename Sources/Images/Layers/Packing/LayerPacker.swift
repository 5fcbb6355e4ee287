import Glibc
public import Linux
public import OCI

/// How layers are packed.
public struct PackOptions: Equatable, Sendable {
    public var compression: MediaType.Compression
    /// The compressor's own scale: gzip 1 to 9, zstd 1 to 19.
    public var level: Int
    /// By what numbers files are recorded: `.mapped` is turned round, `.own` records root.
    public var ownership: Ownership
    /// The latest modification time, seconds since 1970 (SOURCE_DATE_EPOCH); later ones are recorded as this. nil: as they are.
    public var latestTime: Int64?
    /// Threads that compress.
    public var workers: Int
    /// Whether every name is a file's: an archive of files, in which no name removes anything.
    package var hasNoWhiteouts = false
    /// Whether the directory itself is no entry: whoever unpacks the archive keeps the attributes of the one he is in.
    package var leavesRoot = false

    public init(
        compression: MediaType.Compression = .gzip, level: Int? = nil, ownership: Ownership = .recorded,
        latestTime: Int64? = nil, workers: Int? = nil
    ) {
        self.compression = compression
        self.level = level ?? (compression == .gzip ? 6 : 3)
        self.ownership = ownership
        self.latestTime = latestTime
        self.workers = workers ?? max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
    }
}

/// Makes layers of directories: the same files give the same bytes, on any machine.
///
/// Entries come sorted, times are whole seconds, names of users are not recorded. In a directory what is none comes before
/// what is one.
public struct LayerPacker: Sendable {
    public var options: PackOptions

    public init(_ options: PackOptions = PackOptions()) { self.options = options }

    /// Packs a directory as it is.
    ///
    /// - Parameter crossesMounts: whether what is mounted in it belongs to it.
    public func pack(
        _ directory: String, crossesMounts: Bool = false, to descriptor: Int32
    ) throws(LayerError) -> LayerContent {
        var tree = MergedTree(layers: [directory])
        tree.crossesMounts = crossesMounts
        return try pack(tree, to: descriptor)
    }

    /// Packs what layers show together, as one layer.
    public func pack(_ tree: MergedTree, to descriptor: Int32) throws(LayerError) -> LayerContent {
        let writer = try ArchiveWriter(options, descriptor)
        try tree.visit { node throws(LayerError) in
            try writer.write(node)
        } failed: {
            LayerError($0)
        }
        return try writer.finish()
    }

    /// Packs the upper directory of an overlayfs: what it hides of the layers below becomes whiteouts.
    ///
    /// - Throws: `unreadableOverlay` where the kernel left a file's content below (`redirect_dir`, `metacopy`).
    ///
    /// - Parameter leaving: paths that are left out, and with them nothing else.
    public func pack(
        upper directory: String, leaving: Set<[UInt8]> = [], to descriptor: Int32
    ) throws(LayerError) -> LayerContent {
        let writer = try ArchiveWriter(options, descriptor)
        var tree = MergedTree(layers: [directory])
        tree.showsRemovals = true
        try tree.visit { node throws(LayerError) in
            if leaving.contains(node.path) { return }
            if !node.isRemoval, !node.path.isEmpty {
                let unreadable: String?
                do throws(SystemError) {
                    unreadable = try OverlayAttribute(node.parent, node.name, node.shown).unreadable
                } catch {
                    throw LayerError(error, entry: node.shown)
                }
                if let unreadable { throw LayerError(.unreadableOverlay(unreadable), entry: node.shown) }
            }
            try writer.write(node)
        } failed: {
            LayerError($0)
        }
        return try writer.finish()
    }

    /// Packs the changes of one tree against another: changed and added files, with the directories they are in, and
    /// whiteouts for those that are gone.
    public func pack(_ changes: [Change], of directory: String, to descriptor: Int32) throws(LayerError) -> LayerContent
    {
        let writer = try ArchiveWriter(options, descriptor)
        var wanted: Set<[UInt8]> = [[]]
        var removed: [[UInt8]: [[UInt8]]] = [:]
        for change in changes {
            let path = change.path
            if change.kind == .deleted {
                let parent = path.lastIndex(of: 0x2F).map { Array(path[..<$0]) } ?? []
                removed[parent, default: []].append(path)
            } else {
                wanted.insert(path)
            }
            // What is above comes along: a layer's directories carry their own attributes.
            for (index, byte) in path.enumerated() where byte == 0x2F { wanted.insert(Array(path[..<index])) }
        }
        try MergedTree(layers: [directory]).visit { node throws(LayerError) in
            guard wanted.contains(node.path) else { return }
            try writer.write(node)
            for path in (removed[node.path] ?? []).sorted(by: { $0.lexicographicallyPrecedes($1) }) {
                try writer.writeWhiteout(path)
            }
        } failed: {
            LayerError($0)
        }
        return try writer.finish()
    }
}

/// The archive of a layer on its way to a blob.
private final class ArchiveWriter {
    private let options: PackOptions
    private let sink: BlobSink
    private let encoder: any LayerEncoder
    private var hasher = ContentHasher(.sha256)
    private var archiveSize: Int64 = 0
    private var entries: Int64 = 0
    private var links: [Identity: [UInt8]] = [:]
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 4096)
    private var filled = 0

    private struct Identity: Hashable {
        let layer: Int
        let device: dev_t
        let inode: ino_t
    }

    init(_ options: PackOptions, _ descriptor: Int32) throws(LayerError) {
        self.options = options
        sink = BlobSink(descriptor)
        encoder =
            switch options.compression {
            case .none: PlainEncoder()
            case .gzip: try GzipEncoder(level: options.level, workers: options.workers)
            case .zstandard: try ZstandardEncoder(level: options.level, workers: options.workers)
            }
    }

    func finish() throws(LayerError) -> LayerContent {
        // Two zero blocks end an archive.
        try append(zeros: 1024)
        try flush()
        try encoder.finish(to: sink)
        return LayerContent(
            digest: sink.finish(), diffID: hasher.finish(), compression: options.compression, size: sink.count,
            archiveSize: archiveSize, entries: entries)
    }

    /// Removes the last component's name in lower layers.
    func writeWhiteout(_ path: [UInt8]) throws(LayerError) {
        let start = path.lastIndex(of: 0x2F).map { $0 + 1 } ?? 0
        let name = path[..<start] + Whiteout.prefix + path[start...]
        try append(header: TarHeader(name: Array(name), kind: .file, mode: 0o644, time: options.latestTime ?? 0))
    }

    func write(_ node: MergedTree.Node) throws(LayerError) {
        if node.isRemoval { return try writeWhiteout(node.path) }
        if options.leavesRoot, node.path.isEmpty { return }
        do throws(LayerError) {
            // Would be read as a removal.
            if !options.hasNoWhiteouts, (node.path.split(separator: 0x2F).last ?? []).starts(with: Whiteout.prefix) {
                throw LayerError(.malformedWhiteout)
            }
            try writeEntry(node)
        } catch {
            throw error.entry == nil ? LayerError(error.reason, entry: node.shown) : error
        }
    }

    private func writeEntry(_ node: MergedTree.Node) throws(LayerError) {
        var header = TarHeader(name: node.path, kind: .file, mode: UInt32(node.status.st_mode & 0o7777))
        (header.user, header.group) = try owner(node.status)
        header.time = min(Int64(node.status.st_mtim.tv_sec), options.latestTime ?? .max)
        if node.kind != S_IFDIR, node.status.st_nlink > 1 {
            let identity = Identity(layer: node.layer, device: node.status.st_dev, inode: node.status.st_ino)
            if let first = links[identity] {
                header.kind = .hardLink
                header.target = first
                return try append(header: header)
            }
            links[identity] = node.path
        }
        let attributes: [String: [UInt8]]
        do { attributes = try node.attributes() } catch { throw LayerError(error) }
        for (name, value) in attributes { header.records.append((key: "SCHILY.xattr." + name, value: value)) }
        switch node.kind {
        case S_IFREG: return try writeFile(node, header)
        case S_IFDIR:
            header.kind = .directory
            header.name = node.path.isEmpty ? [0x2E, 0x2F] : node.path + [0x2F]
        case S_IFLNK:
            header.kind = .symbolicLink
            do { header.target = try node.target() } catch { throw LayerError(error) }
        case S_IFCHR, S_IFBLK:
            header.kind = node.kind == S_IFCHR ? .characterDevice : .blockDevice
            let device = UInt64(node.status.st_rdev)
            header.device = (major: DeviceNumber.major(device), minor: DeviceNumber.minor(device))
        case S_IFIFO: header.kind = .pipe
        // A socket means something to the process alone that made it.
        default: return
        }
        try append(header: header)
        if node.isOpaque, !options.hasNoWhiteouts {
            try append(
                header: TarHeader(
                    name: (node.path.isEmpty ? [] : node.path + [0x2F]) + Whiteout.opaqueName, kind: .file,
                    mode: 0o644, time: options.latestTime ?? 0))
        }
    }

    // MARK: Content

    private func writeFile(_ node: MergedTree.Node, _ base: TarHeader) throws(LayerError) {
        let file: OwnedDescriptor
        do { file = try node.open() } catch { throw LayerError(error) }
        // Holes as the zeros they are: other readers of layers, Go's among them, know no sparse entries, or not all.
        var header = base
        header.size = Int64(node.status.st_size)
        try append(header: header)
        try append(file.number, from: 0, header.size)
        try append(zeros: TarHeader.padding(header.size))
    }

    /// The owner's numbers as they are recorded.
    private func owner(_ status: stat) throws(LayerError) -> (user: UInt32, group: UInt32) {
        switch options.ownership {
        case .recorded: return (user: status.st_uid, group: status.st_gid)
        case .own: return (user: 0, group: 0)
        case .one(let user, let group): return (user: user, group: group)
        case .mapped(let users, let groups):
            guard let user = users.container(of: status.st_uid) else {
                throw LayerError(.ownerNotMapped(status.st_uid))
            }
            guard let group = groups.container(of: status.st_gid) else {
                throw LayerError(.ownerNotMapped(status.st_gid))
            }
            return (user: user, group: group)
        }
    }

    // MARK: The archive's bytes

    private func append(header: TarHeader) throws(LayerError) {
        entries +|= 1
        try append(header.blocks())
    }

    private func append(_ bytes: [UInt8]) throws(LayerError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let part = rest.prefix(buffer.count - filled)
            UnsafeMutableRawBufferPointer(rebasing: buffer[filled...]).copyBytes(from: part)
            filled += part.count
            rest = rest.dropFirst(part.count)
            if filled == buffer.count { try flush() }
        }
    }

    private func append(zeros count: Int) throws(LayerError) { try append([UInt8](repeating: 0, count: count)) }

    /// A piece of a file; one that became shorter meanwhile cannot be described any more.
    private func append(_ descriptor: Int32, from offset: Int64, _ count: Int64) throws(LayerError) {
        var done: Int64 = 0
        while done < count {
            let wanted = min(Int(clamping: count -| done), buffer.count - filled)
            let result: Int
            do {
                result = try retryingOnInterrupt("read", "file") {
                    pread(descriptor, buffer.baseAddress?.advanced(by: filled), wanted, off_t(offset +| done))
                }
            } catch {
                throw LayerError(error)
            }
            guard result > 0 else { throw LayerError(.changedWhileReading) }
            filled += result
            done +|= Int64(result)
            if filled == buffer.count { try flush() }
        }
    }

    private func flush() throws(LayerError) {
        let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<filled])
        hasher.update(bytes)
        archiveSize +|= Int64(filled)
        filled = 0
        try encoder.encode(bytes, to: sink)
    }

    deinit { buffer.deallocate() }
}
