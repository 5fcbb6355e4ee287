import Glibc
import Linux
import OCI
import Testing

@testable import Layers

@Suite(.enabled(if: TestHost.isRoot, "needs root, for owners and devices")) struct UnpackingTests {
    /// Removals become what overlayfs understands, whichever of a layer's entries comes first.
    @Test(arguments: [WhiteoutForm.overlay, .userOverlay]) func whiteouts(form: WhiteoutForm) throws {
        let fixture = try UnpackFixture()
        try fixture.unpack(
            TarBlocks.made {
                $0.file("a/.wh.removed")
                $0.file("a/.wh.removed")
                $0.directory("opaque")
                $0.file("opaque/.wh..wh..opq")
                $0.file("opaque/new", "x")
                $0.file(".wh.replaced")
                $0.directory("replaced")
                $0.file(".wh.implied")
                $0.file("implied/file", "x")
                $0.directory("after")
                $0.file("after/own", "x")
                $0.file(".wh.after")
                $0.file("file", "kept")
                $0.file(".wh.file")
                $0.file(".wh..wh.plnk", "AUFS")
                $0.file(".wh..wh.aufs/x", "AUFS")
            }, UnpackOptions(whiteouts: form))
        #expect(try fixture.status("layer/a/removed").isWhiteout)
        for directory in ["opaque", "replaced", "implied", "after"] {
            #expect(
                try FileAttributes.read("\(fixture.layer)/\(directory)") == [form.opaqueAttribute: [0x79]],
                "\(directory)")
        }
        #expect(try fixture.text("layer/file") == "kept")
        #expect(try fixture.text("layer/after/own") == "x")
        #expect(try fixture.shell("ls -A layer") == "a\nafter\nfile\nimplied\nopaque\nreplaced\n")
    }

    /// On top of lower layers removals remove, but not what the same layer brings.
    @Test func applied() throws {
        let fixture = try UnpackFixture()
        try fixture.shell(
            """
            mkdir -p layer/opaque/sub layer/gone/deep layer/both layer/outer
            echo x > layer/opaque/old; echo x > layer/opaque/sub/old; echo x > layer/gone/deep/file; echo x > layer/both/old
            echo x > layer/file; echo x > layer/outer/kept; ln -s outer layer/link
            """)
        try fixture.apply(
            TarBlocks.made {
                $0.file("opaque/new", "new")
                $0.file("opaque/sub/new", "new")
                $0.file("opaque/.wh..wh..opq")
                $0.file(".wh.gone")
                $0.file(".wh.absent")
                $0.file("absent/.wh.below")
                $0.file("both/own", "new")
                $0.file(".wh.both")
                $0.file(".wh.link")
                $0.directory("file")
            })
        #expect(
            try fixture.shell("cd layer; find . | LC_ALL=C sort") == """
                .
                ./both
                ./both/own
                ./file
                ./opaque
                ./opaque/new
                ./opaque/sub
                ./opaque/sub/new
                ./outer
                ./outer/kept

                """)
    }

    /// Later entries replace earlier ones of any kind.
    @Test func duplicates() throws {
        let fixture = try UnpackFixture()
        try fixture.unpack(
            TarBlocks.made {
                $0.file("a", "1")
                $0.file("a", "2", mode: 0o600)
                $0.directory("b")
                $0.file("b/below/file", "x")
                $0.file("b", "now a file")
                $0.file("c", "x")
                $0.directory("c", mode: 0o700)
                $0.file("c/below", "y")
                $0.link("d", to: "a")
                $0.file("d", "not through the link")
                $0.directory("e", mode: 0o700)
                $0.directory("e", mode: 0o711)
                $0.file("f", "self")
                $0.hardLink("f", to: "f")
                $0.hardLink("g", to: "./f")
                $0.file("f", "other")
            })
        #expect(try fixture.text("layer/a") == "2")
        #expect(try fixture.status("layer/a").st_mode & 0o777 == 0o600)
        #expect(try fixture.text("layer/b") == "now a file")
        #expect(try fixture.text("layer/c/below") == "y")
        #expect(try fixture.text("layer/d") == "not through the link")
        #expect(try fixture.status("layer/e").st_mode & 0o777 == 0o711)
        #expect(try fixture.text("layer/g") == "self")
        #expect(try fixture.text("layer/f") == "other")
    }

    @Test func mappedOwners() throws {
        let fixture = try UnpackFixture()
        let map = IdentifierMap([
            .init(container: 0, host: 100_000, count: 1000), .init(container: 5000, host: 7, count: 1),
        ])
        let options = UnpackOptions(
            whiteouts: .userOverlay, ownership: .mapped(users: map, groups: map), devices: .omit)
        try fixture.unpack(
            TarBlocks.made {
                $0.add(TarBlocks.Header(name: Array("x/file".utf8), user: 999, group: 5000))
            }, options)
        #expect(
            try fixture.shell("stat -c %u:%g layer layer/x layer/x/file") == "100000:100000\n100000:100000\n100999:7\n"
        )
        let unmapped = TarBlocks.made { $0.add(TarBlocks.Header(name: Array("file".utf8), user: 1000)) }
        #expect(throws: LayerError(.ownerNotMapped(1000), entry: "file")) {
            try UnpackFixture().unpack(unmapped, options)
        }

        let file = try OwnedDescriptor(opening: fixture.path + "/packed", O_RDWR | O_CREAT)
        _ = try LayerPacker(PackOptions(ownership: .mapped(users: map, groups: map))).pack(
            fixture.layer, to: file.number)
        #expect(try fixture.shell("tar --numeric-owner -tvzf packed | awk '{print $2}'") == "0/0\n0/0\n999/5000\n")
    }

    /// An ordinary user gets every file as its own, locked directories too, and can remove them all.
    @Test func asOrdinaryUser() async throws {
        await #expect(processExitsWith: .success) {
            guard setgroups(0, nil) == 0, setgid(65534) == 0, setuid(65534) == 0 else { exit(99) }
            let fixture = try UnpackFixture()
            let content = try fixture.unpack(
                TarBlocks.made {
                    $0.directory("locked", mode: 0o500)
                    $0.file("locked/file", "x", mode: 0o400)
                    $0.directory("closed", mode: 0)
                    $0.file("closed/deep/file", "x")
                    $0.device("null", 1, 3)
                    $0.file(".wh.removed")
                    $0.file("opaque/.wh..wh..opq")
                    $0.add(TarBlocks.Header(name: Array("roots".utf8), mode: 0o4755, user: 0, group: 0))
                }, .possible)
            #expect(content.omitted.devices == 1)
            #expect(try fixture.status("layer/roots").st_uid == 65534)
            #expect(try fixture.status("layer/locked").st_mode & 0o7777 == 0o500)
            #expect(try fixture.status("layer/closed").st_mode & 0o7777 == 0)
            #expect(try fixture.status("layer/removed").isWhiteout)
            #expect(try FileAttributes.read(fixture.layer + "/opaque") == ["user.overlay.opaque": [0x79]])
            try TreeRemoval.remove(fixture.layer)
            #expect(!fixture.exists("layer"))
        }
    }

    /// Several members of gzip, several frames of zstd, padding with zeros; and what may not follow them.
    @Test func severalMembers() throws {
        let fixture = try UnpackFixture()
        let archive = TarBlocks.made { $0.file("file", String(repeating: "content ", count: 10000)) }
        _ = try fixture.blob(archive, "archive")
        try fixture.shell(
            """
            head -c 5000 archive > first; tail -c +5001 archive > second
            gzip -c first > gz; gzip -c second >> gz; (zstd -c first; printf 'P*M\\030\\003\\0\\0\\0abc'; zstd -c second) > zst
            (cat gz; head -c 700 /dev/zero) > padded; (cat gz; echo x) > garbage; (cat zst; echo garbage) > zgarbage
            head -c -5 gz > cut; head -c -5 zst > zcut
            """)
        for name in ["gz", "zst", "padded"] {
            let content = try fixture.unpack(try SystemFile.bytes(of: "\(fixture.path)/\(name)"))
            #expect(content.diffID == Digest(sha256Of: archive), "\(name)")
            try fixture.shell("rm -r layer")
        }
        for (name, reason) in [
            ("garbage", LayerError.Reason.trailingData), ("zgarbage", .trailingData), ("cut", .truncated),
            ("zcut", .truncated),
        ] {
            let error = #expect(throws: LayerError.self, "\(name)") {
                try fixture.unpack(try SystemFile.bytes(of: "\(fixture.path)/\(name)"))
            }
            #expect(error?.reason == reason, "\(name)")
            #expect(!fixture.exists("layer"))
        }
    }

    /// What a manifest says of a blob holds, or nothing is left.
    @Test func promisesAreKept() throws {
        let fixture = try UnpackFixture()
        let archive = TarBlocks.made { $0.file("file", "x") }
        let digest = Digest(sha256Of: archive)
        let other = Digest(sha256Of: [])
        let wrong: [(LayerError.Reason, (inout LayerBlob) -> Void)] = [
            (.digestMismatch(expected: other, found: digest), { $0.digest = other }),
            (.diffIDMismatch(expected: other, found: digest), { $0.diffID = other }),
            (.sizeMismatch(expected: 1, found: Int64(archive.count)), { $0.size = 1 }),
            (.unknownMediaType(.imageManifest), { $0.mediaType = .imageManifest }),
        ]
        for (reason, change) in wrong {
            let file = try fixture.blob(archive)
            var blob = LayerBlob(file.number)
            change(&blob)
            #expect(throws: LayerError(reason)) { try LayerUnpacker().unpack(blob, into: fixture.layer) }
            #expect(!fixture.exists("layer"))
        }
        let file = try fixture.blob(archive)
        let long = LayerBlob(file.number, digest: Digest(.sha512, of: archive), diffID: Digest(.sha512, of: archive))
        #expect(try LayerUnpacker().unpack(long, into: fixture.layer).digest.algorithm == .sha512)
        // An existing directory with something in it is not taken for a new one, nor removed.
        let again = try fixture.blob(archive)
        #expect(throws: LayerError.self) { try LayerUnpacker().unpack(LayerBlob(again.number), into: fixture.layer) }
        #expect(fixture.exists("layer/file"))
    }

    /// A layer from a pipe, in small pieces.
    @Test func fromAPipe() throws {
        let fixture = try UnpackFixture()
        let archive = TarBlocks.made { for number in 0..<50 { $0.file("d\(number % 20)/f\(number)", "\(number)") } }
        _ = try fixture.blob(archive, "archive")
        let pipe = try Pipe()
        let plan = ProcessPlan(
            "/bin/sh", ["-c", "gzip -c archive | dd bs=77 2>/dev/null"], workingDirectory: fixture.path)
        let process = try plan.spawn(StandardStreams(output: pipe.writeEnd))
        pipe.closeWriteEnd()
        let content = try LayerUnpacker(UnpackOptions()).unpack(LayerBlob(pipe.readEnd), into: fixture.layer)
        #expect(try process.wait().succeeded)
        #expect(content.diffID == Digest(sha256Of: archive))
        #expect(content.entries == 50)
        #expect(try fixture.text("layer/d9/f49") == "49")
    }
}
