import Content
package import Layers
import Linux
package import OCI

/// What a commit says of the image it makes.
package struct CommitOptions: Equatable, Sendable {
    package var author: String?
    package var comment: String?
    /// What made the changes, for the image's history.
    package var createdBy: String?
    /// How the image is run by default; nil: as the one the container was made from.
    package var execution: ImageConfiguration.Execution?
    /// RFC 3339; nil: now.
    package var created: String?
    package var packing: PackOptions

    package init(
        author: String? = nil, comment: String? = nil, createdBy: String? = nil,
        execution: ImageConfiguration.Execution? = nil, created: String? = nil, packing: PackOptions = PackOptions()
    ) {
        self.author = author
        self.comment = comment
        self.createdBy = createdBy
        self.execution = execution
        self.created = created
        self.packing = packing
    }
}

extension ImageStore {
    /// What a container changed in its image's files: added, changed, deleted, by path.
    ///
    /// What was made for nothing but mounting on it is no change of its own.
    package func changes(in snapshot: Snapshot) throws(ImageError) -> [Change] { try allChanges(in: snapshot).changes }

    private func allChanges(in snapshot: Snapshot) throws(ImageError) -> (changes: [Change], stubs: Set<[UInt8]>) {
        let stubs = Snapshot.stubs.union(Self.volumeStubs(of: try image(of: snapshot).configuration))
        switch snapshot.form {
        case .overlay:
            let lower = lowerTrees(of: snapshot)
            return try calling { () throws(SystemError) in
                try DirectoryChanges.overlay(lower: lower, upper: snapshot.upper, stubs: stubs)
            }
        case .copy:
            // A copy keeps no account: it is compared with the layers, which are read without mounting them.
            let lock = try reading { () throws(ContentError) in try content.lock(.shared) }
            defer { withExtendedLifetime(lock) {} }
            _ = try unpackLocked(try image(of: snapshot), .possible)
            let lower = lowerTrees(of: snapshot)
            let changes = try calling { () throws(SystemError) in
                try DirectoryChanges.between(MergedTree(layers: lower), and: MergedTree(layers: [snapshot.upper]))
                    .filter { !$0.path.isEmpty }
            }
            return (changes.filter { $0.kind != .added || !stubs.contains($0.path) }, [])
        }
    }

    /// What containers make in their roots for the places of their image's volumes: each, and the directories above it.
    private static func volumeStubs(of image: ImageConfiguration) -> Set<[UInt8]> {
        var result: Set<[UInt8]> = []
        for path in image.execution.volumePaths {
            var parts = path.utf8.split(separator: UInt8(ascii: "/")).map { Array($0) }
            while !parts.isEmpty {
                result.insert(Array(parts.joined(separator: [UInt8(ascii: "/")])))
                parts.removeLast()
            }
        }
        return result
    }

    /// The image a container was made from: it is here as long as the container is.
    package func image(of snapshot: Snapshot) throws(ImageError) -> StoredImage {
        try image(snapshot.image, in: try index(), platform: .host, called: "of container \(snapshot.id)")
    }

    /// The top one first.
    private func lowerTrees(of snapshot: Snapshot) -> [String] { snapshot.stack.diffIDs.reversed().map(tree) }

    /// Makes an image of a container: its own image's layers, and what it changed as one more.
    ///
    /// What it changes meanwhile may or may not be in it: pause it before.
    ///
    /// - Parameter names: how the image is called; none: it has only its identifier.
    @discardableResult
    package func commit(
        _ snapshot: Snapshot, as names: [ImageReference] = [], options: CommitOptions = CommitOptions()
    ) throws(ImageError) -> StoredImage {
        let lease = try reading { () throws(ContentError) in try content.lease() }
        defer { withExtendedLifetime(lease) {} }
        let base = try image(of: snapshot)
        let packer = LayerPacker(options.packing)
        var manifest = base.manifest
        var configuration = base.configuration
        let created = options.created ?? Timestamp.now(nanoseconds: true)
        var step = ImageConfiguration.History(
            created: created, author: options.author, createdBy: options.createdBy, comment: options.comment)
        let (changes, stubs) = try allChanges(in: snapshot)
        if changes.isEmpty {
            step.emptyLayer = true
        } else {
            let layer = try putLayer { (descriptor) throws(LayerError) in
                switch snapshot.form {
                case .overlay: try packer.pack(upper: snapshot.upper, leaving: stubs, to: descriptor)
                case .copy: try packer.pack(changes, of: snapshot.upper, to: descriptor)
                }
            }
            manifest.layers.append(layer.descriptor)
            configuration.rootfs.diffIDs.append(layer.diffID)
        }
        // Docker's and OCI's media types are not mixed in one manifest.
        manifest.mediaType = .imageManifest
        for index in manifest.layers.indices {
            if let compression = manifest.layers[index].mediaType.compression {
                manifest.layers[index].mediaType = compression.layer
            }
        }
        manifest.annotations = [:]
        manifest.subject = nil
        configuration.created = created
        if let author = options.author { configuration.author = author }
        if let execution = options.execution { configuration.execution = execution }
        // Each layer has its step: an image that tells nothing of its own would lend them the new one.
        let told = configuration.history.count { !$0.emptyLayer }
        for _ in 0..<max(0, base.manifest.layers.count - told) { configuration.history.append(.init()) }
        configuration.history.append(step)
        manifest.config = try put(configuration.json(), .imageConfiguration)
        let target = try put(manifest.json(), .imageManifest)
        try add(target, as: names)
        return try image(target, in: try index(), platform: configuration.platform, called: target.digest.short)
    }
}
