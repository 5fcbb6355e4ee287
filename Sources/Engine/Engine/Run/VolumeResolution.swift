import Images
import Layers
import Linux
import OCI
import Volumes

/// The volumes of a container to be: found or made, before it has its record, by one who may change which there are.
struct VolumeResolution {
    /// With each volume as a mount of its directory.
    private(set) var options: RunOptions
    private(set) var uses: [VolumeUse] = []
    /// Those that were not there before.
    private(set) var created: [Volume] = []
    /// Made for it alone.
    private var made: [Volume] = []

    /// - Parameters:
    ///   - image: nil of a guest, whose image's volumes are in its memory.
    ///   - find: a container by what the user calls it.
    init(
        _ options: RunOptions, image: ImageConfiguration?, _ change: borrowing VolumeChange,
        find: (String) throws -> StoredContainer
    ) throws {
        self.options = options
        self.options.namedVolumes = []
        do {
            for mount in options.namedVolumes { try add(mount, change) }
            for source in options.volumesFrom { try addAll(of: find(source.container), source, change) }
            for path in image.map({ self.options.imageVolumes(of: $0).paths }) ?? [] {
                try add(NamedVolumeMount(name: nil, target: path, asked: AskingOption("--volume")), change)
            }
        } catch {
            abandon(change)
            throw error
        }
    }

    /// Removes what was made for a container that does not come to be.
    func abandon(_ change: borrowing VolumeChange) {
        for volume in made { try? change.remove(volume.id, name: volume.name) }
    }

    private mutating func add(_ mount: NamedVolumeMount, _ change: borrowing VolumeChange) throws {
        let (volume, isNew) = try change.create(mount.name, isAnonymous: mount.name == nil)
        if isNew { created.append(volume) }
        if isNew, mount.name == nil { made.append(volume) }
        var use = VolumeUse(id: volume.id, target: mount.target, readOnly: mount.readOnly, copies: mount.copies)
        use.subpath = mount.subpath
        use.isNamed = mount.name != nil
        add(volume, use, change.store, mount.asked)
    }

    private mutating func add(
        _ volume: Volume, _ use: VolumeUse, _ store: VolumeStore, _ asked: AskingOption
    ) {
        var shown = VolumeMount(
            source: store.data(volume.id) + (use.subpath.map { "/\($0)" } ?? ""), target: use.target,
            readOnly: use.readOnly, propagation: "rprivate",
            asked: asked)
        shown.isPart = use.subpath != nil
        shown.volume = VolumeMount.Volume(id: volume.id, name: volume.name, isAnonymous: volume.isAnonymous)
        options.volumes.append(shown)
        uses.append(use)
    }

    /// What is mounted in another container, except where this one has something of its own.
    private mutating func addAll(
        of container: StoredContainer, _ source: VolumesFrom, _ change: borrowing VolumeChange
    ) throws {
        let asked = AskingOption("--volumes-from")
        func isFree(_ target: String) -> Bool {
            !options.volumes.contains { $0.target == target }
                && !options.temporaryMounts.contains { $0.target == target }
        }
        for use in container.volumes where isFree(use.target) {
            guard let volume = change.store.volume(use.id) else {
                throw OptionError(
                    "--volumes-from", source.container,
                    "its volume on \(use.target) is gone: `isolab volume rm` removed it")
            }
            var use = use
            use.readOnly = use.readOnly || source.readOnly
            add(volume, use, change.store, asked)
        }
        for mount in container.settings?["Mounts"]?.elements ?? [] where mount["Type"]?.string == "bind" {
            guard let path = mount["Source"]?.string, let target = mount["Destination"]?.string, isFree(target) else {
                continue
            }
            options.volumes.append(
                VolumeMount(
                    source: path, target: target, readOnly: source.readOnly || mount["RW"] == .bool(false),
                    propagation: mount["Propagation"]?.string ?? "rprivate", asked: asked))
        }
    }
}

extension Engine {
    /// Puts the image's files into the volumes that never had any.
    func fillVolumes(_ uses: [VolumeUse], from snapshot: Snapshot) throws {
        try fillVolumes(
            uses,
            from: snapshot.form == .overlay
                ? snapshot.stack.diffIDs.reversed().map { images.tree(of: $0) } : [snapshot.upper])
    }

    /// - Parameter layers: the image's, the top first.
    func fillVolumes(_ uses: [VolumeUse], from layers: [String]) throws {
        for use in uses {
            // Another's work on it that was broken off is finished before anybody sees it.
            guard use.copies else {
                try volumes.finishWork(use.id)
                continue
            }
            try volumes.fill(use.id) { aside in
                guard let part = try MergedTree(layers: layers).part(at: use.target) else { return false }
                try TreeCopy.copy(part.tree, to: aside)
                return true
            }
        }
    }
}
