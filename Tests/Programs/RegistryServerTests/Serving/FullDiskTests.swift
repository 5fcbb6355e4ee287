import Content
import Glibc
import Linux
import OCI
import TestSupport
import Testing

@testable import RegistryServer

/// Disks that are nearly full, of bytes or of files: whatever is asked is answered by what happened (201 or 507), what was said to be
/// stored is there whole, and everything can be pushed once there is room.
@Suite(.enabled(if: geteuid() == 0, "mounting a small disk needs root"))
struct FullDiskTests {
    enum Scarcity: CaseIterable, Sendable { case bytes, files }

    @Test(arguments: Scarcity.allCases) func nearlyFull(_ scarcity: Scarcity) throws {
        let place = try Place()
        try #require(place.shell("mkdir disk && mount -t tmpfs -o size=12m,nr_inodes=1200 none disk").status == 0)
        defer { _ = try? place.shell("umount -l disk") }
        let root = "\(place.path)/disk/root"
        let counter = Counter(Registry(try RegistryStore(root: root)))
        var generator = RandomInstants()
        let seed = "seed \(generator.seed)"
        var wasFull = 0
        for round in 0..<30 {
            let image = Image(round, &generator)
            try fill("\(place.path)/disk/filling", scarcity, leaving: Int.random(in: 0...24, using: &generator))
            let first = image.push(counter)
            // A manifest is told what of it is missing.
            let allowed = first[0] == 201 && first[1] == 201 ? [201, 507] : [404, 507]
            let isAllowed = first.prefix(2).allSatisfy { [201, 507].contains($0) } && allowed.contains(first[2])
            #expect(isAllowed, "\(seed), round \(round): \(first)")
            if first.contains(507) { wasFull += 1 }
            // What can be seen is whole, also while there is no room.
            image.check(counter, isWhole: first == [201, 201, 201])
            _ = try place.shell("rm -r disk/filling")
            let second = image.push(counter)
            #expect(second == [201, 201, 201], "\(seed), round \(round): \(first), then \(second)")
            image.check(counter, isWhole: true)
        }
        #expect(wasFull > 0, "\(seed)")
        for digest in try counter.store.content.digests() { try counter.store.content.verify(digest) }
        #expect(try SystemFile.names(in: "\(root)/ingest") == [] && SystemFile.names(in: "\(root)/aside") == [])
    }

    /// Takes all but a few blocks of four KiB, or but a few files.
    private func fill(_ path: String, _ scarcity: Scarcity, leaving count: Int) throws {
        try SystemFile.makeDirectories(path)
        switch scarcity {
        case .bytes:
            var status = statvfs()
            try #require(statvfs(path, &status) == 0)
            let size = (Int(status.f_bavail) - count) * Int(status.f_frsize)
            let file = try OwnedDescriptor(opening: "\(path)/bytes", O_WRONLY | O_CREAT)
            if size > 0 { try #require(posix_fallocate(file.number, 0, off_t(size)) == 0) }
        case .files:
            var status = statvfs()
            try #require(statvfs(path, &status) == 0)
            for number in 0..<max(0, Int(status.f_favail) - count) {
                _ = try OwnedDescriptor(opening: "\(path)/\(number)", O_WRONLY | O_CREAT)
            }
        }
    }

    /// A configuration, a layer and a manifest that says something about another.
    private struct Image {
        let name: String
        let config: [UInt8]
        let layer: [UInt8]
        let manifest: [UInt8]

        init(_ number: Int, _ generator: inout some RandomNumberGenerator) {
            name = "disk/\(number)"
            config = Array("{\"architecture\":\"amd64\",\"os\":\"linux\",\"n\":\(number)}".utf8)
            let size = Int.random(in: 1...60_000, using: &generator)
            layer = (0..<size).map { _ in UInt8.random(in: 0...255, using: &generator) }
            manifest = ImageManifest(
                config: Descriptor(.imageConfiguration, of: config), layers: [Descriptor(.layer, of: layer)],
                subject: Descriptor(.imageManifest, of: [1, 2, 3])
            ).json()
        }

        /// - Returns: the statuses of the configuration, the layer and the manifest.
        func push(_ counter: Counter) -> [Int] {
            [config, layer].map { bytes in
                let target = "/v2/\(name)/blobs/uploads/?digest=\(Digest(sha256Of: bytes))"
                return counter.ask("POST", target, ["content-length": "\(bytes.count)"], body: bytes).status
            } + [
                counter.ask(
                    "PUT", "/v2/\(name)/manifests/v1", ["content-type": MediaType.imageManifest.rawValue],
                    body: manifest
                ).status
            ]
        }

        func check(_ counter: Counter, isWhole: Bool) {
            for (target, bytes) in [
                ("blobs/\(Digest(sha256Of: config))", config), ("blobs/\(Digest(sha256Of: layer))", layer),
                ("manifests/v1", manifest), ("manifests/\(Digest(sha256Of: manifest))", manifest),
            ] {
                let answer = counter.ask("GET", "/v2/\(name)/\(target)").reading(filesUpTo: 1 << 20)
                #expect(answer.status == 200 ? answer.bytes == bytes : answer.status == 404 && !isWhole, "\(target)")
            }
            let list = counter.ask("GET", "/v2/\(name)/referrers/\(Digest(sha256Of: [1, 2, 3]))")
            let index = try? ImageIndex(json: list.bytes)
            #expect(index.map { $0.manifests.count <= 1 && (!isWhole || $0.manifests.count == 1) } == true)
        }
    }
}
