import Images
import Linux
import OCI
import TestSupport
import Testing

/// Images of real archives, made by tar.
enum TestImage {
    /// An image whose layers are what shell scripts leave in an empty directory each.
    @discardableResult
    static func make(
        in store: ImageStore, layers scripts: [String], names: [String] = [], platform: Platform = .host,
        execution: ImageConfiguration.Execution = .init()
    ) throws -> StoredImage {
        var layers: [Descriptor] = []
        var diffIDs: [Digest] = []
        for script in scripts {
            let archive = try archive(script)
            diffIDs.append(Digest(sha256Of: archive))
            layers.append(try store.put(archive, .layer))
        }
        let configuration = ImageConfiguration(
            created: "2026-01-02T03:04:05Z", platform: platform, execution: execution,
            rootfs: .init(diffIDs: diffIDs), history: scripts.map { .init(createdBy: $0) })
        let config = try store.put(configuration.json(), .imageConfiguration)
        let manifest = ImageManifest(config: config, layers: layers)
        let descriptor = try store.put(manifest.json(), .imageManifest)
        try store.add(descriptor, as: names.map { try ImageReference($0) })
        return try store.image(descriptor.digest.description, platform: platform)
    }

    /// The archive of what a script leaves in an empty directory: the same script's is the same, in whatever second it runs.
    static func archive(_ script: String) throws -> [UInt8] {
        let directory = try TemporaryDirectory()
        try run("mkdir root && cd root && \(script)", in: directory.path)
        try run("tar --numeric-owner --sort=name --mtime=@1767323045 -C root -cf layer.tar .", in: directory.path)
        return try SystemFile.bytes(of: directory.path + "/layer.tar")
    }

    /// Runs a shell command and answers what it wrote; a failure is the test's.
    @discardableResult
    static func run(_ command: String, in directory: String = "/") throws -> String {
        let pipe = try Pipe()
        let process = try ProcessPlan(
            "timeout", ["--kill-after=10", "900", "/bin/sh", "-ec", command], workingDirectory: directory
        ).spawn(
            StandardStreams(output: pipe.writeEnd, error: pipe.writeEnd))
        let output = try pipe.readAll()
        let exit = try process.wait()
        try #require(exit.succeeded, "\(command): \(exit.ending): \(output)")
        return output
    }
}

extension PrivateMountThread {
    /// Runs a shell command with a snapshot's root at `$ROOT`, mounted where it has to be, and answers what it wrote.
    func run(_ command: String, in snapshot: Snapshot) throws -> String {
        guard case .overlay(let overlay) = snapshot.root() else {
            return try TestImage.run("ROOT=\(snapshot.upper); \(command)")
        }
        let root = snapshot.directory + "/mounted"
        try SystemFile.makeDirectories(root)
        return try run { () throws in
            try overlay.mount(at: root)
            defer { try? OverlayMount.unmount(root) }
            return try TestImage.run("ROOT=\(root); \(command)")
        }
    }
}
