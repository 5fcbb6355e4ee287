import Glibc
import Linux
import OCI
import Testing

@testable import Layers

@Suite(.enabled(if: TestHost.isRoot, "needs root, for overlayfs")) struct TreeTests {
    static let layers = """
        mkdir -p one/etc one/usr/bin one/opaque/sub one/gone one/replaced
        echo 1 > one/etc/a; echo 1 > one/etc/b; echo 1 > one/usr/bin/x; echo 1 > one/opaque/sub/old; echo 1 > one/gone/f
        echo 1 > one/replaced/f; ln -s usr one/link
        mkdir -p two/etc two/opaque two/usr; echo 2 > two/etc/b; mknod two/gone c 0 0; echo 2 > two/opaque/new; echo 2 > two/replaced
        mkdir -p three/etc three/usr/bin; mknod three/etc/a c 0 0; echo 3 > three/usr/bin/y
        find one two three -exec touch -h -d '2020-02-03 04:05:06' {} +
        """

    /// The merged view is what the kernel's overlayfs shows.
    @Test func mergedAsOverlayfs() throws {
        let fixture = try UnpackFixture()
        try fixture.shell(Self.layers)
        try mark(fixture, "two/opaque")
        let tree = MergedTree(layers: ["three", "two", "one"].map { "\(fixture.path)/\($0)" })
        var paths: [String] = []
        try tree.visit { node throws(SystemError) in
            paths.append(String(decoding: node.path, as: UTF8.self))
        } failed: {
            $0
        }
        let witness = try mounted(fixture, "cd merged; find . -printf '%P\\n'")
        #expect(
            paths.sorted()
                == witness.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init).sorted()
        )

        let file = try OwnedDescriptor(opening: fixture.path + "/packed", O_RDWR | O_CREAT)
        _ = try LayerPacker(PackOptions(compression: .none)).pack(tree, to: file.number)
        try fixture.shell("mkdir witness; tar -C witness -xpf packed")
        let packed = try fixture.shell("cd witness; find . -type f -exec grep -H . {} + | LC_ALL=C sort")
        #expect(try packed == mounted(fixture, "cd merged; find . -type f -exec grep -H . {} + | LC_ALL=C sort"))
    }

    /// What a container does through overlayfs is told as docker diff does, and packed into a layer that does it again.
    @Test func changesOfAContainer() throws {
        let fixture = try UnpackFixture()
        try fixture.shell(
            "mkdir -p one/etc one/dir/sub one/opaque one/touched; echo 1 > one/etc/a; echo 1 > one/etc/b")
        try fixture.shell(
            "echo 1 > one/dir/sub/f; echo 1 > one/opaque/f; echo 1 > one/opaque/g; echo 1 > one/touched/f")
        try fixture.shell("find one -exec touch -d '2020-02-03 04:05:06' {} +")
        try mounted(
            fixture, lower: "one",
            """
            cd merged
            echo changed > etc/a; rm etc/b; echo new > etc/c
            rm -r dir; echo now a file > dir
            rm -r opaque; mkdir opaque; echo new > opaque/g
            chmod 700 touched; mkdir -p new/deep; ln -s x new/deep/link; mknod new/null c 1 3
            """)
        let one = fixture.path + "/one"
        let changes = try DirectoryChanges.overlay(lower: [one], upper: fixture.path + "/upper").changes
        #expect(
            changes.map(\.description) == [
                "C /dir", "C /etc", "C /etc/a", "D /etc/b", "A /etc/c", "A /new", "A /new/deep", "A /new/deep/link",
                "A /new/null", "C /opaque", "D /opaque/f", "C /opaque/g", "C /touched",
            ])

        // Two layers, one on top of the other, give the container's files again.
        let base = try OwnedDescriptor(opening: fixture.path + "/base.blob", O_RDWR | O_CREAT)
        let top = try OwnedDescriptor(opening: fixture.path + "/top.blob", O_RDWR | O_CREAT)
        _ = try LayerPacker().pack(one, to: base.number)
        _ = try LayerPacker(PackOptions(compression: .zstandard)).pack(upper: fixture.path + "/upper", to: top.number)
        let layers = [base.number, top.number]
        mkdir(fixture.layer, 0o755)
        for number in layers {
            lseek(number, 0, SEEK_SET)
            _ = try LayerUnpacker(UnpackOptions()).apply(LayerBlob(number), onto: fixture.layer)
        }
        let form =
            "find . -mindepth 1 -printf '%P %y %m %U:%G %l\\n' | LC_ALL=C sort; find . -type f -exec grep -H . {} + | LC_ALL=C sort"
        let witness = try mounted(fixture, lower: "one", "cd merged; \(form)")
        #expect(try fixture.shell("cd layer; \(form)") == witness)

        // The plain comparison finds the same, and packs the same.
        let plain = try DirectoryChanges.between(
            MergedTree(layers: [one]), and: MergedTree(layers: [fixture.layer]))
        #expect(plain.map(\.description).filter { $0 != "D /dir/sub" } == changes.map(\.description))
        let packed = try OwnedDescriptor(opening: fixture.path + "/changes.blob", O_RDWR | O_CREAT)
        _ = try LayerPacker().pack(plain, of: fixture.layer, to: packed.number)
        try fixture.shell("cp -a one copy")
        lseek(packed.number, 0, SEEK_SET)
        _ = try LayerUnpacker(UnpackOptions()).apply(LayerBlob(packed.number), onto: fixture.path + "/copy")
        #expect(try fixture.shell("cd copy; \(form)") == witness)

        // And unpacked by itself the upper layer is the upper directory again.
        lseek(top.number, 0, SEEK_SET)
        _ = try LayerUnpacker(UnpackOptions()).unpack(LayerBlob(top.number), into: fixture.path + "/again")
        let again = try DirectoryChanges.overlay(lower: [one], upper: fixture.path + "/again").changes
        #expect(again == changes)
    }

    /// Nothing differs: nothing is listed. Same size and times, other bytes: it is.
    @Test func contentCounts() throws {
        let fixture = try UnpackFixture()
        try fixture.shell("mkdir -p old/d; echo same > old/d/f; cp -a old new")
        let old = MergedTree(layers: [fixture.path + "/old"])
        let new = MergedTree(layers: [fixture.path + "/new"])
        #expect(try DirectoryChanges.between(old, and: new) == [])
        try fixture.shell("echo SAME > new/d/f; touch -r old/d/f new/d/f")
        #expect(try DirectoryChanges.between(old, and: new).map(\.description) == ["C /d", "C /d/f"])
    }

    /// A file whose content the kernel left below cannot be packed; names of whiteouts neither.
    @Test func whatCannotBePacked() throws {
        let fixture = try UnpackFixture()
        try fixture.shell("mkdir -p upper/moved wh; : > wh/.wh.file")
        let name = fixture.path + "/upper/moved"
        #expect(setAttribute(name, "trusted.overlay.redirect", "/elsewhere") == 0)
        let file = try OwnedDescriptor(opening: fixture.path + "/packed", O_RDWR | O_CREAT)
        #expect(throws: LayerError(.unreadableOverlay("trusted.overlay.redirect"), entry: "moved")) {
            try LayerPacker().pack(upper: fixture.path + "/upper", to: file.number)
        }
        #expect(throws: LayerError(.malformedWhiteout, entry: ".wh.file")) {
            try LayerPacker().pack(fixture.path + "/wh", to: file.number)
        }
    }

    /// Trees deeper than a process may have open files, and than a path may be long.
    @Test func deepTreesAreRemoved() throws {
        let fixture = try UnpackFixture()
        try fixture.shell(
            """
            mkdir deep; cd deep; i=0; while [ $i -lt 1500 ]; do mkdir d; cd -P d; : > f; i=$((i+1)); done
            """)
        try TreeRemoval.remove(fixture.path + "/deep")
        #expect(!fixture.exists("deep"))
        try TreeRemoval.remove(fixture.path + "/absent")
    }

    // MARK: The kernel's own view

    private func mark(_ fixture: UnpackFixture, _ directory: String) throws {
        #expect(setAttribute("\(fixture.path)/\(directory)", "trusted.overlay.opaque", "y") == 0)
    }

    /// Runs a script with the layers mounted on `merged`, in a mount namespace of its own.
    @discardableResult
    private func mounted(_ fixture: UnpackFixture, lower: String = "three:two:one", _ script: String) throws -> String {
        try fixture.shell("mkdir -p upper work merged")
        _ = try fixture.blob(Array(script.utf8), "script")
        return try fixture.shell(
            """
            unshare -m sh -euc 'mount -t tmpfs tmpfs work; mkdir work/u work/w
            cp -a upper/. work/u/ 2>/dev/null || true
            mount -t overlay overlay -o redirect_dir=off,metacopy=off,lowerdir=\(lower),upperdir=work/u,workdir=work/w merged
            sh -eu script; umount merged; rm -rf upper; cp -a --preserve=all work/u upper'
            """)
    }

    private func setAttribute(_ path: String, _ name: String, _ value: String) -> Int32 {
        FileAttributes.set(name, value, value.utf8.count, at: path, in: AT_FDCWD)
    }
}
