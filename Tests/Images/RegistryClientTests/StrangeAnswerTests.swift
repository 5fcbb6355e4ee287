import Content
import OCI
import Testing

@testable import RegistryClient

/// Answers that are in order as HTTP and not what was asked for: what is wrong is said in words, and nothing of them is kept.
struct StrangeAnswerTests {
    private func failure(
        _ kind: RegistryClientError.Kind, _ server: ScriptedServer, _ place: Place
    ) throws -> RegistryClientError? {
        let store = try place.store()
        let error = #expect(throws: RegistryClientError.self) {
            try RegistryClient(.test()).pull(try ImageReference("\(server.name)/a/b"), into: store)
        }
        #expect(error?.kind == kind, "\(String(describing: error))")
        return error
    }

    /// A wish to wait for longer than is sensible, in the middle of a transfer: the message says how long.
    @Test func longWishForALayer() throws {
        let place = try Place()
        let image = TestImage()
        let server = try ScriptedServer { request, wire in
            guard request.path.hasSuffix("\(image.layers[0].descriptor.digest)") else {
                if !image.answer(request, wire) { wire.answer(404) }
                return
            }
            wire.answer(503, [("Retry-After", "600")])
        }
        let pulling = try failure(.unavailable, server, place)
        #expect(pulling?.description.contains("asks to wait 600 seconds") == true, "\(String(describing: pulling))")
    }

    /// Successes that are not the one there has to be are said as what they are, for whatever reason they come.
    @Test(arguments: [(204, "has no content"), (206, "is a part of the content"), (203, "does not have here")])
    func otherSuccesses(status: Int, words: String) throws {
        let place = try Place()
        let image = TestImage()
        let server = try ScriptedServer { _, wire in
            if status == 204 {
                wire.send(wire.head(204, []))
                return
            }
            wire.answer(status, [("Content-Type", MediaType.imageManifest.rawValue)], image.manifestBytes)
        }
        let error = try failure(.protocolViolation, server, place)
        #expect(error?.status == status && error?.description.contains(words) == true, "\(String(describing: error))")
        #expect(server.requests.count { $0.path.contains("manifests") } == 1)
    }

    /// Contents in a form that was not asked for, as proxies make it, are not taken for other contents: of manifests and of layers.
    @Test(arguments: ["manifests", "blobs"]) func encodedContent(_ kind: String) throws {
        let place = try Place()
        let image = TestImage()
        let server = try ScriptedServer { request, wire in
            guard request.path.contains("/\(kind)/") else {
                if !image.answer(request, wire) { wire.answer(404) }
                return
            }
            wire.answer(200, [("Content-Encoding", "gzip")], [0x1F, 0x8B, 8, 0])
        }
        let error = try failure(.protocolViolation, server, place)
        #expect(
            error?.description.contains("encoded (Content-Encoding: gzip)") == true, "\(String(describing: error))")
        #expect(try !place.store().contains(image.manifest.digest))
    }
}
