import Foundation
import Testing

@testable import Machines

@Suite struct KernelTests {
    /// The legacy frame: literals, a match that overlaps itself, long lengths; what `lz4 -l` wrote comes back.
    @Test(.enabled(if: access("/usr/bin/lz4", X_OK) == 0, "needs lz4"))
    func lz4() throws {
        var text = [UInt8](repeating: 0x61, count: 100_000)
        text += (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* $0 >> 7) }
        text += Array("end".utf8)
        let compressed = try Tool.run("lz4", ["-l", "-c", "-q"], input: text).output
        #expect(try LZ4.decompressLegacyFrame(compressed, limit: 1 << 20) == text)
        #expect(throws: LZ4.Failure.tooLarge) { try LZ4.decompressLegacyFrame(compressed, limit: 1000) }
    }

    /// Broken streams end in an error, never past the buffer.
    @Test(arguments: [
        ([0x1f] as [UInt8], LZ4.Failure.truncated),  // literals announced, none there
        ([0x10, 0x61, 0x05, 0x00], .badOffset),  // a match before the beginning
        ([0xf0, 0xff], .truncated),  // a length that never ends
    ])
    func brokenLZ4(block: [UInt8], failure: LZ4.Failure) {
        let frame = LZ4.legacyMagic + [UInt8(block.count), 0, 0, 0] + block
        #expect(throws: failure) { try LZ4.decompressLegacyFrame(frame, limit: 1 << 20) }
    }

    /// What is neither image nor ELF is refused by name, with what to do.
    @Test func notAKernel() throws {
        let path = "/tmp/isolab-kernel-\(UUID().uuidString)"
        try TextFile.replace(path, with: [UInt8](repeating: 7, count: 4096))
        defer { unlink(path) }
        let error = #expect(throws: KernelError.self) { try GuestKernel.find(given: path) }
        #expect(error == .unusable(path: path, why: "neither a bzImage nor an ELF"))
        #expect(error?.description.contains("--kernel") == true)
        #expect(throws: KernelError.self) { try GuestKernel.find(given: "/nonexistent/kernel") }
    }

    /// The package that the metapackage stands for today is read out of apt's answer.
    @Test func dependency() {
        let answer = """
            linux-image-cloud-amd64
              Depends: linux-image-6.1.0-56-cloud-amd64
            """
        #expect(KernelPackage.dependency(inAnswer: answer) == "linux-image-6.1.0-56-cloud-amd64")
        #expect(KernelPackage.dependency(inAnswer: "linux-image\n  Depends: initramfs-tools\n") == nil)
    }

    /// With nothing fetched and no leave to fetch, the error says what was tried.
    @Test func noneFound() throws {
        let cache = Cache(root: "/tmp/isolab-kernel-\(UUID().uuidString)")
        do {
            let kernel = try GuestKernel.find(cache: cache, mayFetch: false)
            #expect(kernel.origin == .host)
        } catch {
            #expect("\(error)".contains("none fetched before"))
        }
        FileTree.remove(cache.root)
    }
}
