import Foundation
import Linux
import Testing

@testable import Machines

@Suite struct InitramfsTests {
    /// A tree of its own, gone with the test.
    final class Tree {
        let path = "/tmp/isolab-initramfs-\(UUID().uuidString)"
        init() { mkdir(path, 0o755) }
        deinit { try? TreeRemoval.remove(path) }

        func write(_ name: String, _ text: String, mode: mode_t = 0o644) throws {
            let file = "\(path)/\(name)"
            try SystemFile.makeDirectories(String(file[..<(file.lastIndex(of: "/") ?? file.endIndex)]))
            try WholeFile.replace(file, with: Array(text.utf8))
            chmod(file, mode)
        }
    }

    /// One node's bytes are exactly the format's: magic, thirteen fields of eight digits, name, padding, content, padding.
    @Test func exactBytes() {
        var archive = CpioArchive()
        archive.append("ab", CpioArchive.Node(mode: 0o100644), content: Array("hello".utf8))
        let header =
            "070701" + "00000001" + "000081A4" + "00000000" + "00000000" + "00000001" + "00000000" + "00000005"
            + "00000000" + "00000000" + "00000000" + "00000000" + "00000003" + "00000000"
        // Name and content each end on a multiple of four.
        #expect(archive.bytes == Array((header + "ab\0").utf8) + [0, 0, 0] + Array("hello".utf8) + [0, 0, 0])
        archive.finish()
        #expect(archive.bytes.count % 512 == 0)
        #expect(archive.bytes.contains(Array("TRAILER!!!".utf8)))
    }

    /// Two trees with the same content give the same bytes, whenever and in whatever order they were made.
    @Test func deterministic() throws {
        let (one, two) = (Tree(), Tree())
        try one.write("b", "2")
        try one.write("a/x", "1", mode: 0o755)
        try two.write("a/x", "1", mode: 0o755)
        try two.write("b", "2")
        utimes(two.path + "/b", [timeval(tv_sec: 1, tv_usec: 0), timeval(tv_sec: 1, tv_usec: 0)])
        #expect(try Initramfs.bytes(layers: [one.path]) == Initramfs.bytes(layers: [two.path]))
    }

    /// Layers stack as overlayfs stacks them, and cpio itself reads the result.
    @Test(.enabled(if: access("/usr/bin/cpio", X_OK) == 0, "needs cpio"))
    func layersReadByCpio() throws {
        let (lower, upper) = (Tree(), Tree())
        try lower.write("etc/hidden/file", "old")
        try lower.write("etc/kept", "kept")
        try upper.write("etc/hidden", "now a file")
        try upper.write("bin/tool", "tool", mode: 0o755)
        symlink("tool", upper.path + "/bin/link")
        link(upper.path + "/bin/tool", upper.path + "/bin/twin")
        let archive = try Initramfs.bytes(layers: [lower.path, upper.path])
        let listing = try HostProgram.run("cpio", ["-t", "-v", "--quiet"], input: archive)
        #expect(listing.status == 0, "\(listing.errorText)")
        let lines = String(decoding: listing.output, as: UTF8.self).split(separator: "\n")
        // The name is what follows the year of the time, which is 0.
        let names = lines.compactMap { $0.split(separator: " 1970 ").last.map(String.init) }
        #expect(
            names == [
                "bin", "bin/link -> tool", "bin/tool", "bin/twin", "etc", "etc/hidden", "etc/kept", "dev",
                "dev/console", "dev/null",
            ])
        #expect(lines.contains { $0.hasPrefix("crw-------") && $0.hasSuffix("dev/console") && $0.contains("5,") })
    }

    /// The archive is found again by its digest, and a damaged one in the cache is replaced.
    @Test func cached() throws {
        let (tree, cache) = (Tree(), Tree())
        try tree.write("a", "1")
        let first = try Initramfs.make(layers: [tree.path], cache: Cache(root: cache.path))
        try WholeFile.replace(first.path, with: [1, 2, 3])
        let again = try Initramfs.make(layers: [tree.path], cache: Cache(root: cache.path))
        #expect(again == first)
        #expect(try SystemFile.bytes(of: again.path).count == first.bytes)
    }

    /// A tree that is not there is an error that names it.
    @Test func missingTree() {
        #expect(throws: (any Error).self) { try Initramfs.bytes(layers: ["/nonexistent/isolab"]) }
    }
}
