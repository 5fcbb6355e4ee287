import Content
import Glibc
import Images
import Layers
import Linux
import OCI
import TestSupport
import Testing

/// What containers changed, and images made of it.
@Suite(.enabled(if: geteuid() == 0, "mounting overlayfs needs root")) struct CommitTests {
    let directory: TemporaryDirectory
    let store: ImageStore
    let mounts: PrivateMountThread

    init() throws {
        directory = try TemporaryDirectory()
        store = try ImageStore(root: directory.path)
        mounts = try PrivateMountThread(hiding: [])
    }

    private static let scripts = [
        "mkdir -p etc bin var/log && echo one > etc/one && echo two > etc/two && echo sh > bin/sh && echo x > var/log/x",
        "mkdir etc && touch etc/.wh.one && echo three > etc/three",
    ]

    @discardableResult
    private func run(_ command: String, in snapshot: Snapshot) throws -> String {
        try mounts.run("cd $ROOT; \(command)", in: snapshot)
    }

    private static let work =
        "echo new > new; mkdir -p a/b; ln -s b a/link; echo 2 >> etc/two; rm etc/three; rm -r var; mkdir var; echo y > var/y"

    /// Added, changed and deleted, as Docker lists them, whether overlayfs kept the account or files are compared.
    @Test(arguments: Snapshot.Form.allCases) func changes(_ form: Snapshot.Form) throws {
        let image = try TestImage.make(in: store, layers: Self.scripts, names: ["base"])
        let snapshot = try store.makeSnapshot("c1", of: image, form: form)
        #expect(try store.changes(in: snapshot).isEmpty)
        try run(Self.work, in: snapshot)
        #expect(
            try store.changes(in: snapshot).map(\.description) == [
                "A /a", "A /a/b", "A /a/link", "C /etc", "D /etc/three", "C /etc/two", "A /new", "C /var", "D /var/log",
                "A /var/y",
            ])
    }

    /// The image of a container shows what the container showed, is its image's child, and keeps what it was told.
    @Test(arguments: Snapshot.Form.allCases, MediaType.Compression.allCases)
    func commit(_ form: Snapshot.Form, _ compression: MediaType.Compression) throws {
        let image = try TestImage.make(
            in: store, layers: Self.scripts, names: ["base"], execution: .init(environment: ["A=1"]))
        let snapshot = try store.makeSnapshot("c1", of: image, form: form)
        try run(Self.work, in: snapshot)
        let list = "find . -type f -exec md5sum {} + | sort; find . | sort"
        let shown = try run(list, in: snapshot)
        var execution = image.configuration.execution
        execution.command = ["/bin/sh"]
        let options = CommitOptions(
            author: "A", comment: "why", createdBy: "test", execution: execution, created: "2026-02-03T04:05:06Z",
            packing: PackOptions(compression: compression))
        let made = try store.commit(snapshot, as: [ImageReference("made:1")], options: options)
        #expect(made.names.map(\.familiar) == ["made:1"])
        #expect(Array(made.configuration.rootfs.diffIDs.prefix(2)) == image.configuration.rootfs.diffIDs)
        #expect(made.manifest.layers.count == 3 && made.manifest.layers[2].mediaType == compression.layer)
        #expect(made.configuration.execution == execution && made.configuration.author == "A")
        #expect(
            made.history.first?.comment == "why" && made.history.first?.diffID == made.configuration.rootfs.diffIDs[2])
        #expect(made.history.map(\.size) == made.manifest.layers.map(\.size).reversed())
        let again = try store.makeSnapshot("c2", of: made, form: .overlay)
        #expect(try run(list, in: again) == shown)
        #expect(try store.changes(in: again).isEmpty)
        #expect(try store.check().problems.isEmpty)
        // The same container makes the same image.
        #expect(try store.commit(snapshot, options: options).id == made.id)
    }

    /// A container that changed nothing makes an image without a layer of its own.
    @Test func nothingChanged() throws {
        let image = try TestImage.make(in: store, layers: Self.scripts, names: ["base"])
        let snapshot = try store.makeSnapshot("c1", of: image)
        let made = try store.commit(snapshot)
        #expect(made.manifest.layers == image.manifest.layers && made.id != image.id && made.names.isEmpty)
        #expect(made.history.first?.layer == nil)
    }

    /// Whose bytes are whose.
    @Test func diskUse() throws {
        let one = try TestImage.make(in: store, layers: [Self.scripts[0], "echo 1 > 1"], names: ["one"])
        let two = try TestImage.make(in: store, layers: [Self.scripts[0], "echo 2 > 2"], names: ["two", "zwei"])
        let snapshot = try store.makeSnapshot("c1", of: one)
        try run("dd if=/dev/zero of=zeros bs=4096 count=16 status=none; ln zeros again", in: snapshot)
        let use = try store.diskUse()
        #expect(use.images.map(\.id) == [one.id, two.id])
        #expect(use.images.map(\.containers) == [["c1"], []])
        let layer = one.manifest.layers[0].size
        // The shared layer, stored and unpacked.
        #expect(use.images.map(\.shared) == [2 * layer, 2 * layer])
        #expect(use.images[1].own == two.descriptor.size + two.manifest.config.size + two.manifest.layers[1].size)
        #expect(use.reclaimable == use.images[1].own)
        #expect(use.containers.map(\.own) == [16 * 4096] && use.containers[0].shared > layer)
        #expect(use.layers == layer + one.manifest.layers[1].size)
        #expect(try store.size(of: snapshot) == 16 * 4096)

        // What two unused images share is freed with both, and counts once.
        let common = "echo common > common"
        let three = try TestImage.make(in: store, layers: [common, "echo 3 > 3"], names: ["three"])
        let four = try TestImage.make(in: store, layers: [common, "echo 4 > 4"], names: ["four"])
        let more = try store.diskUse()
        let own = more.images.filter { [three.id, four.id].contains($0.id) }.map(\.own)
        #expect(own.count == 2 && own.allSatisfy { $0 > 0 })
        #expect(more.reclaimable == use.reclaimable + own.reduce(0, +) + three.manifest.layers[0].size)
        let before = more.blobs + more.layers
        _ = try store.prune(all: true, users: { _ in [] })
        let after = try store.diskUse()
        #expect(before - after.blobs - after.layers == more.reclaimable)
    }
}
