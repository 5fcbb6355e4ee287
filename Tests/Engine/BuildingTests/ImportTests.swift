import Content
import Glibc
import Images
import Layers
import Linux
import OCI
import Testing

@testable import Building

@Suite(.enabled(if: TestHost.canBuild, TestHost.reason)) struct ImportTests {
    let bed: BuildBed

    init() throws { bed = try BuildBed() }

    private func importer(_ change: (inout ImageImporter.Options) throws -> Void = { _ in }) rethrows -> ImageImporter {
        var options = ImageImporter.Options()
        try change(&options)
        return ImageImporter(bed.store, options)
    }

    /// A directory becomes an image of one layer, with what is said of it.
    @Test func directory() throws {
        try bed.write("root/etc/x", "x", mode: 0o600)
        try bed.shell("chown 3:4 context/root/etc/x && ln -s x context/root/etc/l")
        let built = try importer {
            $0.names = [try ImageReference("imported:1")]
            $0.changes = ["CMD [\"sh\"]", "ENV A=1 B=$A", "USER me", "EXPOSE 80"]
            $0.message = "by hand"
            $0.platform = Platform(architecture: "arm64")
        }.importImage(from: bed.context + "/root")
        let image = try bed.store.image("imported:1", platform: Platform(architecture: "arm64"))
        #expect(image.id == built.id && image.manifest.layers.count == 1)
        #expect(image.configuration.execution.command == ["sh"] && image.configuration.execution.user == "me")
        #expect(image.configuration.execution.environment == ["A=1", "B="])
        #expect(image.configuration.history.map(\.comment) == ["by hand"])
        let tree = bed.directory + "/tree"
        let file = try bed.store.content.open(image.manifest.layers[0].digest)
        _ = try LayerUnpacker().unpack(LayerBlob(file.number), into: tree)
        #expect(try bed.status(tree + "/etc/x").st_uid == 3 && bed.status(tree + "/etc/x").st_mode & 0o777 == 0o600)
    }

    /// Archives in every compression that Docker takes.
    @Test(arguments: ["cf", "czf", "cJf", "cjf", "--zstd -cf"]) func archives(how: String) throws {
        try bed.write("root/a/b", "c")
        try bed.shell("tar -C context/root \(how.hasPrefix("-") ? how : "-" + how) archive a")
        let built = try importer().importImage(from: bed.directory + "/archive")
        #expect(try SystemFile.read(bed.tree(built) + "/a/b") == "c")
    }

    /// What is no archive, or one that leads outside, is refused and leaves nothing.
    @Test func refusals() throws {
        try bed.write(
            "text", "no archive at all, whatever its name says; and long enough to be one: 512 bytes are a block")
        try bed.write("empty")
        try bed.shell("echo x > f && tar -P --transform 's,f,../f,' -cf hostile f")
        for path in [
            bed.context + "/text", bed.context + "/empty", bed.directory + "/hostile", bed.directory + "/none",
        ] {
            #expect(throws: BuildError.self, "\(path)") { try importer().importImage(from: path) }
        }
        #expect(throws: BuildError.self) {
            try importer { $0.changes = ["RUN true"] }.importImage(from: bed.context)
        }
        #expect(try bed.store.images().isEmpty)
        #expect(bed.leftovers.isEmpty)
    }

    /// A user space of busybox alone runs, and a second one beside it is another.
    @Test func busybox() throws {
        try bed.makeBusybox()
        #expect(try bed.store.image("busybox").configuration.execution.command == ["sh"])
        try bed.build(
            """
            FROM busybox
            RUN grep -q '^ID=busybox' /etc/os-release && test "$(id -un)" = root && test -d /tmp && test "$(whoami)" = root
            RUN test "$(stat -c %a /tmp)" = 1777 && awk 'BEGIN { exit 0 }' && test -L /bin/ls
            """)
        let other = try BuildBed()
        try other.makeBusybox()
        #expect(try other.store.image("busybox").id == bed.store.image("busybox").id)
    }

    /// Debian from the host's own packages runs beside busybox, and each says what it is.
    @Test(.enabled(if: TestHost.has("mmdebstrap"), "needs mmdebstrap")) func debian() throws {
        try bed.makeBusybox()
        _ = try ImageBootstrapper(bed.store, names: [ImageReference("debian")], isQuiet: true)
            .debian(variant: "essential")
        let built = try bed.build(
            """
            FROM debian AS debian
            RUN dpkg-query -W dpkg > /says && . /etc/os-release && echo $ID >> /says
            FROM busybox
            COPY --from=debian /says /debian
            RUN . /etc/os-release && echo $ID > /busybox
            """)
        let tree = try bed.tree(built)
        let own = try SystemFile.read("/etc/os-release").split(separator: "\n").first { $0.hasPrefix("ID=") }
        #expect(try SystemFile.read(tree + "/debian").hasPrefix("dpkg\t"))
        #expect(try SystemFile.read(tree + "/debian").hasSuffix("\(own?.dropFirst(3) ?? "")\n"))
        #expect(try SystemFile.read(tree + "/busybox") == "busybox\n")
    }
}

@Suite struct AptSourcesTests {
    private static let sources = AptSources(
        list: """
            # comment
            deb http://one/debian trixie main contrib # end
            deb-src http://one/debian trixie main
            deb [arch=amd64 signed-by=/k] http://one/debian trixie-updates main
            deb http://other/apt tools main
            """,
        stanzas: """
            Types: deb deb-src
            URIs: http://two/debian
            # a comment
            Suites: bookworm bookworm-updates
            Components: main
            Signed-By:
             -----BEGIN
             .

            Types: deb
            Enabled: no
            URIs: http://off
            Suites: bookworm

            Types: deb-src
            URIs: http://src
            Suites: bookworm

            Types: deb
            URIs: http://two/security
            Suites: bookworm-security
            """)

    /// Only a release's own sources are taken, with their options as they are.
    @Test func restriction() {
        #expect(Self.sources.suites.prefix(2) == ["trixie", "bookworm"])
        let old = Self.sources.restricted(to: "bookworm").texts
        #expect(old.count == 1 && old[0].isDeb822)
        #expect(old[0].content.contains("Suites: bookworm bookworm-updates\nComponents: main\nSigned-By:\n -----BEGIN"))
        #expect(old[0].content.contains("http://two/security") && !old[0].content.contains("http://off"))
        let new = Self.sources.restricted(to: nil).texts
        #expect(new.map(\.isDeb822) == [false])
        #expect(
            new[0].content.split(separator: "\n") == [
                "deb http://one/debian trixie main contrib ",
                "deb [arch=amd64 signed-by=/k] http://one/debian trixie-updates main",
            ])
        #expect(Self.sources.restricted(to: "none").isEmpty)
    }
}
