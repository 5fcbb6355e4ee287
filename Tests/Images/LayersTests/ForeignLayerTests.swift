import Glibc
import Linux
import OCI
import Testing

@testable import Layers

/// Layers as other tools write them: what every reader takes is taken here.
@Suite(.enabled(if: TestHost.isRoot, "needs root, for owners")) struct ForeignLayerTests {
    private let archive = TarBlocks.made { $0.file("file", "x") }

    /// Bytes behind the archive's end, as eStargz has them, are read, hashed and mean nothing.
    @Test func bytesBehindTheEnd() throws {
        for tail in [Array("garbage".utf8), archive, [UInt8](repeating: 7, count: 100_000)] {
            let fixture = try UnpackFixture()
            let content = try fixture.unpack(archive + tail)
            #expect(content.entries == 1 && content.diffID == Digest(sha256Of: archive + tail))
            #expect(try fixture.shell("ls layer") == "file\n")
        }
    }

    /// An archive of no entries, whichever way it is one, plain or compressed.
    @Test(arguments: [0, 512, 1024, 10240]) func empty(count: Int) throws {
        let zeros = [UInt8](repeating: 0, count: count)
        let fixture = try UnpackFixture()
        let content = try fixture.unpack(zeros)
        #expect(content.entries == 0 && content.diffID == Digest(sha256Of: zeros) && content.digest == content.diffID)
        _ = try fixture.blob(zeros, "zeros")
        for program in ["gzip", "zstd -q"] {
            try fixture.shell("rmdir layer; \(program) -c zeros > packed")
            #expect(try fixture.unpack(SystemFile.bytes(of: fixture.path + "/packed")).diffID == content.diffID)
        }
        #expect(try SystemFile.names(in: fixture.layer).isEmpty)
    }

    /// What the media type says of the compression is often wrong: the content tells.
    @Test func lyingMediaTypes() throws {
        let fixture = try UnpackFixture()
        _ = try fixture.blob(archive, "plain")
        try fixture.shell("gzip -c plain > gzip; zstd -q -c plain > zstd")
        let types: [MediaType] = [
            .layer, .layerGzip, .layerZstandard, .dockerLayer, .dockerLayerGzip, .dockerLayerZstandard,
            MediaType("application/vnd.docker.image.rootfs.diff.tar+zstd"),
        ]
        for name in ["plain", "gzip", "zstd"] {
            for type in types {
                let file = try OwnedDescriptor(opening: "\(fixture.path)/\(name)", O_RDONLY)
                let blob = LayerBlob(file.number, mediaType: type, diffID: Digest(sha256Of: archive))
                _ = try LayerUnpacker(UnpackOptions()).unpack(blob, into: fixture.layer)
                try fixture.shell("cat layer/file && rm -r layer")
            }
        }
    }

    /// An access control list is kept, and the permissions are the header's: in a list's own words the group's are others.
    @Test(.enabled(if: TestHost.has("setfacl"), "needs acl")) func accessControlLists() throws {
        let fixture = try UnpackFixture()
        try fixture.shell(
            """
            mkdir tree && touch tree/file && chmod 640 tree/file && setfacl -m u:1001:rwx,g:1002:r tree/file
            mkdir tree/d && setfacl -d -m u:1003:rx tree/d
            tar --acls --format=pax -C tree -cf archive . && mkdir witness && tar --acls -C witness -xpf archive
            """)
        try fixture.unpack(try SystemFile.bytes(of: fixture.path + "/archive"))
        let list = "getfacl -Rnp . && stat -c '%n %a' file d"
        #expect(try fixture.shell("cd layer && \(list)") == fixture.shell("cd witness && \(list)"))
        #expect(try fixture.shell("getfacl -n layer/file").contains("user:1001:rwx"))
        // And packed here, they come out again.
        let blob = try OwnedDescriptor(opening: fixture.path + "/again", O_RDWR | O_CREAT)
        _ = try LayerPacker(PackOptions(compression: .none)).pack(fixture.layer, to: blob.number)
        try fixture.shell("mv layer first")
        try fixture.unpack(try SystemFile.bytes(of: fixture.path + "/again"))
        #expect(try fixture.shell("cd layer && \(list)") == fixture.shell("cd first && \(list)"))
    }

    /// One that names somebody of whom only the image knows the number is left out, and counted; the permissions stay.
    @Test func namesWithoutNumbers() throws {
        let fixture = try UnpackFixture()
        let content = try fixture.unpack(
            TarBlocks.made {
                $0.pax([
                    (
                        key: "SCHILY.acl.access",
                        value: Array("user::rw-,user:lisa:rwx,group::r--,mask::rwx,other::---".utf8)
                    )
                ])
                $0.file("file", "x", mode: 0o670)
            })
        #expect(content.omitted.attributes == 1)
        #expect(try fixture.status("layer/file").st_mode & 0o7777 == 0o670)
    }

    /// Names in another character set than the archive says, or than this program has, are bytes like others.
    @Test func characterSets() throws {
        let latin: [UInt8] = [0x63, 0xE9]
        let sets: [[(key: String, value: [UInt8])]] = [
            [(key: "path", value: latin)],
            [(key: "hdrcharset", value: Array("BINARY".utf8)), (key: "path", value: latin)],
            [(key: "hdrcharset", value: Array("ISO-IR 8859 1 1998".utf8)), (key: "path", value: latin)],
            [(key: "charset", value: Array("ISO-IR 8859 1 1998".utf8)), (key: "path", value: latin)],
            [(key: "path", value: latin), (key: "uname", value: [0xFC]), (key: "gname", value: [0xFC])],
        ]
        for records in sets {
            let fixture = try UnpackFixture()
            try fixture.unpack(
                TarBlocks.made {
                    $0.pax(records)
                    $0.file("x", "content")
                })
            #expect(try fixture.shell("cat layer/c*") == "content", "\(records)")
            #expect(try fixture.shell("ls layer | od -An -tx1").contains("63 e9 0a"), "\(records)")
        }
    }

    /// A file with holes is written with the zeros it has: many readers of layers know no sparse entries.
    @Test func holesAreZeros() throws {
        let fixture = try UnpackFixture()
        try fixture.shell("mkdir tree && truncate -s 3M tree/holes && printf end >> tree/holes")
        let blob = try OwnedDescriptor(opening: fixture.path + "/blob", O_RDWR | O_CREAT)
        let content = try LayerPacker(PackOptions(compression: .none)).pack(fixture.path + "/tree", to: blob.number)
        #expect(content.archiveSize > 3 << 20)
        #expect(try fixture.shell("grep -c -a GNU blob || true") == "0\n")
        try fixture.shell("mkdir out && tar -C out -xf blob && cmp tree/holes out/holes")
    }
}
