import Foundation
import Linux
import Testing

@testable import Machines

@Suite struct RootPackingTests {
    typealias Tree = InitramfsTests.Tree

    /// Names of a tree in the order of a visit.
    private func names(_ layers: [String]) throws -> [String] {
        var names: [String] = []
        try MergedTree(layers: layers.reversed()).visit { node throws(SystemError) in
            names.append(String(decoding: node.path, as: UTF8.self))
        }
        // The root itself comes first.
        return Array(names.dropFirst())
    }

    /// What a higher layer has, removes and hides, to any depth.
    @Test(.enabled(if: geteuid() == 0, "needs root, for device nodes"))
    func layers() throws {
        let (low, middle, high) = (Tree(), Tree(), Tree())
        try low.write("etc/a", "1")
        try low.write("etc/sub/deep", "1")
        try low.write("gone/x/y", "1")
        try low.write("file", "1")
        try middle.write("etc/sub/more", "2")
        mknod(middle.path + "/gone", S_IFCHR, 0)
        try middle.write("file/now/a/tree", "2")
        mknod(high.path + "/etc-is-kept", S_IFCHR, 0)
        try high.write("etc/a", "3")
        try high.write("gone/z", "3")
        #expect(
            try names([low.path, middle.path, high.path]) == [
                "etc", "etc/a", "etc/sub", "etc/sub/deep", "etc/sub/more", "file", "file/now", "file/now/a",
                "file/now/a/tree", "gone", "gone/z",
            ])
        var layers: [Int] = []
        try MergedTree(layers: [high.path, middle.path, low.path]).visit { node throws(SystemError) in
            if node.path == Array("etc/a".utf8) { layers.append(node.layer) }
        }
        #expect(layers == [0])
    }

    /// What overlayfs itself writes into its upper layer is understood: removed names, and directories made anew.
    @Test(.enabled(if: geteuid() == 0, "needs root, to mount overlayfs"))
    func overlayfs() throws {
        let (low, place) = (Tree(), Tree())
        try low.write("d/old", "1")
        try low.write("e/kept", "1")
        try low.write("e/removed", "1")
        for name in ["upper", "work", "merged"] { try SystemFile.makeDirectories("\(place.path)/\(name)") }
        let merged = place.path + "/merged"
        let thread = try PrivateMountThread(hiding: [])
        try thread.run {
            let options = "lowerdir=\(low.path),upperdir=\(place.path)/upper,workdir=\(place.path)/work"
            try retryingOnInterrupt("mount", merged) { mount("overlay", merged, "overlay", 0, options) }
            try? TreeRemoval.remove(merged + "/d")
            try SystemFile.makeDirectories(merged + "/d")
            try WholeFile.replace(merged + "/d/new", with: [2])
            unlink(merged + "/e/removed")
        }
        thread.end()
        #expect(try names([low.path, place.path + "/upper"]) == ["d", "d/new", "e", "e/kept"])
    }

    /// Names are bytes: one that is no UTF-8 keeps its own.
    @Test func anyName() throws {
        let tree = Tree()
        let name: [UInt8] = [0xff, 0x20, 0xfe]
        let path = FileName.terminated(Array(tree.path.utf8) + [0x2f] + name)
        close(open(path, O_WRONLY | O_CREAT, 0o644))
        let archive = try Initramfs.bytes(layers: [tree.path])
        #expect(archive.contains(name + [0]))
    }

    /// An archive that leaves in pieces is the same as one in memory, whatever the sizes.
    @Test(arguments: [0, 1, 3, 4, 1 << 20, (1 << 20) + 1, 3 << 20])
    func streamed(size: Int) throws {
        let tree = Tree()
        try tree.write("a", String(repeating: "x", count: size))
        try tree.write("b", "after")
        link(tree.path + "/a", tree.path + "/twin")
        var pieces: [[UInt8]] = []
        var archive = CpioArchive()
        var packer = TreePacker(prefix: "image/")
        try packer.append(MergedTree(layers: [tree.path]), to: &archive) { pieces.append($0) }
        archive.finish()
        pieces.append(archive.take())
        #expect(pieces.allSatisfy { $0.count <= 4 << 20 })
        let bytes = pieces.flatMap { $0 }
        #expect(bytes.count % 512 == 0)
        var whole = CpioArchive()
        whole.append("image", .init(mode: S_IFDIR | 0o755, user: geteuid(), group: getegid(), links: 2))
        let first = whole.append(
            "image/a", .init(mode: 0o100644, user: geteuid(), group: getegid(), links: 2),
            content: .init(repeating: 0x78, count: size))
        whole.append("image/b", .init(mode: 0o100644, user: geteuid(), group: getegid()), content: Array("after".utf8))
        whole.append("image/twin", .init(mode: 0o100644, user: geteuid(), group: getegid(), links: 2), inode: first)
        whole.finish()
        let isSame = bytes == whole.bytes
        #expect(isSame)
    }

    /// Many that want the same file at once get one that was made once; a maker that died is in nobody's way.
    @Test func onceForAll() throws {
        let place = Tree()
        let path = place.path + "/kept/file"
        try place.write("kept/file.part", "what a killed maker left")
        let made = Waitable((makers: 0, finished: 0, wrong: 0))
        for _ in 0..<8 {
            BackgroundThread.start {
                let found = try? PackedFile.find(path) { descriptor, path throws(SystemError) in
                    made.update { $0.makers += 1 }
                    try SystemFile.write(Array("whole".utf8), to: descriptor, path)
                } failed: {
                    $0
                }
                let text = try? SystemFile.read(path)
                made.update {
                    $0.finished += 1
                    if found != path || text != "whole" { $0.wrong += 1 }
                }
            }
        }
        let result = try #require(made.wait(.seconds(60)) { $0.finished == 8 ? $0 : nil })
        #expect(result.makers == 1 && result.wrong == 0)
        #expect(try SystemFile.names(in: place.path + "/kept") == ["file"])
    }

    /// What somebody planted where the file is made is not followed and not written over: neither a link, nor another name of a file,
    /// nor a pipe.
    @Test func plantedNames() throws {
        let place = Tree()
        let path = place.path + "/file"
        try place.write("victim", "precious")
        let victim = place.path + "/victim"
        let plants: [(String) -> Int32] = [
            { symlink(victim, $0) }, { link(victim, $0) }, { mkfifo($0, 0o600) }, { symlink("/dev/null", $0) },
        ]
        for plant in plants {
            #expect(plant(path + ".part") == 0)
            #expect(throws: SystemError.self) {
                try PackedFile.find(path) { descriptor, path throws(SystemError) in
                    try SystemFile.write([1], to: descriptor, path)
                } failed: {
                    $0
                }
            }
            #expect(access(path, F_OK) != 0)
            unlink(path + ".part")
        }
        #expect(try SystemFile.read(victim) == "precious")
    }

    /// A maker that fails leaves nothing under the final name, and the next tries again.
    @Test func failedMaker() throws {
        let place = Tree()
        let path = place.path + "/file"
        #expect(throws: SystemError.self) {
            try PackedFile.find(path) { descriptor, path throws(SystemError) in
                try SystemFile.write([1, 2, 3], to: descriptor, path)
                throw SystemError("write", path, errno: ENOSPC)
            } failed: {
                $0
            }
        }
        #expect(access(path, F_OK) != 0)
        _ = try PackedFile.find(path) { descriptor, path throws(SystemError) in
            try SystemFile.write([4], to: descriptor, path)
        } failed: {
            $0
        }
        #expect(try SystemFile.bytes(of: path) == [4])
    }

    /// Memory: enough where nobody says, refused where it cannot be enough.
    @Test func memory() throws {
        #expect(try GuestMemory.decide(nil, initramfs: 1 << 20) == 512)
        #expect(try GuestMemory.decide(nil, initramfs: 300 << 20) == 792)
        #expect(try GuestMemory.decide(128 << 20, initramfs: 1 << 20) == 128)
        #expect(throws: GuestError.self) { try GuestMemory.decide(97 << 20, initramfs: 1 << 20) }
    }

    /// A key that would lead elsewhere is refused before anything is written.
    @Test(arguments: ["", ".", "..", "../x", "a/b", "a\0b", String(repeating: "k", count: 201)])
    func badKey(key: String) throws {
        let kernel = GuestKernel(origin: .given, image: "/k", vmlinux: "/k", version: "none", digest: "sha256:0")
        let packer = RootPacker(
            kernel: kernel, machine: .microvm, packing: .automatic, cache: Cache(root: "/nonexistent"),
            sharesDirectories: false,
            program: "/nonexistent")
        let error = #expect(throws: GuestError.self) {
            try packer.pack(.layers(["/"], key: key, directory: "/nonexistent"), memory: nil)
        }
        #expect(error?.description.hasPrefix("root's key: ") == true)
    }
}

@Suite struct KernelModuleTests {
    @Test(arguments: [
        ("virtio.ko", "virtio"), ("virtio-rng.ko.xz", "virtio_rng"), ("a.ko.zst", "a"), ("a.ko.gz", "a"), ("a.o", nil),
        ("ko", nil), ("modules.dep", nil), ("a.ko.bz2", nil),
    ])
    func names(file: String, name: String?) { #expect(KernelModules.moduleName(file) == name) }

    /// The distribution's own modules say what they need, and are put after it.
    @Test(.enabled(if: (try? GuestKernel.find()) != nil, "needs a guest kernel"))
    func order() throws {
        let modules = try #require(try GuestKernel.find().modules(cache: Cache()))
        let names = try modules.load(["virtio_console", "virtio_mmio"]).map(\.name)
        #expect(Set(names).isSuperset(of: ["virtio", "virtio_ring", "virtio_console", "virtio_mmio"]))
        let place = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, $0) })
        #expect(try #require(place["virtio_ring"]) < #require(place["virtio_mmio"]))
        #expect(try #require(place["virtio"]) < #require(place["virtio_console"]))
    }

    /// A file that lies about its sections, or is none, has no dependencies and ends nothing.
    @Test func hostile() throws {
        #expect(ModuleInformation.dependencies(of: []).isEmpty)
        #expect(ModuleInformation.dependencies(of: Array("\u{7f}ELF".utf8) + [2, 1]).isEmpty)
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<500 {
            let bytes =
                [0x7f, 0x45, 0x4c, 0x46, 2, 1]
                + (0..<200).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
            #expect(ModuleInformation.dependencies(of: bytes).isEmpty)
        }
        var file = [UInt8](repeating: 0, count: 256)
        file.replaceSubrange(0..<6, with: [0x7f, 0x45, 0x4c, 0x46, 2, 1])
        // A section table beyond any number that can be added to.
        file.replaceSubrange(40..<48, with: [UInt8](repeating: 0xff, count: 7) + [0x7f])
        file[58] = 64
        file[60] = 0xff
        #expect(ModuleInformation.dependencies(of: file).isEmpty)
    }
}
