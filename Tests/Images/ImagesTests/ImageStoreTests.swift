import Content
import Glibc
import Images
import Linux
import OCI
import TestSupport
import Testing

@Suite struct ImageStoreTests {
    let directory: TemporaryDirectory
    let store: ImageStore

    init() throws {
        directory = try TemporaryDirectory()
        store = try ImageStore(root: directory.path)
    }

    /// A store that was just made is an image layout without images, and opening it again changes nothing.
    @Test func emptyStore() throws {
        #expect(try ImageLayout(json: SystemFile.bytes(of: directory.path + "/oci-layout")).version == "1.0.0")
        #expect(try store.images().isEmpty)
        #expect(throws: ImageError.unknown("busybox")) { try store.image("busybox") }
        _ = try ImageStore(root: directory.path)
    }

    /// Layers hold programs with set-user-id bits: nobody else on the host may reach them (CVE-2021-41091).
    @Test func nobodyElseReachesLayers() throws {
        let root = directory.path + "/new/images"
        _ = try ImageStore(root: root)
        for path in [root, root + "/layers", root + "/containers"] {
            var status = stat()
            try #require(lstat(path, &status) == 0)
            #expect(status.st_mode & 0o777 == 0o700, "\(path)")
        }
    }

    /// Whoever wrote the manifests of an index chose the sizes in them: those that no blob has get no name, and end nobody.
    @Test func greatestSizes() throws {
        let configuration = try store.put(
            ImageConfiguration(platform: .host, rootfs: .init(diffIDs: [Digest(sha256Of: [1]), Digest(sha256Of: [2])]))
                .json(), .imageConfiguration)
        let entries = try (0..<3).map { number in
            var layer = try store.put([UInt8(number)], .layer)
            layer.size = .max - Int64(number % 2)
            let manifest = ImageManifest(config: configuration, layers: [layer, layer])
            var entry = try store.put(manifest.json(), .imageManifest)
            entry.platform = .host
            return entry
        }
        let index = try store.put(ImageIndex(manifests: entries).json(), .imageIndex)
        let error = #expect(throws: ImageError.self) { try store.add(index, as: [ImageReference("great")]) }
        #expect(error?.description.contains("1 bytes long") == true, "\(error.map(\.description) ?? "")")
        #expect(try store.images().isEmpty)
    }

    /// An image is found by its names, its digests and the beginning of its identifier.
    @Test func lookup() throws {
        let sample = try SampleImage(in: store, "one")
        try store.add(sample.descriptor, as: [ImageReference("busybox"), ImageReference("localhost:5000/team/app:v1")])
        for text in [
            "busybox", "busybox:latest", "docker.io/library/busybox", "localhost:5000/team/app:v1",
            "busybox@\(sample.descriptor.digest)", sample.descriptor.digest.description, sample.id.description,
            sample.id.short, String(sample.id.hexadecimal.prefix(4)),
        ] {
            let image = try store.image(text)
            #expect(image.id == sample.id)
            #expect(image.names.map(\.familiar) == ["busybox:latest", "localhost:5000/team/app:v1"])
        }
        for text in ["busybox:v1", "localhost:5000/team/app", "team/app:v1", "ffffffffffff"] {
            #expect(throws: ImageError.unknown(text)) { try store.image(text) }
        }
        #expect(try store.image("sha256:\(sample.id.hexadecimal.prefix(6))").id == sample.id)
        // Too short, or the beginning of something else than the identifier; in a Containerfile, no bare beginning at all.
        for text in [
            String(sample.id.hexadecimal.prefix(3)), "sha256:\(sample.id.hexadecimal.prefix(3))",
            String(sample.descriptor.digest.hexadecimal.prefix(12)),
        ] {
            #expect(throws: ImageError.unknown(text)) { try store.image(text) }
        }
        #expect(throws: ImageError.unknown(sample.id.short)) { try store.image(sample.id.short, byBeginning: false) }
        #expect(store.identifier(of: sample.descriptor) == sample.id)
        #expect(try store.images().map(\.name?.familiar) == ["busybox:latest", "localhost:5000/team/app:v1"])
    }

    /// A name that moves on leaves the image it stood for without one.
    @Test func namesMove() throws {
        let one = try SampleImage(in: store, "one")
        let two = try SampleImage(in: store, "two")
        let name = try ImageReference("app")
        try store.add(one.descriptor, as: [name])
        try store.add(two.descriptor, as: [name])
        #expect(try store.image("app").id == two.id)
        #expect(try store.images().filter(\.isDangling).map(\.id) == [one.id])
        try store.tag(one.id.short, as: ImageReference("old:1"))
        #expect(try store.images().filter(\.isDangling).isEmpty)
        try store.untag(name)
        #expect(throws: ImageError.unknown("app")) { try store.image("app") }
        #expect(try store.image(two.id.short).names.isEmpty)
    }
}

/// An image made of bytes alone: its layers are no archives.
struct SampleImage {
    let descriptor: Descriptor
    let id: Digest

    init(in store: ImageStore, _ content: String, platform: Platform = .host) throws {
        let layer = try store.put(Array(content.utf8), .layer)
        let configuration = ImageConfiguration(platform: platform, rootfs: .init(diffIDs: [layer.digest]))
        let config = try store.put(configuration.json(), .imageConfiguration)
        descriptor = try store.put(ImageManifest(config: config, layers: [layer]).json(), .imageManifest)
        id = config.digest
    }
}
