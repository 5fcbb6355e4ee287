import Glibc
import Linux
import Testing

@testable import Layers

/// Archives that mean harm: each is refused with the entry's name, nothing outside is touched, nothing is left.
@Suite(.enabled(if: TestHost.isRoot, "needs root, as an attack would")) struct HostileArchiveTests {
    /// One archive and why it is refused.
    struct Attack: CustomTestStringConvertible, Sendable {
        let name: String
        let archive: [UInt8]
        let reason: LayerError.Reason
        let entry: String?

        var testDescription: String { name }

        init(_ name: String, _ reason: LayerError.Reason, _ entry: String?, _ body: (inout TarBlocks) -> Void) {
            self.name = name
            archive = TarBlocks.made(body)
            self.reason = reason
            self.entry = entry
        }
    }

    static let attacks: [Attack] = [
        Attack("parent", .parentReference, "../outside") { $0.file("../outside", "x") },
        Attack("parent in the middle", .parentReference, "a/../../outside") { $0.file("a/../../outside", "x") },
        Attack("absolute parent", .parentReference, "/../outside") { $0.file("/../outside", "x") },
        Attack("parent by pax", .parentReference, "../outside") {
            $0.pax([(key: "path", value: Array("../outside".utf8))])
            $0.file("inside", "x")
        },
        Attack("parent by a long name", .parentReference, "../outside") {
            $0.longName(Array("../outside".utf8))
            $0.file("inside", "x")
        },
        Attack("dangling link as directory", .parentIsNotDirectory, "link/file") {
            $0.link("link", to: "nowhere")
            $0.file("link/file", "x")
        },
        Attack("link to itself as directory", .parentIsNotDirectory, "link/file") {
            $0.link("link", to: "link")
            $0.file("link/file", "x")
        },
        Attack("file as directory", .parentIsNotDirectory, "file/below") {
            $0.file("file", "x")
            $0.file("file/below", "x")
        },
        Attack("hard link to what is outside", .linkTargetMissing("etc/passwd"), "link") {
            $0.hardLink("link", to: "/etc/passwd")
        },
        Attack("hard link by a parent", .parentReference, "link") { $0.hardLink("link", to: "../secret") },
        Attack("hard link through a link", .linkTargetMissing("out/secret"), "link") {
            $0.link("out", to: "../..")
            $0.hardLink("link", to: "out/secret")
        },
        Attack("hard link to a directory", .linkTargetMissing("directory"), "link") {
            $0.directory("directory")
            $0.hardLink("link", to: "directory")
        },
        Attack("hard link to the root", .linkTargetMissing("/"), "link") { $0.hardLink("link", to: "/") },
        Attack("hard link to a whiteout", .linkTargetMissing("gone"), "link") {
            $0.file(".wh.gone")
            $0.hardLink("link", to: "gone")
        },
        Attack("forged whiteout", .forgedWhiteout, "bin") { $0.device("bin", 0, 0) },
        Attack("whiteout of nothing", .malformedWhiteout, "a/.wh.") { $0.file("a/.wh.") },
        Attack("whiteout of the directory", .malformedWhiteout, "a/.wh..") { $0.file("a/.wh..") },
        Attack("whiteout of the parent", .malformedWhiteout, "a/.wh...") { $0.file("a/.wh...") },
        Attack("whiteout as directory", .malformedWhiteout, ".wh.a/b") { $0.file(".wh.a/b") },
        Attack("opaque marker as directory", .malformedWhiteout, ".wh..wh..opq/b") { $0.file(".wh..wh..opq/b") },
        Attack(
            "long component", .nameTooLong(length: 300, limit: 255), "d/" + String(repeating: "n", count: 254)
        ) {
            $0.longName(Array(("d/" + String(repeating: "n", count: 300)).utf8))
            $0.file("short")
        },
        Attack(
            "long path", .nameTooLong(length: 5000, limit: 4095), String(repeating: "d/", count: 128) + "…"
        ) {
            $0.longName(Array(String(repeating: "d/", count: 2500).utf8))
            $0.file("short")
        },
        Attack(
            "deep path", .tooDeep(depth: 2000, limit: 1024), String(repeating: "d/", count: 128)
        ) {
            $0.longName(Array(String(repeating: "d/", count: 2000).utf8))
            $0.file("short")
        },
        Attack("link with an endless target", .nameTooLong(length: 5000, limit: 4095), "link") {
            $0.pax([(key: "linkpath", value: Array(repeating: 0x61, count: 5000))])
            $0.link("link", to: "x")
        },
        Attack("owner out of range", .numberOutOfRange("owner"), "file") {
            $0.pax([(key: "uid", value: Array("4294967296".utf8))])
            $0.file("file")
        },
        Attack("owner that means nobody", .numberOutOfRange("owner"), "file") {
            $0.pax([(key: "gid", value: Array("4294967295".utf8))])
            $0.file("file")
        },
        Attack("root that is a file", .malformedName, "/") { $0.file(".", "x") },
        Attack("enormous file", .limitExceeded(.fileSize, limit: 1 << 40), "file") {
            $0.add(
                TarBlocks.Header(
                    name: Array("file".utf8), rawSize: [0x80, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0]))
        },
    ]

    @Test(arguments: attacks) func isRefused(attack: Attack) throws {
        let fixture = try UnpackFixture()
        try fixture.shell("echo untouched > secret; mkdir outer; touch -d @1 secret outer .")
        let before = try fixture.listing("outer")
        let error = #expect(throws: LayerError.self) { try fixture.unpack(attack.archive) }
        #expect(error?.reason == attack.reason)
        #expect(error?.entry == attack.entry)
        #expect(!fixture.exists("layer"))
        #expect(!fixture.exists("outside"))
        #expect(try fixture.text("secret") == "untouched\n")
        #expect(try fixture.status("secret").st_nlink == 1)
        #expect(try fixture.listing("outer") == before)
    }

    /// Links that lead out of the layer lead to its own root instead, as they will in the container.
    @Test func linksAreFollowedInside() throws {
        let fixture = try UnpackFixture()
        try fixture.shell("mkdir outer")
        try fixture.unpack(
            TarBlocks.made {
                $0.directory("etc")
                $0.link("a", to: "/etc")
                $0.link("b", to: "../../../../..\(fixture.path)/outer")
                $0.link("c", to: "../../../../../etc")
                $0.file("a/absolute", "1")
                $0.file("c/climbing", "2")
                $0.directory("\(fixture.path)/outer")
                $0.file("b/long", "3")
            })
        #expect(try fixture.text("layer/etc/absolute") == "1")
        #expect(try fixture.text("layer/etc/climbing") == "2")
        #expect(try fixture.text("layer\(fixture.path)/outer/long") == "3")
        #expect(try fixture.shell("ls outer") == "")
    }

    /// An open directory is not trusted by its name once a link took its place.
    @Test func aLinkInPlaceOfADirectoryIsSeen() throws {
        let fixture = try UnpackFixture()
        try fixture.unpack(
            TarBlocks.made {
                $0.file("a/b/first", "1")
                $0.file("other/x", "x")
                $0.link("a/b", to: "/other")
                $0.file("a/b/second", "2")
            })
        #expect(try fixture.text("layer/other/second") == "2")
        #expect(!fixture.exists("layer/a/b/first"))
    }

    /// Bytes that no header can hold, and archives that end in the middle.
    @Test func damaged() throws {
        let whole = TarBlocks.made { $0.file("file", String(repeating: "x", count: 2000)) }
        let negative = TarBlocks.made {
            $0.add(TarBlocks.Header(name: Array("file".utf8), rawSize: Array(repeating: 0xFF, count: 12)))
        }
        var broken = whole
        broken[0] ^= 1
        let cases: [(archive: [UInt8], isExpected: (LayerError.Reason) -> Bool)] = [
            (Array(whole.prefix(300)), { $0 == .truncated || $0.isDamage }),
            (Array(whole.prefix(1000)), { $0 == .truncated }),
            (Array(whole.prefix(2048)), { $0 == .truncated }),
            (broken, \.isDamage),
            (negative, \.isDamage),
            (Array("this is no archive at all".utf8), { $0 == .truncated || $0.isDamage }),
            (Array(repeating: 0x41, count: 4096), \.isDamage),
        ]
        for (index, (archive, isExpected)) in cases.enumerated() {
            let fixture = try UnpackFixture()
            let error = #expect(throws: LayerError.self, "case \(index)") { try fixture.unpack(archive) }
            #expect(error.map { isExpected($0.reason) } == true, "case \(index): \(String(describing: error))")
            #expect(!fixture.exists("layer"))
        }
    }

    /// Link upon link makes a tree far deeper than any name in the archive is long: refused at the depth that names may have.
    @Test(arguments: [false, true]) func chainedLinks(onTop: Bool) throws {
        let part = Array(repeating: "d", count: 400).joined(separator: "/")
        let archive = TarBlocks.made {
            $0.link("l0", to: ".")
            for number in 0..<40 {
                $0.pax([(key: "path", value: Array("l\(number)/\(part)".utf8))])
                $0.directory("x")
                $0.pax([(key: "linkpath", value: Array("l\(number)/\(part)".utf8))])
                $0.link("l\(number + 1)", to: "x")
            }
        }
        let fixture = try UnpackFixture()
        let error = #expect(throws: LayerError.self) {
            if onTop { try fixture.apply(archive) } else { try fixture.unpack(archive) }
        }
        #expect(error?.reason == .tooDeep(depth: 1025, limit: 1024), "\(String(describing: error))")
        try TreeRemoval.remove(fixture.layer)
    }

    /// A pax name that hides something behind a zero byte, and one record after another without end.
    @Test func paxRecords() throws {
        let hidden = TarBlocks.made {
            $0.pax([(key: "path", value: Array("seen\0/../../hidden".utf8))])
            $0.file("file", "x")
        }
        let fixture = try UnpackFixture()
        #expect(throws: LayerError.self) { try fixture.unpack(hidden) }
        #expect(!fixture.exists("layer"))
        let hiddenTarget = TarBlocks.made {
            $0.pax([(key: "linkpath", value: Array("seen\0hidden".utf8))])
            $0.link("link", to: "x")
        }
        let error = #expect(throws: LayerError.self) { try fixture.unpack(hiddenTarget) }
        #expect(error?.reason == .malformedName)
        // Of all entries that follow.
        let global = TarBlocks.made {
            $0.file("first", "x")
            $0.pax([(key: "path", value: Array("seen\0hidden".utf8))], type: "g")
            $0.file("file", "x")
        }
        #expect(throws: Never.self) { try fixture.unpack(global) }

        let huge = TarBlocks.made {
            $0.pax([(key: "comment", value: Array(repeating: 0x61, count: 2 << 20))])
            $0.file("file", "x")
        }
        #expect(throws: LayerError.self) { try UnpackFixture().unpack(huge) }
        let many = TarBlocks.made {
            for _ in 0..<20 { $0.pax([(key: "comment", value: Array(repeating: 0x61, count: 900_000))]) }
            $0.file("file", "x")
        }
        #expect(throws: LayerError.self) { try UnpackFixture().unpack(many) }
    }

    /// A sparse map that is far larger than what it describes (GNU sparse format 1.0 keeps it in the data).
    @Test func endlessSparseMap() throws {
        let count = 1_200_000
        let map = Array("\(count)\n".utf8) + Array(String(repeating: "0\n0\n", count: count).utf8)
        let archive = TarBlocks.made {
            $0.pax([
                (key: "GNU.sparse.major", value: Array("1".utf8)), (key: "GNU.sparse.minor", value: Array("0".utf8)),
                (key: "GNU.sparse.name", value: Array("sparse".utf8)),
                (key: "GNU.sparse.realsize", value: Array("1".utf8)),
            ])
            $0.add(TarBlocks.Header(name: Array("GNUSparseFile.0/sparse".utf8)), content: map)
        }
        let error = #expect(throws: LayerError.self) { try UnpackFixture().unpack(archive) }
        #expect(error?.reason == .limitExceeded(.headerBytes, limit: LayerLimits().headerBytes))
    }

    @Test func limits() throws {
        var options = UnpackOptions()
        options.limits.entries = 10
        let entries = TarBlocks.made { for number in 0..<11 { $0.file("\(number)") } }
        #expect(throws: LayerError(.limitExceeded(.entries, limit: 10))) {
            try UnpackFixture().unpack(entries, options)
        }

        options = UnpackOptions()
        options.limits.devices = 3
        let devices = TarBlocks.made { for number in 1...4 { $0.device("\(number)", 1, UInt64(number)) } }
        #expect(throws: LayerError(.limitExceeded(.devices, limit: 3), entry: "4")) {
            try UnpackFixture().unpack(devices, options)
        }
        options.devices = .refuse
        #expect(throws: LayerError(.deviceRefused, entry: "1")) { try UnpackFixture().unpack(devices, options) }
        options = UnpackOptions(devices: .omit)
        let fixture = try UnpackFixture()
        #expect(try fixture.unpack(devices, options).omitted.devices == 4)
        #expect(try fixture.shell("ls layer") == "")

        options = UnpackOptions()
        options.limits.attributeBytes = 100
        let attributes = TarBlocks.made {
            $0.pax([(key: "SCHILY.xattr.user.large", value: Array(repeating: 0x61, count: 200))])
            $0.file("file")
        }
        #expect(throws: LayerError(.limitExceeded(.attributeBytes, limit: 100), entry: "file")) {
            try UnpackFixture().unpack(attributes, options)
        }
    }

    /// Thirty MiB of zeros from a few KiB.
    @Test(arguments: ["gzip -9", "zstd -19"]) func decompressionBomb(compressor: String) throws {
        let fixture = try UnpackFixture()
        let archive = TarBlocks.made {
            $0.add(TarBlocks.Header(name: Array("zeros".utf8)), content: Array(repeating: 0, count: 30 << 20))
        }
        _ = try fixture.blob(archive, "bomb")
        try fixture.shell("\(compressor) < bomb > small")
        for (options, reason) in [
            (UnpackOptions().limited { $0.bytes = 1 << 20 }, LayerError.Reason.limitExceeded(.bytes, limit: 1 << 20)),
            (
                UnpackOptions().limited {
                    $0.ratio = 100
                    $0.ratioFrom = 1 << 20
                }, .limitExceeded(.ratio, limit: 100)
            ),
        ] {
            let error = #expect(throws: LayerError.self) {
                try fixture.unpack(try SystemFile.bytes(of: fixture.path + "/small"), options)
            }
            #expect(error?.reason == reason)
            #expect(!fixture.exists("layer"))
        }
    }

    /// What overlayfs would believe is left out, whoever says it.
    @Test func overlayAttributesAreLeftOut() throws {
        let fixture = try UnpackFixture()
        let content = try fixture.unpack(
            TarBlocks.made {
                $0.pax([
                    (key: "SCHILY.xattr.trusted.overlay.redirect", value: Array("/etc".utf8)),
                    (key: "SCHILY.xattr.user.overlay.opaque", value: Array("y".utf8)),
                    (key: "SCHILY.xattr.user.kept", value: Array("yes".utf8)),
                ])
                $0.directory("directory")
            })
        #expect(content.omitted.attributes == 2)
        #expect(try FileAttributes.read(fixture.layer + "/directory") == ["user.kept": Array("yes".utf8)])
    }
}

extension LayerError.Reason {
    var isDamage: Bool {
        if case .damaged = self { true } else { false }
    }
}

extension UnpackOptions {
    func limited(_ change: (inout LayerLimits) -> Void) -> UnpackOptions {
        var options = self
        change(&options.limits)
        return options
    }
}
