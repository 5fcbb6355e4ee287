import Glibc
import Linux
import OCI
import Testing

@testable import Layers

/// Against GNU tar and umoci as witnesses: what they pack is unpacked as they do, what is packed here they unpack.
@Suite(.enabled(if: TestHost.isRoot, "needs root, for owners and devices")) struct RoundTripTests {
    /// A tree with one of everything.
    static let everything = """
        mkdir -p tree/a/b tree/empty "tree/name with spaces" tree/deep && cd tree
        head -c 300000 /dev/urandom > a/random
        printf hello > a/b/hello; chmod 4755 a/b/hello; chown 12:34 a/b/hello
        ln a/b/hello a/linked; ln -s b/hello a/symbolic; ln -s /nowhere dangling; ln -s b a/directory-link
        : > empty-file; chmod 0 empty-file
        mkfifo pipe; mknod null c 1 3; mknod disk b 8 17; chmod 640 disk; chown 0:6 disk
        chmod 1777 empty; chmod 2750 deep; chown 1000:1000 deep
        printf x > "name with spaces/ü→ñ"
        printf y > "$(printf 'not\\377utf8')"
        n=$(printf 'n%.0s' $(seq 120)); mkdir -p "deep/$n/$n"; printf long > "deep/$n/$n/$n"; ln -s "$n/$n/$n" deep/long
        truncate -s 5M sparse; printf middle | dd of=sparse bs=1 seek=2000000 conv=notrunc 2>/dev/null
        printf start | dd of=sparse bs=1 conv=notrunc 2>/dev/null
        truncate -s 1M holes
        find . -exec touch -h -d '2020-02-03 04:05:06' {} +
        touch -d '1965-01-01 00:00:00Z' a/random; touch -d '2100-01-01 00:00:00Z' a/b
        """

    @Test(arguments: [("cat", MediaType.Compression.none), ("gzip", .gzip), ("zstd", .zstandard)])
    func gnuTarIsUnpacked(compressor: String, compression: MediaType.Compression) throws {
        let fixture = try UnpackFixture()
        try fixture.shell(Self.everything)
        for format in ["gnu", "pax", "posix --sparse", "gnu --sparse"] {
            try fixture.shell("tar -C tree --format=\(format) -cf archive . && \(compressor) < archive > blob")
            let file = try OwnedDescriptor(opening: fixture.path + "/blob", O_RDONLY)
            let digest = try Digest(sha256OfFile: fixture.path + "/blob")
            let diffID = try Digest(sha256OfFile: fixture.path + "/archive")
            let size = Int64(try fixture.status("blob").st_size)
            let blob = LayerBlob(file.number, mediaType: compression.layer, digest: digest, diffID: diffID, size: size)
            let content = try LayerUnpacker(UnpackOptions()).unpack(blob, into: fixture.layer)
            #expect(content.digest == digest)
            #expect(content.diffID == diffID)
            #expect(content.compression == compression)
            #expect(content.size == size)
            try fixture.shell("mkdir witness; tar -C witness -xpf archive")
            try fixture.expectSame("layer", "witness", format)
            try fixture.shell("rm -rf witness layer")
        }
    }

    /// Names, and what links lead to, are bytes: no UTF-8, UTF-8 that is not composed, longer than a header's field; in every
    /// format, and once more when they are packed here.
    @Test(arguments: ["gnu", "pax"]) func namesAreBytes(format: String) throws {
        let fixture = try UnpackFixture()
        let names: [[UInt8]] = [
            [0x61, 0xFF, 0x62], Array("e\u{301}".utf8), Array("\u{E9}".utf8), Array("中文".utf8), [0xED, 0xA0, 0x80],
            [UInt8](repeating: 0xFE, count: 200), Array(String(repeating: "長", count: 80).utf8),
        ]
        try fixture.shell("mkdir tree")
        func path(_ name: [UInt8]) -> [CChar] { FileName.terminated(Array("\(fixture.path)/tree/".utf8) + name) }
        for (number, name) in names.enumerated() {
            close(open(path(name), O_WRONLY | O_CREAT, 0o644))
            #expect(link(path(name), path(Array("hard-\(number)".utf8))) == 0)
            #expect(symlink(FileName.terminated(name), path(Array("soft-\(number)".utf8))) == 0)
        }
        let listing = "find . -printf '%p>%l>%n\\n' | LC_ALL=C sort | od -An -tx1 -v"
        let expected = try fixture.shell("cd tree; \(listing)")
        try fixture.shell("tar -C tree --format=\(format) -cf blob .")
        try fixture.unpack(try SystemFile.bytes(of: fixture.path + "/blob"))
        #expect(try fixture.shell("cd layer; \(listing)") == expected)

        let file = try OwnedDescriptor(opening: fixture.path + "/packed", O_RDWR | O_CREAT)
        let content = try LayerPacker(PackOptions(compression: .none)).pack(fixture.layer, to: file.number)
        try fixture.shell("rm -r layer; mkdir witness; tar -C witness -xf packed; cd witness; \(listing) > ../listing")
        #expect(try fixture.shell("cat listing") == expected)
        lseek(file.number, 0, SEEK_SET)
        _ = try LayerUnpacker().unpack(LayerBlob(file.number, content.descriptor), into: fixture.layer)
        #expect(try fixture.shell("cd layer; \(listing)") == expected)
    }

    /// The same by an archive in which the records name another set of characters (`hdrcharset`), as bsdtar writes it; what else is
    /// wrong with an entry of such a name is found all the same.
    @Test func namesInRecords() throws {
        let name: [UInt8] = [0x61, 0xFF, 0x62]
        for records in [[(key: "hdrcharset", value: Array("BINARY".utf8))], []] {
            let fixture = try UnpackFixture()
            try fixture.unpack(
                TarBlocks.made {
                    $0.pax(records + [(key: "path", value: name)])
                    $0.file("other")
                })
            let directory = try OwnedDescriptor(opening: fixture.layer, O_RDONLY)
            #expect(try DirectoryEntries.names(in: directory.number, "layer") == [name])
        }
        let error = #expect(throws: LayerError.self) {
            try UnpackFixture().unpack(
                TarBlocks.made {
                    $0.pax([(key: "path", value: Array("../".utf8) + name)])
                    $0.file("other")
                })
        }
        #expect(error?.reason == .parentReference)
    }

    /// A link whose header names no target, since Go's writer leaves out what is beyond ASCII: its record does, wherever the pieces
    /// end in which the archive comes.
    @Test(arguments: [0, 1000, 300_000, 2_000_000]) func targetInRecordAlone(length: Int) throws {
        let fixture = try UnpackFixture()
        try fixture.unpack(
            TarBlocks.made {
                $0.file("before", String(repeating: "x", count: length))
                $0.pax([(key: "linkpath", value: Array("old".utf8)), (key: "linkpath", value: Array("中文".utf8))])
                $0.link("link", to: "")
                $0.pax([
                    (key: "comment", value: [UInt8](repeating: 0x78, count: length / 3)),
                    (key: "linkpath", value: Array("長".utf8)), (key: "path", value: Array("長い".utf8)),
                ])
                $0.link("", to: "")
                $0.link("plain", to: "before")
            })
        let listing = try fixture.shell("cd layer; for link in link 長い plain; do readlink $link; done")
        #expect(listing == "中文\n長\nbefore\n")
        // None says one.
        #expect(throws: LayerError.self) { try UnpackFixture().unpack(TarBlocks.made { $0.link("link", to: "") }) }
    }

    /// Sparse files stay sparse, whichever of tar's formats told so.
    @Test(arguments: ["gnu", "posix --sparse-version=0.0", "posix --sparse-version=0.1", "posix --sparse-version=1.0"])
    func holesAreKept(format: String) throws {
        let fixture = try UnpackFixture()
        try fixture.shell(
            """
            mkdir tree; truncate -s 64M tree/sparse; printf end | dd of=tree/sparse bs=1 seek=60000000 conv=notrunc 2>/dev/null
            tar -C tree --format=\(format) --sparse -cf archive .
            """)
        try fixture.unpack(try SystemFile.bytes(of: fixture.path + "/archive"))
        #expect(try fixture.status("layer/sparse").st_size == 64 << 20)
        #expect(try fixture.status("layer/sparse").st_blocks < 100)
        try fixture.shell("cmp layer/sparse tree/sparse")
    }

    /// Capabilities are bytes, zero ones among them.
    @Test func capabilities() throws {
        let fixture = try UnpackFixture()
        // cap_net_raw=ep in the form of version 2 (capability.h, vfs_cap_data).
        let capability: [UInt8] = [1, 0, 0, 2, 0, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
        try fixture.unpack(
            TarBlocks.made {
                $0.pax([
                    (key: "SCHILY.xattr.security.capability", value: capability),
                    (key: "SCHILY.xattr.user.note", value: Array("=\n=".utf8)),
                ])
                $0.add(TarBlocks.Header(name: Array("ping".utf8), mode: 0o755, user: 5), content: [1, 2, 3])
            })
        let attributes = try FileAttributes.read(fixture.layer + "/ping")
        #expect(attributes == ["security.capability": capability, "user.note": Array("=\n=".utf8)])

        let file = try OwnedDescriptor(opening: fixture.path + "/packed", O_RDWR | O_CREAT)
        _ = try LayerPacker().pack(fixture.layer, to: file.number)
        try fixture.shell("mkdir witness; tar --xattrs --xattrs-include='*' -C witness -xzpf packed")
        #expect(try FileAttributes.read(fixture.path + "/witness/ping") == attributes)
    }

    /// What is packed here GNU tar unpacks, and this unpacker too; the same files give the same bytes with any number of threads.
    @Test(arguments: MediaType.Compression.allCases) func packedLayersAreRead(compression: MediaType.Compression) throws
    {
        let fixture = try UnpackFixture()
        try fixture.shell(Self.everything)
        var contents: [LayerContent] = []
        for workers in [1, 2, 3] {
            let file = try OwnedDescriptor(opening: fixture.path + "/packed", O_RDWR | O_CREAT | O_TRUNC)
            contents.append(
                try LayerPacker(PackOptions(compression: compression, workers: workers)).pack(
                    fixture.path + "/tree", to: file.number))
        }
        #expect(Set(contents.map(\.digest)).count == 1)
        #expect(contents[0].digest == (try Digest(sha256OfFile: fixture.path + "/packed")))
        let decompressor = compression == .gzip ? "gzip -dc" : compression == .none ? "cat" : "zstd -dc"
        try fixture.shell("\(decompressor) < packed > archive; mkdir witness; tar -C witness -xpf archive")
        #expect(contents[0].diffID == (try Digest(sha256OfFile: fixture.path + "/archive")))
        #expect(contents[0].size == Int64(try fixture.status("packed").st_size))
        #expect(contents[0].archiveSize == Int64(try fixture.status("archive").st_size))
        // Whole files: entries of GNU's own for sparse ones are not of the layer's format.
        try fixture.expectSame("witness", "tree", holes: false)

        try fixture.shell("touch -d '2020-02-03 04:05:06' tree")
        let file = try OwnedDescriptor(opening: fixture.path + "/packed", O_RDWR | O_CREAT | O_TRUNC)
        let content = try LayerPacker(PackOptions(compression: compression)).pack(
            fixture.path + "/tree", to: file.number)
        lseek(file.number, 0, SEEK_SET)
        let again = try LayerUnpacker(UnpackOptions()).unpack(
            LayerBlob(file.number, content.descriptor, diffID: content.diffID), into: fixture.layer)
        #expect(again == content)
        try fixture.expectSame("layer", "tree", holes: false)
    }

    /// Times after SOURCE_DATE_EPOCH are recorded as it; earlier ones are kept.
    @Test func latestTime() throws {
        let fixture = try UnpackFixture()
        try fixture.shell("mkdir tree; touch -d @1000 tree/old; touch -d @3000 tree/new tree")
        let file = try OwnedDescriptor(opening: fixture.path + "/packed", O_RDWR | O_CREAT)
        _ = try LayerPacker(PackOptions(latestTime: 2000)).pack(fixture.path + "/tree", to: file.number)
        try fixture.shell("mkdir witness; tar -C witness -xzpf packed")
        #expect(try fixture.shell("stat -c %Y witness/old witness/new witness") == "1000\n2000\n2000\n")
    }

    /// umoci unpacks an image of two layers as this unpacker applies them.
    @Test(.enabled(if: TestHost.has("umoci"), "needs umoci")) func asUmociApplies() throws {
        let fixture = try UnpackFixture()
        try fixture.shell(
            """
            mkdir -p one/etc/gone one/opaque/below one/kept two/etc two/opaque two/kept
            echo 1 > one/etc/changed; echo 1 > one/etc/removed; echo 1 > one/etc/gone/file; echo 1 > one/opaque/below/x
            echo 1 > one/kept/file; ln -s etc one/link; ln one/kept/file one/kept/hard
            echo 2 > two/etc/changed; : > two/etc/.wh.removed; : > two/etc/.wh.gone; : > two/opaque/.wh..wh..opq
            echo 2 > two/opaque/new; echo 2 > two/kept/added; chown 7:8 two/kept/added
            find one two -exec touch -h -d '2020-02-03 04:05:06' {} +
            tar -C one -czf one.tar.gz .; tar -C two -czf two.tar.gz .
            umoci init --layout image; umoci new --image image:latest
            tar -C one -cf one.tar .; tar -C two -cf two.tar .
            umoci raw add-layer --image image:latest one.tar; umoci raw add-layer --image image:latest two.tar
            umoci unpack --image image:latest bundle
            """)
        mkdir(fixture.layer, 0o755)
        for name in ["one", "two"] {
            let file = try OwnedDescriptor(opening: "\(fixture.path)/\(name).tar.gz", O_RDONLY)
            _ = try LayerUnpacker(UnpackOptions()).apply(LayerBlob(file.number), onto: fixture.layer)
        }
        try fixture.expectSame("layer", "bundle/rootfs")
    }
}
