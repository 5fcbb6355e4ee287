import Containerfiles
import Glibc
import Images
import Linux
import OCI
import Testing

@testable import Building

/// What podman's users take for granted of a build.
@Suite(.enabled(if: TestHost.canBuild, TestHost.reason)) struct PodmanHabitTests {
    let bed: BuildBed

    init() throws {
        bed = try BuildBed()
        try bed.makeBusybox()
    }

    /// An image that differs from its base by what it says alone is as old as that change, and the same again when it is built
    /// again.
    @Test(arguments: ["LABEL a=1", "CMD [\"sh\"]\nENV B=2", "USER 1"]) func changesOfMetadata(lines: String) throws {
        let base = try bed.store.image("busybox")
        let first = try bed.build("FROM busybox\n\(lines)\n")
        let image = try bed.image(first)
        #expect(base.configuration.created == "1970-01-01T00:00:01Z")
        let created = try #require(image.configuration.created)
        #expect(created > "2020" && image.configuration.history.last?.created == created)
        #expect(try bed.build("FROM busybox\n\(lines)\n").id == first.id)
        var options = BuildOptions()
        options.ignoresCache = true
        #expect(try bed.image(bed.build("FROM busybox\n\(lines)\n", options)).configuration.created ?? "" > created)
    }

    /// Labels of the command line are a change as well, and a given time stands for now.
    @Test func labelsAndGivenTimes() throws {
        var options = BuildOptions()
        options.request.labels = ["a": "1"]
        let first = try bed.build("FROM busybox\n", options)
        #expect(try bed.image(first).configuration.created ?? "" > "2020")
        #expect(try bed.build("FROM busybox\n", options).id == first.id)
        options.epoch = 1_000_000_000
        let image = try bed.image(bed.build("FROM busybox\nCMD [\"x\"]\n", options))
        #expect(image.configuration.created == "2001-09-09T01:46:40Z")
        #expect(image.configuration.history.last?.created == "2001-09-09T01:46:40Z")
    }

    /// What is mounted in a context, or in a directory that is imported, belongs to it; names of one number in two file systems are
    /// two files.
    @Test func mountsInContexts() throws {
        try bed.write("m/.keep")
        try bed.shell("mount -t tmpfs t context/m")
        defer { umount2(bed.context + "/m", Int32(MNT_DETACH)) }
        try bed.shell("mkdir context/m/deep && echo mounted > context/m/deep/f && ln context/m/deep/f context/m/deep/g")
        try bed.shell("echo own > context/own && ln -s m/deep context/link")
        let tree = try bed.tree(
            bed.build(
                """
                FROM busybox
                COPY . /c
                COPY m/deep/f link/g /d/
                COPY m/* /e/
                RUN --mount=type=bind,source=m/deep,target=/shown cp /shown/f /copied
                """))
        for path in ["c/m/deep/f", "c/m/deep/g", "d/f", "d/g", "e/f", "copied"] {
            #expect(try SystemFile.read("\(tree)/\(path)") == "mounted\n", "\(path)")
        }
        #expect(try SystemFile.read(tree + "/c/own") == "own\n")
        let imported = try bed.tree(ImageImporter(bed.store).importImage(from: bed.context))
        #expect(try SystemFile.read(imported + "/m/deep/f") == "mounted\n")
    }

    /// A Containerfile may be in what is mounted.
    @Test func mountedContainerfile() throws {
        try bed.write("m/.keep")
        try bed.shell("mount -t tmpfs t context/m && printf 'FROM busybox\\nLABEL a=b\\n' > context/m/File")
        defer { umount2(bed.context + "/m", Int32(MNT_DETACH)) }
        let context = try BuildContext(directory: bed.context, file: bed.context + "/m/File")
        let built = try ImageBuilder(bed.store, BuildOptions()) { _ in }.build(context)
        #expect(try bed.image(built).configuration.execution.labels == ["a": "b"])
    }

    /// A mount below an image's tree stays out of it: the rule of hostile trees is as it was.
    @Test func mountsInTrees() throws {
        let path = bed.directory + "/plain"
        try bed.shell("mkdir -p plain/m && mount -t tmpfs t plain/m && echo x > plain/m/f")
        defer { umount2(path + "/m", Int32(MNT_DETACH)) }
        #expect(throws: SystemError.self) { try FileTree("a tree", opening: path).open(Array("m/f".utf8), O_RDONLY) }
        #expect(throws: SystemError.self) { try MergedTree(layers: [path]).visit { _ throws(SystemError) in } }
        #expect(try FileTree("a tree", opening: path, crossesMounts: true).open(Array("m/f".utf8), O_RDONLY) != nil)
    }
}
