import Content
import Glibc
import Images
import Linux
import OCI
import Synchronization
import TestSupport
import Testing

@testable import RegistryClient

/// Pulls that are killed, or run out of disk, at random instants: what the store has is whole, and the next pull brings the rest.
@Suite(.serialized) struct PullMisfortuneTests {
    /// A registry with an image, whose layers come in pieces, with pauses, as over a line.
    private static func registry(of image: TestImage) throws -> ScriptedServer {
        try ScriptedServer { request, wire in
            let asked = image.layers.first { request.path.hasSuffix("blobs/\($0.descriptor.digest)") }
            guard let layer = asked else {
                if !image.answer(request, wire) { wire.answer(404) }
                return
            }
            let total = layer.bytes.count
            let offset = request.fields["range"].flatMap { Int($0.dropFirst("bytes=".count).dropLast()) } ?? 0
            let range = ("Content-Range", "bytes \(offset)-\(total - 1)/\(total)")
            let length = ("Content-Length", "\(total - offset)")
            guard wire.send(wire.head(offset > 0 ? 206 : 200, offset > 0 ? [range, length] : [length])) else { return }
            for start in stride(from: offset, to: total, by: 40_000) {
                guard wire.send(Array(layer.bytes[start..<min(start + 40_000, total)])) else { return }
                usleep(1000)
            }
        }
    }

    private static func image() -> TestImage { TestImage(layers: [900_000, 300_000, 2000, 600_000]) }

    /// The store's blobs are what their names say, and only those that came whole have one.
    private static func check(_ root: String, _ image: TestImage, after what: String, isWhole: Bool) throws {
        let store = try ImageStore(root: root)
        for digest in try store.content.digests() {
            #expect(throws: Never.self, "\(what)") { try store.content.verify(digest) }
        }
        let problems = try store.check().problems
        #expect(problems.isEmpty, "\(what): \(problems)")
        #expect(
            (try? store.content.verify(image.manifest.digest)) == nil || image.isWhole(in: store.content), "\(what)")
        guard isWhole else { return }
        #expect(image.isWhole(in: store.content), "\(what)")
        let left = try store.content.ingests()
        #expect(left.isEmpty, "\(what)")
    }

    @Test func killed() throws {
        var instants = RandomInstants()
        print("seed \(instants.seed)")
        let whole = Self.image()
        let start = HostClock.now()
        do {
            let place = try Place()
            let server = try Self.registry(of: whole)
            #expect(try TransferProgram(place).run(["pull", "\(server.name)/a/b"]).status == 0)
        }
        let length = HostClock.now() - start
        var box = TimeBox(seconds: 7, least: 5)
        var (killed, resumed) = (0, 0)
        while box.next() {
            let place = try Place()
            let image = Self.image()
            let server = try Self.registry(of: image)
            let program = TransferProgram(place)
            let root = "\(place.path)/data/images"
            // Twice: what the first one left is what the second one is killed over.
            for _ in 0..<2 {
                let process = try program.start(["pull", "\(server.name)/a/b"])
                let instant = instants.sleep(within: length)
                let family = ProcessFamily(stopping: process.pid)
                try process.kill(SIGKILL)
                family.resume()
                #expect(family.survivors().isEmpty)
                if try process.wait(for: "isolab-transfer").shellStatus == 128 + SIGKILL { killed += 1 }
                let what = "killed after \(instant) µs, seed \(instants.seed)"
                try Self.check(root, image, after: what, isWhole: false)
            }
            let result = try program.run(["pull", "\(server.name)/a/b"])
            #expect(result.status == 0, "seed \(instants.seed): \(result.complaints)")
            try Self.check(root, image, after: "seed \(instants.seed)", isWhole: true)
            if server.requests.contains(where: { $0.fields["range"] != nil }) { resumed += 1 }
        }
        print("pulls: \(killed) killed, \(resumed) of \(box.rounds) went on where they were, seed \(instants.seed)")
        #expect(killed > 0)
    }

    /// A disk of a random size.
    @Test(.enabled(if: geteuid() == 0, "mounting a small disk needs root")) func fullDisk() throws {
        var instants = RandomInstants()
        print("seed \(instants.seed)")
        var box = TimeBox(seconds: 6, least: 5)
        var failures = 0
        while box.next() {
            let place = try Place()
            let image = Self.image()
            let server = try Self.registry(of: image)
            let disk = "\(place.path)/data"
            try SystemFile.makeDirectories(disk)
            let room = 150_000 + instants.below(2_200_000)
            let what = "\(room) bytes of disk, seed \(instants.seed)"
            try retryingOnInterrupt("mount", disk) { mount("tmpfs", disk, "tmpfs", 0, "size=\(room)") }
            defer { umount2(disk, Int32(MNT_DETACH)) }
            let program = TransferProgram(place)
            let result = try program.run(["pull", "\(server.name)/a/b"])
            if result.status != 0 {
                failures += 1
                #expect(
                    result.status == 1 && result.complaints.contains("No space left"), "\(what): \(result.complaints)")
            }
            try Self.check("\(disk)/images", image, after: what, isWhole: result.status == 0)
            try retryingOnInterrupt("remount", disk) { mount("tmpfs", disk, "tmpfs", UInt(MS_REMOUNT), "size=64m") }
            let again = try program.run(["pull", "\(server.name)/a/b"])
            #expect(again.status == 0, "\(what): \(again.complaints)")
            try Self.check("\(disk)/images", image, after: what, isWhole: true)
        }
        print("pulls: \(failures) of \(box.rounds) ran out of disk, seed \(instants.seed)")
        #expect(failures > 0)
    }
}
