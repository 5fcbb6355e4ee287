import Containerfiles
import Content
import Glibc
package import Images
import Layers
import Linux
package import OCI

/// Makes an image of one layer from a directory or an archive of a root file system: what `isolab image import` does.
package struct ImageImporter: Sendable {
    /// What the image says of itself.
    package struct Options: Sendable {
        package var names: [ImageReference] = []
        /// Instructions that change its configuration, such as `CMD ["sh"]`.
        package var changes: [String] = []
        /// For its history.
        package var message: String?
        package var platform: Platform = .host
        /// Seconds since 1970 later than which nothing made here is said to be; nil: as it is.
        package var epoch: Int64?

        package init() {}
    }

    package let store: ImageStore
    package var options: Options

    package init(_ store: ImageStore, _ options: Options = Options()) {
        self.store = store
        self.options = options
    }

    /// Imports a directory, or a tar archive, plain or compressed by gzip, zstd, xz or bzip2; `-` reads it from standard input.
    package func importImage(from path: String) throws(BuildError) -> BuiltImage {
        try BuildError.telling {
            guard path != "-" else { return try importArchive(STDIN_FILENO, "standard input") }
            var status = stat()
            guard stat(path, &status) == 0 else { throw SystemError("open", path) }
            if status.st_mode & S_IFMT == S_IFDIR { return try importDirectory(path) }
            guard [S_IFREG, S_IFIFO].contains(status.st_mode & S_IFMT) else {
                throw BuildError.source(path: path, problem: "is neither a directory nor an archive of one")
            }
            let file = try OwnedDescriptor(opening: path, O_RDONLY)
            return try importArchive(file.number, path)
        }
    }

    /// A tree that is ready, each file as it is.
    ///
    /// - Parameter asRoot: whether everything is root's, whoever owns it here.
    func importDirectory(_ path: String, asRoot: Bool = false, createdBy: String? = nil) throws -> BuiltImage {
        let hold = try store.hold()
        defer { withExtendedLifetime(hold) {} }
        let maker = LayerMaker(store: store, hold: hold, options: buildOptions)
        let layer = try maker.pack(path, asRoot: asRoot)
        return try write(layer.descriptor, layer.diffID, createdBy ?? "import of a directory")
    }

    /// An archive that comes by a descriptor: kept as it is where layers may be compressed so, and unpacked once to know that
    /// it can be.
    func importArchive(_ descriptor: Int32, _ name: String, createdBy: String? = nil) throws -> BuiltImage {
        let lease = try store.content.lease()
        defer { withExtendedLifetime(lease) {} }
        let workspace = try BuildWorkspace(store)
        var blob = try ingest(descriptor, name)
        let source = try store.content.open(blob)
        if Archive.isForeign(source.number) {
            let scratch = try workspace.makeDirectory("archive")
            let plain = try Archive.decompressed(source.number, scratch: scratch)
            blob = try ingest(plain.number, name)
        }
        let file = try store.content.open(blob)
        let tree = try workspace.makeDirectory("tree")
        let layer = try LayerUnpacker(.possible).unpack(LayerBlob(file.number), into: tree)
        guard layer.entries > 0 else { throw BuildError.source(path: name, problem: "is an empty archive") }
        return try write(layer.descriptor, layer.diffID, createdBy ?? "import of \(name)")
    }

    private func ingest(_ descriptor: Int32, _ name: String) throws -> Digest {
        let session = try store.content.beginIngest()
        do {
            var chunk = [UInt8](repeating: 0, count: 1 << 20)
            var total: Int64 = 0
            let limit = LayerLimits().bytes
            while true {
                let count = try retryingOnInterrupt("read", name) { read(descriptor, &chunk, chunk.count) }
                if count == 0 { break }
                total += Int64(count)
                guard total <= limit else { throw LayerError(.limitExceeded(.bytes, limit: limit)) }
                try chunk.withUnsafeBytes { try session.write(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
            }
            return try session.commit()
        } catch {
            session.abandon()
            throw error
        }
    }

    private var buildOptions: BuildOptions { BuildOptions(names: options.names, epoch: options.epoch) }

    private func write(_ layer: Descriptor, _ diffID: Digest, _ createdBy: String) throws -> BuiltImage {
        var configuration = ImageConfiguration(platform: options.platform)
        configuration.execution = try ConfigurationChange.apply(options.changes, to: configuration.execution)
        var state = StageState(configuration: configuration, layers: [], created: nil)
        state.add(
            LayerCache.Record(diffID: diffID, layer: layer, created: buildOptions.created), createdBy: createdBy,
            comment: options.message)
        let target = try ImageWriter(store: store, options: buildOptions).write(state)
        return BuiltImage(id: target.id, target: target.descriptor, cachedLayers: 0)
    }
}
