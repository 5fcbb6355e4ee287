import Building
import Containerfiles
import Content
import Glibc
import Images
import Layers
import Linux
import OCI
import Testing

@Suite(.enabled(if: TestHost.canBuild, TestHost.reason)) struct CacheTests {
    let bed: BuildBed

    init() throws {
        bed = try BuildBed()
        try bed.makeBusybox()
    }

    private static let file = """
        FROM busybox
        ARG V=1
        LABEL l=1
        RUN echo $V > /v
        COPY f /f
        RUN cat /f > /g
        """

    /// The same build is the same image, and nothing is done for it.
    @Test func sameBuildIsSameImage() throws {
        try bed.write("f", "1")
        let first = try bed.build(Self.file)
        #expect(bed.cachedSteps == 0)
        let second = try bed.build(Self.file)
        #expect(bed.cachedSteps == 3 && second.cachedLayers == 3)
        #expect(first.id == second.id && first.target == second.target)
        var options = BuildOptions()
        options.ignoresCache = true
        try bed.build(Self.file, options)
        #expect(bed.cachedSteps == 0)
    }

    /// Only what depends on a change is done again: files by their content and mode, commands by their words and variables.
    @Test func changesInvalidateWhatFollows() throws {
        try bed.write("f", "1")
        try bed.build(Self.file)
        // A file that is only newer.
        try bed.write("f", "1")
        try bed.build(Self.file)
        #expect(bed.cachedSteps == 3)
        try bed.write("f", "2")
        let changed = try bed.build(Self.file)
        #expect(bed.cachedSteps == 1)
        #expect(try SystemFile.read(bed.tree(changed) + "/g") == "2")
        try bed.write("f", "2", mode: 0o600)
        try bed.build(Self.file)
        #expect(bed.cachedSteps == 1)
        try bed.build(Self.file.replacing("LABEL l=1", with: "LABEL l=2"))
        #expect(bed.cachedSteps == 3)
        try bed.build(Self.file, BuildOptions(request: BuildRequest(arguments: ["V": "2"])))
        #expect(bed.cachedSteps == 0)
    }

    /// Attributes go into layers, and so they count: one that is gone or another is another layer.
    @Test func attributesCount() throws {
        try bed.write("f", "1")
        try bed.build(Self.file)
        let file = try OwnedDescriptor(opening: bed.context + "/f", O_RDONLY)
        for (value, cached) in [("one", 1), ("one", 3), ("two", 1)] {
            #expect(FileAttributes.set("user.isolab", value, value.utf8.count, of: file.number) == 0)
            try bed.build(Self.file)
            #expect(bed.cachedSteps == cached, "\(value)")
        }
        #expect(FileAttributes.remove("user.isolab", of: file.number) == 0)
        let built = try bed.build(Self.file)
        #expect(bed.cachedSteps == 3)
        #expect(try FileAttributes.read(bed.tree(built) + "/f").keys.filter { $0 == "user.isolab" } == [])
    }

    /// A layer that was removed is made again.
    @Test func removedLayerIsMadeAgain() throws {
        try bed.write("f", "1")
        let first = try bed.image(bed.build(Self.file))
        guard let layer = first.manifest.layers.last else { throw SystemError("layer", "none", errno: 0) }
        try bed.store.content.delete(layer.digest)
        try bed.build(Self.file)
        #expect(bed.cachedSteps == 2)
    }

    /// With a time given, two builds that share nothing are the same to the byte.
    @Test func buildsRepeat() throws {
        let other = try BuildBed()
        try other.makeBusybox()
        var identifiers: [Digest] = []
        for bed in [bed, other] {
            try bed.write("f", "1")
            try bed.write("d/x", "x")
            let options = BuildOptions(epoch: 1_000_000_000)
            identifiers.append(
                try bed.build(
                    Self.file + "\nCOPY d /d\nRUN rm /f && mkdir /new && ln -s x /new/y\nWORKDIR /w\n", options
                ).target.digest)
        }
        #expect(identifiers[0] == identifiers[1])
        #expect(try bed.store.images().contains { $0.created == "2001-09-09T01:46:40Z" })
    }

    /// What a build that was killed left is gone with the next one, and no other build's.
    @Test func leftoversAreRemoved() throws {
        let folder = bed.store.root + "/builds"
        try SystemFile.makeDirectories(folder + "/1-1/upper/x")
        try SystemFile.replace(folder + "/1-1.lock", with: [])
        try SystemFile.makeDirectories(folder + "/2-2")
        try bed.build("FROM scratch\nCOPY Containerfile /")
        #expect(bed.leftovers.isEmpty)
    }
}
