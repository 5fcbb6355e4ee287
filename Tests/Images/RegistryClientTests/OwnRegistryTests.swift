import Content
import OCI
import Synchronization
import Testing

@testable import RegistryClient

/// The client and the server of this house.
@Suite struct OwnRegistryTests {
    /// There and back, by an index, by sha512, with mounts; nothing travels twice.
    @Test func thereAndBack() throws {
        let place = try Place()
        let registry = try OwnRegistry(in: place)
        let client = RegistryClient(.test())
        let platforms = [Platform(architecture: "amd64"), Platform(architecture: "arm64", variant: "v8")]
        let images = platforms.map { TestImage(layers: [200_000, 1, 0], platform: $0) }
        let here = try place.store("here")
        for image in images { try image.store(in: here) }
        let bytes = ImageIndex(manifests: images.map(\.manifest)).json()
        let digest = try here.put(bytes, algorithm: .sha512)
        let root = Descriptor(mediaType: .imageIndex, digest: digest, size: Int64(bytes.count))
        let name = try ImageReference("\(registry.name)/a/multi@\(digest)")
        #expect(try client.push(root, from: here, as: name).sent > 0)
        #expect(try client.push(root, from: here, as: name).sent == 0)
        let there = try place.store("there")
        #expect(try client.pull(name, into: there, .all).root.digest == digest)
        #expect(images.allSatisfy { $0.isWhole(in: there) })
        let copied = try client.copy(name, to: try ImageReference("\(registry.name)/b:copy"), .platform(platforms[1]))
        #expect(copied.sent == 1 && copied.root.digest == images[1].manifest.digest)
        #expect(try client.tags(of: try ImageReference("\(registry.name)/b")) == ["copy"])
        try client.delete(try ImageReference("\(registry.name)/b:copy"))
        #expect(try client.tags(of: try ImageReference("\(registry.name)/b")).isEmpty)
    }

    /// A piece whose connection breaks is gone on with, and what arrives is whole.
    @Test func brokenPiece() throws {
        let place = try Place()
        let registry = try OwnRegistry(in: place)
        let image = TestImage(layers: [4_000_000])
        try image.store(in: try place.store("here"))
        let line = try CuttingProxy(to: registry.port, cuts: [1_200_000, 1_300_000])
        let layer = image.layers[0].descriptor.digest
        let steps = Steps()
        _ = try RegistryClient(.test { $0.pieceSize = 3_000_000 }).push(
            image.manifest, from: try place.store("here"), as: try ImageReference("\(line.name)/broken"),
            report: { progress in
                if progress.descriptor.digest == layer, case .moving(let bytes) = progress.state { steps.take(bytes) }
            })
        #expect(line.cutsLeft == 0)
        #expect(!steps.fallenTo.isEmpty, "nothing was sent again")
        let store = try place.store("there")
        _ = try RegistryClient(.test()).pull(try ImageReference("\(registry.name)/broken"), into: store)
        #expect(image.isWhole(in: store))
    }

    /// The numbers a transfer counts up: where one is less than the one before, something was sent again from there.
    private final class Steps: Sendable {
        private let numbers = Mutex<[Int64]>([])

        func take(_ number: Int64) { numbers.withLock { $0.append(number) } }

        var fallenTo: [Int64] {
            let all = numbers.withLock { $0 }
            return all.indices.dropFirst().filter { all[$0] < all[$0 - 1] }.map { all[$0] }
        }
    }
}
