import Glibc
import Images
import Linux
import OCI
import TestSupport
import Testing

/// Roots of containers, looked at through real mounts in a mount namespace of their own.
@Suite(.enabled(if: geteuid() == 0, "mounting overlayfs needs root")) struct SnapshotTests {
    let directory: TemporaryDirectory
    let store: ImageStore
    let mounts: PrivateMountThread

    init() throws {
        directory = try TemporaryDirectory()
        store = try ImageStore(root: directory.path)
        mounts = try PrivateMountThread(hiding: [])
    }

    static let scripts = [
        "mkdir -p etc bin && echo one > etc/one && echo two > etc/two && echo sh > bin/sh",
        "mkdir etc && touch etc/.wh.one && echo three > etc/three",
    ]

    /// The same files, whether layers are stacked or copied: what an upper one removes is gone.
    @Test(arguments: Snapshot.Form.allCases) func layersAreStacked(_ form: Snapshot.Form) throws {
        let image = try TestImage.make(in: store, layers: Self.scripts, names: ["sample"])
        let snapshot = try store.makeSnapshot("c1", of: image, form: form)
        #expect(
            try mounts.run("cd $ROOT; find . -type f | sort; cat etc/*", in: snapshot) == """
                ./bin/sh
                ./etc/three
                ./etc/two
                three
                two

                """)
        _ = try mounts.run("echo changed > $ROOT/etc/two", in: snapshot)
        #expect(try SystemFile.read(snapshot.upper + "/etc/two") == "changed\n")
        // Another container of the same image sees nothing of it.
        let other = try store.makeSnapshot("c2", of: image, form: form)
        #expect(try mounts.run("cat $ROOT/etc/two", in: other) == "two\n")
        #expect(try store.snapshot("c1") == snapshot)
        #expect(try store.snapshots() == ["c1", "c2"])
        try store.removeSnapshot("c1")
        #expect(try store.snapshots() == ["c2"])
    }

    /// Images have equal layers, such as those of steps that changed nothing or the same: overlayfs takes none twice. Stacked with
    /// each once they are the same files as copied one after the other, and a collection leaves the stack of what is there.
    @Test(arguments: Snapshot.Form.allCases) func equalLayers(_ form: Snapshot.Form) throws {
        let settled = "find . -exec touch -hd @1 {} +"
        let repeated = "mkdir etc gone && echo one > etc/one && touch etc/.wh.two && echo g > gone/g && \(settled)"
        let scripts = [
            "mkdir etc && echo base > etc/base && echo 2 > etc/two && \(settled)", repeated,
            "mkdir etc && echo other > etc/one && echo 2 > etc/two && echo b > etc/b && touch .wh.gone && \(settled)",
            repeated, "true && \(settled)", "mkdir etc && touch etc/.wh.base && \(settled)", "true && \(settled)",
            repeated,
        ]
        let image = try TestImage.make(in: store, layers: scripts, names: ["sample"])
        #expect(Set(image.configuration.rootfs.diffIDs).count == 5)
        let snapshot = try store.makeSnapshot("c1", of: image, form: form)
        let files = try mounts.run("cd $ROOT; find . -type f -exec grep -H . {} + | sort", in: snapshot)
        #expect(files == "./etc/b:b\n./etc/one:one\n./gone/g:g\n")
        guard form == .overlay else { return }
        #expect(snapshot.stack.count == 5)
        try store.removeSnapshot("c1")
        _ = try store.collectGarbage()
        #expect(SystemFile.exists(snapshot.stack.path))
    }

    /// On a host that can mount overlayfs, the store finds out that it can, and remembers it.
    @Test func probe() throws {
        let problem = try store.overlayProblem()
        #expect(problem == nil)
        #expect(try store.overlayProblem() == nil)
        #expect(!SystemFile.exists(store.root + "/probe"))
    }

    /// 60 layers, and as many as Docker makes: more than a page of whole paths.
    @Test(arguments: [1, 60, 127]) func manyLayers(_ count: Int) throws {
        let image = try TestImage.make(
            in: store, layers: (0..<count).map { "echo \($0) > file\($0); echo \($0) > top" })
        let snapshot = try store.makeSnapshot("many", of: image)
        #expect(snapshot.form == .overlay)
        #expect(try mounts.run("ls $ROOT | wc -l; cat $ROOT/top", in: snapshot) == "\(count + 1)\n\(count - 1)\n")
    }

    /// An image without layers is an empty root.
    @Test func noLayers() throws {
        let image = try TestImage.make(in: store, layers: [])
        let snapshot = try store.makeSnapshot("empty", of: image)
        #expect(try mounts.run("ls -A $ROOT; touch $ROOT/new", in: snapshot) == "")
        #expect(try SystemFile.names(in: snapshot.upper) == ["new"])
    }

    /// Threads that ask for the same image at once unpack it once, and all see it whole.
    @Test func concurrentUnpacking() async throws {
        let image = try TestImage.make(
            in: store, layers: (0..<4).map { "for i in $(seq 100); do echo $i > \($0)-$i; done" })
        try await withThrowingTaskGroup(of: Snapshot.self) { group in
            for number in 0..<8 { group.addTask { try store.makeSnapshot("c\(number)", of: image) } }
            for try await snapshot in group { #expect(snapshot.stack.count == 4) }
        }
        #expect(try store.unpackedLayers().count == 4)
        #expect(try SystemFile.names(in: store.root + "/layers").count == 4)
    }
}
