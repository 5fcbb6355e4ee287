import Foundation
import Linux
import Testing

@testable import Machines

@Suite struct KernelTests {
    /// The legacy frame: literals, a match that overlaps itself, long lengths; what `lz4 -l` wrote comes back.
    @Test(.enabled(if: access("/usr/bin/lz4", X_OK) == 0, "needs lz4"))
    func lz4() throws {
        var text = [UInt8](repeating: 0x61, count: 100_000)
        text += (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* $0 >> 7) }
        text += Array("end".utf8)
        let compressed = try HostProgram.run("lz4", ["-l", "-c", "-q"], input: text).output
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
        try WholeFile.replace(path, with: [UInt8](repeating: 7, count: 4096))
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
            #expect("\(error)".contains("no kernel was downloaded before"))
        }
        try? TreeRemoval.remove(cache.root)
    }

    /// A bzImage in each compression that kernels come in gives back the ELF that went in, and the next `open` finds it in
    /// the cache.
    @Test(arguments: ["lz4", "gzip", "zstd", "xz", "lzma", "bzip2"])
    func compressions(name: String) throws {
        let program = name == "lzma" ? "xz" : name
        guard ["/usr/bin/", "/bin/"].contains(where: { access($0 + program, X_OK) == 0 }) else {
            return withKnownIssue("needs \(program)", isIntermittent: true) {}
        }
        let elf = [0x7f, 0x45, 0x4c, 0x46] + (0..<200_000).map { UInt8(truncatingIfNeeded: $0 >> 4 ^ $0 >> 11) }
        let options = ["lz4": ["-l", "-c", "-q"], "lzma": ["--format=lzma", "-c"]][name] ?? ["-c"]
        let payload = try HostProgram.run(program, options, input: elf).output
        let root = "/tmp/isolab-kernel-\(UUID().uuidString)"
        defer { try? TreeRemoval.remove(root) }
        let cache = Cache(root: root)
        try SystemFile.makeDirectories(root)
        try WholeFile.replace(root + "/vmlinuz", with: Self.image(payload: payload, unpacked: elf.count))

        let kernel = try GuestKernel.open(root + "/vmlinuz", origin: .given, cache: cache)
        #expect(kernel.version == "6.9-test")
        #expect(try SystemFile.bytes(of: kernel.vmlinux) == elf)
        try WholeFile.replace(kernel.vmlinux, with: Array("unpacked before".utf8))
        let again = try GuestKernel.open(root + "/vmlinuz", origin: .given, cache: cache)
        #expect(again == kernel)
        #expect(try SystemFile.read(again.vmlinux) == "unpacked before")
    }

    /// The least that is a bzImage (Linux, Documentation/arch/x86/boot.rst): one sector of set-up, protocol 2.08, a payload
    /// that the unpacked size ends.
    private static func image(payload: [UInt8], unpacked: Int) -> [UInt8] {
        func little(_ value: Int) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) } }
        var bytes = [UInt8](repeating: 0, count: 1024)
        bytes[0x1f1] = 1
        bytes.replaceSubrange(0x202..<0x206, with: "HdrS".utf8)
        bytes.replaceSubrange(0x206..<0x208, with: [0x08, 0x02])
        bytes.replaceSubrange(0x20e..<0x210, with: [0x00, 0x01])
        bytes.replaceSubrange(0x24c..<0x250, with: little(payload.count + 4))
        bytes.replaceSubrange(0x300..<0x309, with: Array("6.9-test".utf8) + [0])
        return bytes + payload + little(unpacked)
    }

    /// Many who want a kernel at once fetch it once, and all find the same whole file; what a killed fetch left is removed.
    ///
    /// The package manager is a stand-in that builds a real package, slowly; everything else is the real path.
    @Test(.enabled(if: access("/usr/bin/dpkg-deb", X_OK) == 0, "needs dpkg-deb"))
    func concurrentFetch() throws {
        let root = "/tmp/isolab-fetch-\(UUID().uuidString)"
        defer { try? TreeRemoval.remove(root) }
        let cache = Cache(root: root + "/cache")
        try SystemFile.makeDirectories(root + "/bin")
        try SystemFile.makeDirectories(cache.path("kernel/packages/.linux-image-1.999999.part/tree"))
        func script(_ name: String, _ text: String) throws {
            try WholeFile.replace("\(root)/bin/\(name)", with: Array(("#!/bin/sh\nset -e\n" + text).utf8), mode: 0o755)
        }
        // Debian's name is unknown here, Ubuntu's is not.
        try script(
            "apt-cache",
            """
            [ "$3" = linux-image-virtual ] || exit 100
            echo linux-image-virtual; echo '  Depends: linux-image-1'

            """)
        try script(
            "apt-get",
            """
            echo "$@" >> '\(root)/calls'
            mkdir -p package/DEBIAN package/boot
            printf 'Package: %s\nVersion: 1\nArchitecture: amd64\nMaintainer: none <none@localhost>\nDescription: none\n' \
                "$2" > package/DEBIAN/control
            head -c 3000000 /dev/zero > package/boot/vmlinuz-1
            sleep 0.3
            dpkg-deb --build package "$2.deb" > /dev/null

            """)
        let environment = ["PATH=\(root)/bin:/usr/bin:/bin"]
        let results = Waitable<[Result<String, any Error>]>([])
        for _ in 0..<6 {
            BackgroundThread.start {
                let result = Result<String, any Error> {
                    try KernelPackage.fetch(cache: cache, environment: environment)
                }
                results.update { $0.append(result) }
            }
        }
        let all = try #require(results.wait(.seconds(60)) { $0.count == 6 ? $0 : nil })
        let paths = try all.map { try $0.get() }
        #expect(Set(paths) == [cache.path("kernel/packages/linux-image-1/vmlinuz")])
        #expect(try SystemFile.read(root + "/calls") == "download linux-image-1\n")
        #expect(try SystemFile.bytes(of: paths[0]).count == 3_000_000)
        #expect(try SystemFile.names(in: cache.path("kernel/packages")) == [".lock", "linux-image-1"])
    }
}
