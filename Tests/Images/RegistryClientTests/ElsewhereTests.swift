import Content
import OCI
import Testing

@testable import RegistryClient

/// Layers that registries need not have: they are fetched from the addresses that their descriptors tell.
@Suite struct ElsewhereTests {
    /// An image whose only layer is foreign, with these addresses.
    private static func image(_ urls: [String], of type: String) -> TestImage {
        var image = TestImage(layers: [5000])
        image.layers[0].descriptor.mediaType = MediaType(type)
        image.layers[0].descriptor.urls = urls
        image.manifestBytes = ImageManifest(config: image.configuration, layers: image.layers.map(\.descriptor)).json()
        image.manifest = Descriptor(.imageManifest, of: image.manifestBytes)
        return image
    }

    private static let foreign = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"

    private func pull(_ image: TestImage, into place: Place, asked: (ScriptedServer) -> Void = { _ in }) throws {
        let server = try ScriptedServer { request, wire in
            // The registry has everything but the layer.
            let isLayer = request.path.contains(image.layers[0].descriptor.digest.hexadecimal)
            if isLayer || !image.answer(request, wire) { wire.answer(404) }
        }
        defer { asked(server) }
        _ = try RegistryClient(.test()).pull(ImageReference("\(server.name)/a/b"), into: place.store())
    }

    @Test(arguments: [foreign, "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip"])
    func fetched(type: String) throws {
        let place = try Place()
        let bytes = TestImage(layers: [5000], seed: 7).layers[0].bytes
        let server = try ScriptedServer { request, wire in
            #expect(request.fields["authorization"] == nil)
            switch request.path {
            case "/first": wire.answer(404)
            case "/moved": wire.answer(302, [("Location", "/layer")])
            default: wire.answer(200, [], bytes)
            }
        }
        var image = Self.image(["http://\(server.name)/first", "http://\(server.name)/moved"], of: type)
        image.layers[0] = (Descriptor(MediaType(type), of: bytes), bytes)
        image.layers[0].descriptor.urls = ["http://\(server.name)/first", "http://\(server.name)/moved"]
        image.manifestBytes = ImageManifest(config: image.configuration, layers: image.layers.map(\.descriptor)).json()
        image.manifest = Descriptor(.imageManifest, of: image.manifestBytes)
        try pull(image, into: place)
        #expect(image.isWhole(in: try place.store()))
        #expect(server.requests.map(\.path) == ["/first", "/moved", "/layer"])
    }

    /// Another content than its digest says is none; an ordinary layer is asked of its registry alone.
    @Test func lies() throws {
        let place = try Place()
        let server = try ScriptedServer { _, wire in wire.answer(200, [], [UInt8](repeating: 1, count: 5000)) }
        let url = "http://\(server.name)/layer"
        #expect(throws: RegistryClientError.self) { try pull(Self.image([url], of: Self.foreign), into: place) }
        #expect(server.requests.count == 1)
        let ordinary = Self.image([url], of: MediaType.layerGzip.rawValue)
        #expect(throws: RegistryClientError.self) { try pull(ordinary, into: place) }
        #expect(server.requests.count == 1)
        #expect(try place.store().ingests().isEmpty)
    }

    /// A blob that came whole in the instant in which another's failure stops everything is kept as one, not left half done: again
    /// and again, for that instant is small.
    @Test func stoppedAtTheEnd() throws {
        let place = try Place()
        for _ in 0..<40 {
            let image = Self.image([], of: MediaType.layerGzip.rawValue)
            #expect(throws: RegistryClientError.self) { try pull(image, into: place) }
            #expect(try place.store().ingests().isEmpty)
        }
    }

    /// What a registry sends of another content does not stay, of the right length or of a greater one.
    @Test(arguments: [5000, 6000]) func nothingOfLiesStays(length: Int) throws {
        let place = try Place()
        let image = TestImage(layers: [5000])
        let server = try ScriptedServer { request, wire in
            guard request.path.contains(image.layers[0].descriptor.digest.hexadecimal) else {
                if !image.answer(request, wire) { wire.answer(404) }
                return
            }
            // Without a length: the end of the connection is the end of the content.
            wire.send(wire.head(200, [("Connection", "close")]) + [UInt8](repeating: 1, count: length))
            wire.hangUp()
        }
        for _ in 0..<2 {
            #expect(throws: RegistryClientError.self) {
                try RegistryClient(.test()).pull(ImageReference("\(server.name)/a/b"), into: place.store())
            }
            #expect(try place.store().ingests().isEmpty)
        }
    }
}
