import Containers
import Glibc
import Images
import Layers
import Linux
import OCI

extension Engine {
    /// Copies files from a container or to one, whether it runs or not (`isolab cp`).
    package func copy(_ source: CopyPlace, to destination: CopyPlace, _ options: CopyOptions) throws {
        try endOrphans()
        switch (source, destination) {
        case (.container(let name, path: let path), .host(let target)):
            try withFiles(of: name) { root, _ in
                // Whoever runs in the container wrote them: on this host they give nobody rights.
                try copy(path, in: root, to: target, in: try CopyRoot(), options, keepsSetID: false)
            }
        case (.host(let path), .container(let name, path: let target)):
            try withFiles(of: name) { root, _ in
                try copy(path, in: try CopyRoot(), to: target, in: root, options, keepsSetID: options.keepsOwners)
            }
        case (.container(let name, path: let path), .stream):
            try withFiles(of: name) { root, directory in
                let stage = try CopyStage(in: directory)
                var whole = options
                whole.keepsOwners = true
                try copy(path, in: root, to: stage.path, in: try CopyRoot(), whole, keepsSetID: true)
                var packing = PackOptions(compression: .none, workers: 1)
                packing.hasNoWhiteouts = true
                packing.leavesRoot = true
                _ = try LayerPacker(packing).pack(stage.path, to: STDOUT_FILENO)
            }
        case (.stream, .container(let name, path: let target)):
            try withFiles(of: name) { root, directory in
                // Before the archive is read.
                guard let there = try root.open(target, OwnedDescriptor.pathOnly | O_DIRECTORY) else {
                    throw SystemError(
                        "open", root.shown(target), errno: ENOENT,
                        advice: "an archive is unpacked in a directory that is there")
                }
                _ = consume there
                let stage = try CopyStage(in: directory)
                var unpacking = UnpackOptions.possible
                unpacking.hasNoWhiteouts = true
                unpacking.keepsRoot = true
                do throws(LayerError) {
                    _ = try LayerUnpacker(unpacking).unpack(LayerBlob(STDIN_FILENO), into: stage.path)
                } catch {
                    guard case .damaged(let words) = error.reason, error.entry == nil else { throw error }
                    throw EngineError.unsupported(
                        "standard input is not a tar archive, or a damaged one", advice: words)
                }
                var whole = options
                whole.keepsOwners = true
                try copy(stage.path + "/.", in: try CopyRoot(), to: target, in: root, whole, keepsSetID: true)
            }
        case (.container, .container):
            throw EngineError.unsupported(
                "files cannot be copied from one container to another", advice: "copy them to this host first")
        default:
            throw EngineError.unsupported(
                "neither path is in a container", advice: "a path of a container is written CONTAINER:PATH")
        }
    }

    private func copy(
        _ source: String, in from: CopyRoot, to destination: String, in to: CopyRoot, _ options: CopyOptions,
        keepsSetID: Bool
    ) throws {
        Self.setFileModeMask()
        if let file = try from.open(source, OwnedDescriptor.pathOnly) {
            for mount in try from.missing(below: file) {
                warn("what is mounted at \(mount) is not copied: the container does not run")
            }
        }
        var copy = FileCopy(
            keepsOwners: options.keepsOwners, keepsSetID: keepsSetID, leaving: from.kernelFiles)
        try copy.copy(
            CopyPath(source), in: from, to: CopyPath(destination), in: to, followsLink: options.followsLink)
        if copy.omitted > 0 { warn("devices and sockets are not copied: \(copy.omitted) were left out") }
    }

    // MARK: - A container's files

    /// - Parameter body: has the container's root, and the directory of the store that it is in.
    private func withFiles(of text: String, _ body: (CopyRoot, String) throws -> Void) throws {
        let container = try container(text)
        guard !container.isGuest, let snapshot = try images.snapshot(container.id) else {
            throw EngineError.state(
                "copy files of", container.name, container.isGuest ? "a guest" : "without a root",
                advice: container.isGuest ? "share a directory with `isolab run --vm -v`" : "remove it")
        }
        let status = status(of: container)
        if status.isAlive { return try body(try liveRoot(of: container, status), snapshot.directory) }
        // Until the copy is done nobody may start it: overlayfs has one user of what is written.
        guard let care = try shelf.resume(container.id) else {
            throw EngineError.state(
                "copy files of", container.name, "in use by another command",
                advice: "try again when that has ended")
        }
        care.markForCopy()
        do { try body(try restingRoot(of: container, snapshot), snapshot.directory) } catch {
            shelf.end(container.id)
            throw error
        }
        shelf.end(container.id)
        _ = consume care
    }

    /// As its first process sees it, volumes and all else that is mounted included.
    private func liveRoot(of container: StoredContainer, _ status: ContainerStatus) throws -> CopyRoot {
        func pid() throws -> Int32? { try runtime.state(of: container.id).pid }
        guard let process = try pid() else {
            throw EngineError.state(
                "copy files of", container.name, "\(status)", advice: "try again when it runs, or stop it")
        }
        let root = try OwnedDescriptor(opening: "/proc/\(process)/root", OwnedDescriptor.pathOnly | O_DIRECTORY)
        let kernelFiles = try KernelFiles(of: "\(process)")
        // The number may have become another's: not while the container's own process still has it.
        guard try pid() == process else {
            throw EngineError.state("copy files of", container.name, "ending", advice: "try again")
        }
        return CopyRoot(root, of: container.name, kernelFiles: kernelFiles)
    }

    /// Mounted for a moment where nobody else sees it: the open root keeps it, and whatever happens to this process, nothing stays.
    private func restingRoot(of container: StoredContainer, _ snapshot: Snapshot) throws -> CopyRoot {
        let mounts = container.settings?["Mounts"]?.elements ?? []
        let absent = mounts.compactMap { $0["Destination"]?.string } + HostFiles.paths.sorted()
        let volumes = Set(
            mounts.filter { $0["Type"]?.string == "volume" }.compactMap { $0["Destination"]?.string })
        switch snapshot.root() {
        case .directory(let path):
            let root = try OwnedDescriptor(opening: path, OwnedDescriptor.pathOnly | O_DIRECTORY)
            return CopyRoot(root, of: container.name, absentMounts: absent, absentVolumes: volumes)
        case .overlay(let overlay):
            let thread = try PrivateMountThread(hiding: [])
            defer { thread.end() }
            return try thread.run { () throws(SystemError) in
                try overlay.mount(at: snapshot.directory)
                defer { umount2(snapshot.directory, Int32(MNT_DETACH)) }
                let root = try OwnedDescriptor(opening: snapshot.directory, OwnedDescriptor.pathOnly | O_DIRECTORY)
                return CopyRoot(root, of: container.name, absentMounts: absent, absentVolumes: volumes)
            }
        }
    }
}
