import Content
import Glibc
import Images
import Linux
import OCI
import TestSupport
import Testing

/// Removal, collection and checks.
@Suite struct UpkeepTests {
    let directory: TemporaryDirectory
    let store: ImageStore

    init() throws {
        directory = try TemporaryDirectory()
        store = try ImageStore(root: directory.path)
    }

    /// A name goes before the image does, and blobs that two images share stay until both are gone.
    @Test func removalByName() throws {
        let shared = "echo shared > shared"
        let one = try TestImage.make(in: store, layers: [shared, "echo one > one"], names: ["one", "uno"])
        let two = try TestImage.make(in: store, layers: [shared, "echo two > two"], names: ["two"])
        let untagged = try store.remove("uno")
        #expect(
            untagged.untagged.map(\.familiar) == ["uno:latest"] && untagged.images.isEmpty && untagged.blobs.isEmpty)
        let removed = try store.remove("one")
        #expect(removed.untagged.map(\.familiar) == ["one:latest"] && removed.images == [one.id])
        // The manifest, the configuration, and the layer that was its alone.
        #expect(Set(removed.blobs) == [one.descriptor.digest, one.id, one.manifest.layers[1].digest])
        #expect(removed.size > 0)
        #expect(try store.check().problems.isEmpty)
        #expect(try store.remove("two").blobs.count == 4)
        #expect(try store.content.digests().isEmpty)
        #expect(throws: ImageError.unknown("two")) { try store.remove("two") }
        _ = two
    }

    /// By its identifier, an image with several names goes only by force.
    @Test func removalByIdentifier() throws {
        let image = try TestImage.make(in: store, layers: ["touch a"], names: ["one", "two"])
        #expect(
            throws: ImageError.inUse(
                image.id.short, by: ["name one:latest", "name two:latest", "remove each, or force it"])
        ) { try store.remove(image.id.short) }
        #expect(try store.remove(image.id.short, force: true).untagged.count == 2)
        #expect(try store.images().isEmpty)
    }

    /// A container keeps its image, and by force removed, what it runs on.
    @Test func containersKeepTheirImages() throws {
        let image = try TestImage.make(in: store, layers: ["echo 1 > file"], names: ["app"])
        let snapshot = try store.makeSnapshot("c1", of: image, form: .overlay)
        #expect(throws: ImageError.inUse("app", by: ["container c1", "guest g1"])) {
            try store.remove("app", users: { $0 == image.id ? ["guest g1"] : [] })
        }
        #expect(try store.prune(all: true).images.isEmpty)
        let removed = try store.remove("app", force: true)
        #expect(removed.images == [image.id] && removed.blobs.isEmpty && removed.layers.isEmpty)
        #expect(SystemFile.exists(snapshot.stack.path + "/0/file"))
        try store.removeSnapshot("c1")
        let collected = try store.collectGarbage()
        #expect(collected.blobs.count == 3)
        #expect(collected.layers == image.configuration.rootfs.diffIDs.map { String($0.hexadecimal) })
        #expect(try SystemFile.names(in: store.root + "/layers").isEmpty)
        #expect(try SystemFile.names(in: store.root + "/stacks").isEmpty)
    }

    /// Pruning takes images without names; with `all` whatever no container uses. What is said about a kept image is kept.
    @Test func pruning() throws {
        let old = try TestImage.make(in: store, layers: ["echo old > f"], names: ["app"])
        let new = try TestImage.make(in: store, layers: ["echo new > f"], names: ["app"])
        let empty = try store.put(Array("{}".utf8), .empty)
        let signature = ImageManifest(
            artifactType: MediaType("application/vnd.example.signature"), config: empty, layers: [empty],
            subject: new.descriptor)
        try store.add(try store.put(signature.json(), .imageManifest))
        #expect(try store.images().count == 2)
        let pruned = try store.prune()
        #expect(pruned.images == [old.id])
        #expect(pruned.blobs.contains(old.descriptor.digest))
        #expect(store.content.contains(empty.digest))
        #expect(try store.prune().images.isEmpty)
        // With the image goes what was said about it.
        #expect(Set(try store.prune(all: true).images) == [new.id, empty.digest])
        #expect(try store.content.digests().isEmpty)
    }

    /// What speaks of a platform's image in an index stays, and what speaks of that, too; Docker's attestations, which look like
    /// images, are none.
    @Test func referrersOfPlatforms() throws {
        let image = try TestImage.make(in: store, layers: ["echo new > f"], names: ["app"])
        let empty = try store.put(Array("{}".utf8), .empty)
        let statement = try store.put(Array("statement".utf8), MediaType("application/vnd.in-toto+json"))
        let configuration = ImageConfiguration(
            platform: Platform(architecture: "unknown", os: "unknown"), rootfs: .init(diffIDs: [statement.digest]))
        let config = try store.put(configuration.json(), .imageConfiguration)
        var attestation = try store.put(
            ImageManifest(config: config, layers: [statement]).json(), .imageManifest)
        attestation.platform = configuration.platform
        var platform = image.descriptor
        platform.platform = .host
        let index = try store.put(ImageIndex(manifests: [platform, attestation]).json(), .imageIndex)
        try store.add(index, as: [try ImageReference("multi")])
        try store.untag(try ImageReference("app"))
        func artifact(about subject: Descriptor) throws -> Descriptor {
            let type = MediaType("application/vnd.example.signature")
            let manifest = ImageManifest(artifactType: type, config: empty, layers: [empty], subject: subject)
            let descriptor = try store.put(manifest.json(), .imageManifest)
            try store.add(descriptor)
            return descriptor
        }
        let signature = try artifact(about: image.descriptor)
        let counter = try artifact(about: signature)
        let orphan = try artifact(about: Descriptor(.imageManifest, of: [1]))
        #expect(
            try store.referrers() == [
                image.descriptor.digest: [signature], signature.digest: [counter],
                Digest(sha256Of: [1]): [orphan],
            ])
        let listed = try store.images().filter { $0.name != nil }
        #expect(listed.map(\.platforms.count) == [1] && listed.map(\.problem) == [nil])
        #expect(try store.prune().blobs == [orphan.digest])
        #expect(try store.referrers().count == 2)
        // The image alone has the same subject: what speaks of it stays with the last that leads to it.
        try store.add(image.descriptor, as: [try ImageReference("alone")])
        #expect(try store.remove("multi").blobs.contains(attestation.digest))
        #expect(try store.referrers().count == 2)
        _ = try store.remove("alone")
        #expect(try store.content.digests().isEmpty)
    }

    /// What was brought under a lease stays, and so does what was there before and is needed again.
    @Test func leases() throws {
        let before = try store.content.put(Array("before".utf8))
        try #require(
            utimensat(
                AT_FDCWD, store.content.path(of: before),
                [timespec(tv_sec: 1, tv_nsec: 0), timespec(tv_sec: 1, tv_nsec: 0)], 0) == 0)
        let stale = try store.content.put(Array("stale".utf8))
        try #require(
            utimensat(
                AT_FDCWD, store.content.path(of: stale),
                [timespec(tv_sec: 1, tv_nsec: 0), timespec(tv_sec: 1, tv_nsec: 0)], 0) == 0)
        var lease: ContentLease? = try store.content.lease()
        #expect(try store.content.retain(before, size: 6))
        #expect(try !store.content.retain(before, size: 7))
        let after = try store.content.put(Array("after".utf8))
        #expect(try store.collectGarbage().blobs == [stale])
        withExtendedLifetime(lease) {}
        lease = nil
        #expect(Set(try store.collectGarbage().blobs) == [before, after])
    }

    /// A check names what is damaged and missing; repairing makes room for what will be brought anew.
    @Test func checkAndRepair() throws {
        let image = try TestImage.make(in: store, layers: ["echo 1 > a", "echo 2 > b"], names: ["app"])
        let report = try store.check()
        #expect(report.blobs == 4 && report.problems.isEmpty)
        #expect(try report.size == blobSizes())
        let layer = image.manifest.layers[0].digest
        let original = try store.content.bytes(of: layer, limit: 1 << 20)
        try SystemFile.write("x", to: store.content.path(of: layer))
        let found = Digest(sha256Of: [UInt8(ascii: "x")] + original.dropFirst())
        #expect(try store.check().problems == [.damaged(layer, found: found)])
        #expect(try store.check(repairing: true).problems.contains(.missing(layer, image: "app:latest")))
        #expect(try store.check().problems == [.missing(layer, image: "app:latest")])
        try store.content.put(original)
        #expect(try store.check().problems.isEmpty)
        // A damaged document: nothing is collected, since nobody knows what it named.
        try SystemFile.write("x", to: store.content.path(of: image.descriptor.digest))
        #expect(throws: ImageError.self) { try store.collectGarbage() }
        #expect(store.content.contains(layer))
        #expect(try store.images().first?.problem != nil)
    }

    private func blobSizes() throws -> Int64 {
        try store.content.digests().reduce(0) { $0 + (store.content.size(of: $1) ?? 0) }
    }
}
