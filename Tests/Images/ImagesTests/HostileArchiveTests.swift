import Content
import Glibc
import Images
import Linux
import OCI
import TestSupport
import Testing

/// Archives and layouts that take much time or memory, or lead elsewhere: each is refused soon, and nothing of it stays.
@Suite struct HostileArchiveTests {
    let directory: TemporaryDirectory
    let store: ImageStore
    let layout: String

    init() throws {
        directory = try TemporaryDirectory()
        store = try ImageStore(root: directory.path + "/store")
        layout = directory.path + "/layout"
        try SystemFile.makeDirectories(layout + "/blobs/sha256")
        try SystemFile.replace(layout + "/oci-layout", with: ImageLayout().json())
    }

    /// Puts a document into the layout.
    private func put(_ bytes: [UInt8], _ type: MediaType) throws -> Descriptor {
        let found = Descriptor(type, of: bytes)
        try SystemFile.replace("\(layout)/blobs/sha256/\(found.digest.hexadecimal)", with: bytes)
        return found
    }

    private func put(_ index: ImageIndex) throws -> Descriptor { try put(index.json(), .imageIndex) }

    private func setEntries(_ entries: [Descriptor]) throws {
        try SystemFile.replace(layout + "/index.json", with: ImageIndex(manifests: entries).json())
    }

    /// The layout is refused as a directory and as an archive of it.
    private func refuse(_ words: String) throws {
        try TestImage.run("tar -C \(layout) -cf \(directory.path)/x.tar .")
        for path in [layout, directory.path + "/x.tar"] { try refuse(path, words) }
    }

    private func refuse(_ path: String, _ words: String) throws {
        let error = #expect(throws: ImageError.self) { try store.load(path) }
        let text = error.map(\.description) ?? ""
        #expect(words.isEmpty || text.contains(words), "\(path): \(text)")
        #expect(try store.images().isEmpty && store.content.ingests().isEmpty && store.content.digests().isEmpty)
    }

    // MARK: Documents

    /// A thousand times the same index within a thousand times the same: read once each, not a thousand million times.
    @Test func nestedIndexes() throws {
        let absent = Descriptor(.imageManifest, of: [1, 2, 3])
        var entry = absent
        for _ in 0..<3 { entry = try put(ImageIndex(manifests: Array(repeating: entry, count: 1000))) }
        try setEntries([entry])
        try refuse("\(absent.digest)")
        try setEntries([try put(ImageIndex(manifests: [entry]))])
        try refuse("nested too deeply")
    }

    @Test func imagesWithoutEnd() throws {
        let absent = (0..<2000).map { Descriptor(.imageManifest, of: Array("\($0)".utf8)) }
        try setEntries(absent)
        try refuse("more than 1000 images")
        let image = "{\"Config\":\"c\",\"RepoTags\":null,\"Layers\":[]}"
        let list = Array(repeating: image, count: 2000).joined(separator: ",")
        try SystemFile.replace(directory.path + "/manifest.json", with: Array("[\(list)]".utf8))
        try TestImage.run("tar -cf docker.tar manifest.json", in: directory.path)
        try refuse(directory.path + "/docker.tar", "more than 1000 images")
    }

    @Test func namesWithoutEnd() throws {
        let names = (0..<5000).map { "\"n:\($0)\"" }.joined(separator: ",")
        try SystemFile.replace(directory.path + "/c", with: ImageConfiguration(rootfs: .init(diffIDs: [])).json())
        try SystemFile.replace(
            directory.path + "/manifest.json",
            with: Array("[{\"Config\":\"c\",\"RepoTags\":[\(names)],\"Layers\":[]}]".utf8))
        try TestImage.run("tar -cf docker.tar c manifest.json", in: directory.path)
        try refuse(directory.path + "/docker.tar", "more than 4000 names")
    }

    /// Large manifests, each within its own limit, below one name.
    @Test func documentsWithoutEnd() throws {
        let config = try put(ImageConfiguration(rootfs: .init(diffIDs: [])).json(), .imageConfiguration)
        let filling = String(repeating: "a", count: 3_900_000)
        let manifests = try (0..<18).map { number in
            let manifest = ImageManifest(config: config, layers: [], annotations: ["\(number)": filling])
            return try put(manifest.json(), .imageManifest)
        }
        try setEntries([try put(ImageIndex(manifests: manifests))])
        try refuse("MiB of documents")
    }

    /// The store's own list never becomes larger than is read again.
    @Test func ownIndexStaysReadable() throws {
        try TestImage.make(in: store, layers: ["touch a"], names: ["one"])
        try TestImage.make(in: store, layers: ["touch b"], names: ["two"])
        var index = try store.index()
        index.manifests[1].annotations["filling"] = String(repeating: "a", count: (16 << 20) - 4000)
        try SystemFile.replace(store.root + "/index.json", with: index.json())
        let long = String(repeating: "a", count: 120)
        let error = #expect(throws: ImageError.self) {
            for number in 0..<50 { try store.tag("one", as: ImageReference("\(long):\(number)")) }
        }
        #expect(error?.description.contains("index.json") == true, "\(String(describing: error))")
        #expect(try !store.images().isEmpty)
        try store.untag(ImageReference("one"))
    }

    // MARK: Files

    /// Links of a layout stay in it, and nothing but regular files is opened, whatever opening it would do.
    @Test func linksOfLayouts() throws {
        try SystemFile.replace(directory.path + "/secret", with: Array("secret".utf8))
        try TestImage.run("ln -s ../secret index.json", in: layout)
        try refuse(layout, "lacks the file index.json")
        try TestImage.run("rm index.json; mkfifo index.json", in: layout)
        try refuse(layout, "is not a file")
        try TestImage.run("rm index.json", in: layout)
        let digest = Digest(sha256Of: Array("secret".utf8))
        try setEntries([Descriptor(mediaType: .imageManifest, digest: digest, size: 6)])
        try TestImage.run("ln -s ../../../secret \(digest.hexadecimal)", in: layout + "/blobs/sha256")
        try refuse(layout, "\(digest)")
        // Within it they are followed.
        let image = try TestImage.make(in: store, layers: ["touch a"], names: ["one"])
        let file = try OwnedDescriptor(opening: directory.path + "/good.tar", O_WRONLY | O_CREAT)
        try store.save(["one"], to: file.number, format: .oci)
        try TestImage.run(
            "mkdir good && tar -C good -xf good.tar && cd good && mv blobs/sha256 all && ln -s ../all blobs/sha256",
            in: directory.path)
        let other = try ImageStore(root: directory.path + "/other")
        #expect(try other.load(directory.path + "/good").map(\.target.digest) == [image.descriptor.digest])
    }

    /// Holes of terabytes are not written out.
    @Test func hugeBlobOfHoles() throws {
        let digest = Digest(sha256Of: [1])
        let config = try put(ImageConfiguration(rootfs: .init(diffIDs: [digest])).json(), .imageConfiguration)
        let layer = Descriptor(mediaType: .layer, digest: digest, size: 1 << 40)
        try setEntries([try put(ImageManifest(config: config, layers: [layer]).json(), .imageManifest)])
        try TestImage.run("truncate -s 1T \(digest.hexadecimal)", in: layout + "/blobs/sha256")
        try refuse(layout, "as large as it is on disk")
    }

    /// Names are kept in memory: of many entries not many megabytes of them.
    @Test func hugeNames() throws {
        var bytes: [UInt8] = []
        for number in 0..<4400 { bytes += Tar.entry(named: "\(number)" + String(repeating: "/aaaaaaaaa", count: 400)) }
        try SystemFile.replace(directory.path + "/x.tar", with: bytes + [UInt8](repeating: 0, count: 1024))
        try refuse(directory.path + "/x.tar", "MiB of names")
    }

    /// What is passed over is looked at as well.
    @Test func bombThatIsPassedOver() throws {
        try TestImage.run(
            "mkdir l && truncate -s 400M l/json && tar -cf - l/json | zstd -qc > x.tar", in: directory.path)
        try refuse(directory.path + "/x.tar", "times as large")
    }

    /// Cut off anywhere, compressed or not.
    @Test(arguments: ["cat", "gzip -c", "zstd -qc"]) func truncated(_ program: String) throws {
        let source = try ImageStore(root: directory.path + "/source")
        try TestImage.make(in: source, layers: ["head -c 20000 /dev/urandom > a"], names: ["one"])
        let file = try OwnedDescriptor(opening: directory.path + "/whole", O_WRONLY | O_CREAT)
        try source.save(["one"], to: file.number, format: .docker)
        try TestImage.run("\(program) < whole > packed", in: directory.path)
        let whole = try SystemFile.bytes(of: directory.path + "/packed")
        // Without the two empty blocks at its end, or with the image whole before it, it may be taken.
        for _ in 0..<12 {
            let cut = Int.random(in: 1..<max(2, whole.count - 16_000))
            try SystemFile.replace(directory.path + "/x.tar", with: Array(whole[..<cut]))
            try refuse(directory.path + "/x.tar", "")
        }
    }
}

/// Archives as bytes, for what `tar` does not make.
private enum Tar {
    /// A symbolic link; a long name stands in an entry of its own (GNU).
    static func entry(named name: String) -> [UInt8] {
        let bytes = Array(name.utf8) + [0]
        let filled = bytes + [UInt8](repeating: 0, count: (512 - bytes.count % 512) % 512)
        return header("././@LongLink", size: bytes.count, type: "L") + filled
            + header(String(name.prefix(90)), size: 0, type: "2")
    }

    private static func header(_ name: String, size: Int, type: Character) -> [UInt8] {
        var block = [UInt8](repeating: 0, count: 512)
        func set(_ text: String, at offset: Int) {
            block.replaceSubrange(offset..<offset + text.utf8.count, with: text.utf8)
        }
        func octal(_ number: Int, _ width: Int) -> String {
            let text = String(number, radix: 8)
            return String(repeating: "0", count: width - text.utf8.count) + text
        }
        set(name, at: 0)
        set("0000644", at: 100)
        set(octal(size, 11), at: 124)
        set("00000000000", at: 136)
        set("        ", at: 148)
        set(String(type), at: 156)
        if type == "2" { set("a", at: 157) }
        set("ustar  ", at: 257)
        set(octal(block.reduce(0) { $0 + Int($1) }, 6), at: 148)
        block[154] = 0
        return block
    }
}
