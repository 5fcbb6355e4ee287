import Content
import Glibc
import Images
import Linux
import OCI
import TestSupport
import Testing

/// Images in and out of archives and layouts, between stores of our own.
@Suite struct ArchiveTests {
    let directory: TemporaryDirectory
    let store: ImageStore
    let other: ImageStore

    init() throws {
        directory = try TemporaryDirectory()
        store = try ImageStore(root: directory.path + "/one")
        other = try ImageStore(root: directory.path + "/two")
    }

    private func save(_ images: [String], _ format: ArchiveFormat = .docker) throws -> String {
        let path = directory.path + "/images.tar"
        let file = try OwnedDescriptor(opening: path, O_WRONLY | O_CREAT | O_TRUNC)
        try store.save(images, to: file.number, format: format)
        return path
    }

    /// Several images at once, under all their names, with shared layers once.
    @Test(arguments: ArchiveFormat.allCases) func archives(_ format: ArchiveFormat) throws {
        let shared = "echo shared > shared"
        let one = try TestImage.make(
            in: store, layers: [shared, "echo 1 > a"], names: ["one:1", "localhost:5000/x/one:1"])
        let two = try TestImage.make(in: store, layers: [shared], names: ["two"])
        let path = try save([one.id.short, "two"], format)
        #expect(try TestImage.run("tar tf \(path) | grep -c 'blobs/sha256/.'") == "6\n")
        let loaded = try other.load(path)
        #expect(loaded.map(\.target.digest) == [one.descriptor.digest, two.descriptor.digest])
        #expect(loaded.map { $0.names.map(\.familiar) } == [["one:1", "localhost:5000/x/one:1"], ["two:latest"]])
        #expect(try other.image("one:1") == store.image("one:1"))
        #expect(try other.check().problems.isEmpty)
        // By one of its names, under that one alone.
        let again = try ImageStore(root: directory.path + "/three")
        #expect(try again.load(save(["one:1"], format)).map { $0.names.map(\.familiar) } == [["one:1"]])
    }

    /// A name given at loading stands in place of the archive's.
    @Test func givenName() throws {
        try TestImage.make(in: store, layers: ["touch a"], names: ["one"])
        let path = try save(["one"])
        #expect(try other.load(path, as: [ImageReference("mine")]).first?.names.map(\.familiar) == ["mine:latest"])
        #expect(throws: ImageError.unknown("one")) { try other.image("one") }
    }

    /// Compressed as a whole, and through a pipe.
    @Test(arguments: ["gzip", "zstd", "xz", "cat"]) func compressedArchives(_ program: String) throws {
        let image = try TestImage.make(in: store, layers: ["echo 1 > a"], names: ["one"])
        let path = try save(["one"])
        let pipe = try Pipe()
        let process = try ProcessPlan("/bin/sh", ["-c", "\(program) < \(path)"]).spawn(
            StandardStreams(output: pipe.writeEnd))
        pipe.closeWriteEnd()
        #expect(try other.load(archive: pipe.readEnd).map(\.target.digest) == [image.descriptor.digest])
        #expect(try process.wait().succeeded)
    }

    /// A directory gets images in addition to those it has, and holds nothing but a layout.
    @Test func layouts() throws {
        let one = try TestImage.make(in: store, layers: ["echo 1 > a"], names: ["one"])
        let two = try TestImage.make(in: store, layers: ["echo 2 > a"], names: ["two"])
        let layout = directory.path + "/layout"
        try store.saveLayout(["one"], to: layout)
        try store.saveLayout(["two"], to: layout)
        try store.saveLayout(["one"], to: layout)
        #expect(try SystemFile.names(in: layout) == ["blobs", "index.json", "oci-layout"])
        #expect(try other.load(layout).map(\.target.digest) == [two.descriptor.digest, one.descriptor.digest])
        #expect(try other.images().count == 2)
    }

    /// An image for several platforms stays one, where all of it is here.
    @Test func severalPlatforms() throws {
        let arm = Platform(architecture: "arm64", os: "linux", variant: "v8")
        let own = try TestImage.make(in: store, layers: ["echo own > a"])
        let foreign = try TestImage.make(in: store, layers: ["echo arm > a"], platform: arm)
        let index = ImageIndex(manifests: [
            Descriptor(
                mediaType: .imageManifest, digest: foreign.descriptor.digest, size: foreign.descriptor.size,
                platform: arm),
            Descriptor(
                mediaType: .imageManifest, digest: own.descriptor.digest, size: own.descriptor.size, platform: .host),
        ])
        let target = try store.put(index.json(), .imageIndex)
        try store.add(target, as: [ImageReference("multi")])
        #expect(try store.image("multi").id == own.id)
        #expect(try store.image("multi", platform: arm).id == foreign.id)
        #expect(
            throws: ImageError.otherPlatform(
                "multi", wanted: Platform(architecture: "riscv64", os: "linux"), available: [arm, .host])
        ) { try store.image("multi", platform: Platform(architecture: "riscv64", os: "linux")) }
        let loaded = try other.load(save(["multi"], .oci))
        #expect(loaded.map(\.target.digest) == [target.digest])
        #expect(try other.image("multi", platform: arm).id == foreign.id)
        // Docker's format has one platform.
        let third = try ImageStore(root: directory.path + "/three")
        #expect(try third.load(save(["multi"], .docker)).map(\.target.digest) == [own.descriptor.digest])
        // So has a sparse index: what is not here is not written.
        try store.untag(ImageReference("multi"))
    }

    /// What Docker 25 saves by its identifier: an index that names nothing (`null`), and its own document that names the image.
    @Test(arguments: ["null", "[]"]) func dockerByIdentifier(manifests: String) throws {
        let image = try TestImage.make(in: store, layers: ["echo 1 > a"], names: ["one"])
        let path = try save(["one"])
        let work = directory.path + "/docker25"
        try SystemFile.makeDirectories(work)
        try TestImage.run(
            """
            tar -xf \(path) && printf '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":\(manifests)}' \
            > index.json && tar -cf \(path) *
            """, in: work)
        let loaded = try other.load(path)
        #expect(loaded.map { $0.names.map(\.familiar) } == [["one:latest"]])
        #expect(try other.image("one").id == image.id)
    }

    /// An archive that says nothing of its images but that there are none is told so.
    @Test func emptyIndex() throws {
        let work = directory.path + "/empty"
        try SystemFile.makeDirectories(work)
        try TestImage.run(
            """
            printf '{"imageLayoutVersion":"1.0.0"}' > oci-layout && printf '{"schemaVersion":2,"manifests":null}' > index.json
            tar -cf ../empty.tar *
            """, in: work)
        let error = #expect(throws: ImageError.self) { try other.load(directory.path + "/empty.tar") }
        #expect(error?.description.contains("holds no image") == true)
    }

    /// Docker's older form: a directory a layer, links for those that are there twice, no manifest.
    @Test func legacyDocker() throws {
        let image = try TestImage.make(in: store, layers: ["echo 1 > a", "echo 1 > a", "echo 2 > b"])
        let work = directory.path + "/legacy"
        let config = "\(image.id.hexadecimal).json"
        for (number, name) in ["l1", "l2", "l3"].enumerated() {
            try SystemFile.makeDirectories("\(work)/\(name)")
            let blob = store.content.path(of: image.manifest.layers[number].digest)
            try TestImage.run(
                number == 1
                    ? "ln -s ../l1/layer.tar l2/layer.tar; echo 1.0 > l2/VERSION; echo {} > l2/json"
                    : "cp \(blob) \(name)/layer.tar", in: work)
        }
        try SystemFile.replace(
            "\(work)/\(config)", with: store.content.bytes(of: image.id, limit: 1 << 20))
        let archive = DockerArchive([
            .init(config: config, tags: ["legacy:1"], layers: ["l1/layer.tar", "l2/layer.tar", "l3/layer.tar"])
        ])
        try SystemFile.replace("\(work)/manifest.json", with: archive.json())
        try TestImage.run("tar -C \(work) -cf \(directory.path)/legacy.tar .")
        #expect(try other.load(directory.path + "/legacy.tar").first?.names.map(\.familiar) == ["legacy:1"])
        #expect(try other.image("legacy:1").id == image.id)
        #expect(try other.check().problems.isEmpty)
        // Nothing but the image's own blobs is left.
        #expect(try other.content.digests().count == 4)
    }

    /// What an archive must not hold: each is refused, and nothing of it stays.
    @Test(arguments: [
        ("mkdir a && ln -s ../../etc/passwd a/layer.tar && tar cf ../x.tar a", "links to"),
        ("mkfifo pipe && tar cf ../x.tar pipe", "neither a file nor a link"),
        ("echo x > f && tar cPf ../x.tar ../root/f", "leads out"),
        ("echo x > f && tar cf ../x.tar f f", "is there twice"),
        ("truncate -s 100M f && tar cSf ../x.tar f", "holes"),
        ("mkdir -p blobs/sha256 && echo x > blobs/sha256/zz && tar cf ../x.tar blobs", "not named by a digest"),
        (
            "mkdir -p blobs/sha256 && echo x > blobs/sha256/$(printf %064d 0) && tar cf ../x.tar blobs",
            "is not what its name says"
        ),
        ("echo x > f && tar cf ../x.tar f", "neither index.json nor manifest.json"),
        ("echo '{}' > repositories && tar cf ../x.tar repositories", "before 1.10"),
        ("head -c 5000 /dev/urandom > ../x.tar", "not a tar archive"),
        // A few kilobytes that would become 400 MiB.
        ("truncate -s 400M layer.tar && tar cf - layer.tar | zstd -qc > ../x.tar", "times as large"),
        ("echo '[{\"Config\":\"c\",\"Layers\":[]}]' > manifest.json && tar cf ../x.tar manifest.json", "not in it"),
        (
            "echo '[{\"Config\":\"../c\",\"Layers\":[]}]' > manifest.json && tar cf ../x.tar manifest.json",
            "not the name of a file"
        ),
        (
            "ln -s b a; ln -s a b; echo '[{\"Config\":\"a\",\"Layers\":[]}]' > manifest.json; tar cf ../x.tar a b manifest.json",
            "not in it"
        ),
        ("echo '[{}]' > manifest.json && tar cf ../x.tar manifest.json", "Config"),
        ("head -c 20M /dev/zero > index.json && tar cf ../x.tar index.json", "at most"),
        (
            "echo '{\"imageLayoutVersion\":\"1.0.0\"}' > oci-layout; echo '{\"schemaVersion\":2,\"manifests\":[]}' > index.json; tar cf ../x.tar *",
            "holds no image"
        ),
    ])
    func hostileArchives(_ script: String, _ words: String) throws {
        try SystemFile.makeDirectories(directory.path + "/work/root")
        try TestImage.run(script, in: directory.path + "/work/root")
        let error = #expect(throws: ImageError.self) { try other.load(directory.path + "/work/x.tar") }
        #expect(error?.description.contains(words) == true, "\(error.map(\.description) ?? "")")
        #expect(try other.content.digests().isEmpty && other.content.ingests().isEmpty && other.images().isEmpty)
    }

    /// Images whose documents do not fit together are refused.
    @Test func documentsThatDoNotFit() throws {
        let layer = try store.put(TestImage.archive("touch a"), .layer)
        func config(_ diffIDs: [Digest]) throws -> Descriptor {
            try store.put(ImageConfiguration(rootfs: .init(diffIDs: diffIDs)).json(), .imageConfiguration)
        }
        func add(_ manifest: ImageManifest) throws {
            try store.add(try store.put(manifest.json(), .imageManifest), as: [ImageReference("bad")])
        }
        let good = try config([layer.digest])
        #expect(throws: ImageError.self) { try add(ImageManifest(config: config([]), layers: [layer])) }
        #expect(throws: ImageError.self) { try add(ImageManifest(config: good, layers: [])) }
        var strange = layer
        strange.mediaType = MediaType("application/x-strange")
        #expect(throws: ImageError.self) { try add(ImageManifest(config: good, layers: [strange])) }
        var long = layer
        long.size += 1
        #expect(throws: ImageError.self) { try add(ImageManifest(config: good, layers: [long])) }
        let absent = Descriptor(.layer, of: [1, 2, 3])
        #expect(throws: ImageError.content(.missing(absent.digest, store: store.root))) {
            try add(ImageManifest(config: config([absent.digest]), layers: [absent]))
        }
        let many = Array(repeating: layer, count: ImageGraph.greatestLayers + 1)
        #expect(throws: ImageError.self) {
            try add(ImageManifest(config: config(many.map(\.digest)), layers: many))
        }
        #expect(throws: ImageError.self) { try store.add(layer) }
        #expect(try store.images().isEmpty)
        try add(ImageManifest(config: good, layers: [layer]))
        #expect(try store.images().count == 1)
    }
}
