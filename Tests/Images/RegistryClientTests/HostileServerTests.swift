import Content
import OCI
import Synchronization
import Testing

@testable import RegistryClient

/// Registries that lie, break off or never end: each is an error that says what it did, and the store stays as it was.
@Suite struct HostileServerTests {
    private func pull(
        _ server: ScriptedServer, _ place: Place, _ name: String = "a/b", options: ClientOptions = .test()
    ) throws -> RegistryClient.Pulled {
        try RegistryClient(options).pull(try ImageReference("\(server.name)/\(name)"), into: try place.store())
    }

    private func failure(_ kind: RegistryClientError.Kind, _ body: () throws -> Void) -> RegistryClientError? {
        do {
            try body()
            Issue.record("nothing was thrown")
        } catch let error as RegistryClientError {
            #expect(error.kind == kind, "\(error)")
            return error
        } catch { Issue.record("\(error)") }
        return nil
    }

    // MARK: Content

    /// A manifest that is not what its digest says, by the field or by the name.
    @Test(arguments: ["a/b", "a/b@sha256:" + String(repeating: "0", count: 64)])
    func manifestOfAnotherDigest(name: String) throws {
        let place = try Place()
        let image = TestImage()
        let server = try ScriptedServer { request, wire in
            wire.answer(
                200,
                [
                    ("Content-Type", MediaType.imageManifest.rawValue),
                    ("Docker-Content-Digest", "sha256:" + String(repeating: "1", count: 64)),
                ], image.manifestBytes)
        }
        _ = failure(.wrongContent) { _ = try pull(server, place, name) }
        #expect(try place.store().digests().isEmpty)
    }

    /// A layer of the right length whose bytes are others; nothing of it stays, and it is not asked for again.
    @Test func layerOfOtherBytes() throws {
        let place = try Place()
        let image = TestImage()
        let layer = image.layers[0]
        let server = try ScriptedServer { request, wire in
            if request.path.hasSuffix("\(layer.descriptor.digest)") {
                wire.answer(200, [], [UInt8](repeating: 7, count: layer.bytes.count))
            } else if !image.answer(request, wire) {
                wire.answer(404)
            }
        }
        let error = failure(.wrongContent) { _ = try pull(server, place) }
        #expect(error?.description.contains("\(layer.descriptor.digest)") == true)
        #expect(server.requests.count { $0.path.hasSuffix("\(layer.descriptor.digest)") } == 1)
        let store = try place.store()
        #expect(!store.contains(layer.descriptor.digest) && !store.contains(image.manifest.digest))
        // The other layers, which were under way, may go on another time; of this one nothing is to be gone on with.
        #expect(try !store.ingests().contains { $0.contains(layer.descriptor.digest.hexadecimal) })
    }

    /// A layer that never ends is left at its own length; one that is announced as longer is not begun.
    @Test(arguments: [true, false])
    func endlessLayer(announced: Bool) throws {
        let place = try Place()
        let image = TestImage()
        let server = try ScriptedServer { request, wire in
            guard request.path.hasSuffix("\(image.layers[0].descriptor.digest)") else {
                if !image.answer(request, wire) { wire.answer(404) }
                return
            }
            wire.send(wire.head(200, announced ? [("Content-Length", "1000000000000")] : [("Connection", "close")]))
            let piece = [UInt8](repeating: 0, count: 64 << 10)
            while wire.send(piece) {}
        }
        _ = failure(.wrongContent) { _ = try pull(server, place) }
        #expect(try !place.store().contains(image.layers[0].descriptor.digest))
    }

    /// A manifest, an error and a head without end are cut off.
    @Test func endlessDocuments() throws {
        let place = try Place()
        let endless: (String) -> ScriptedServer.Handler = { kind in
            { request, wire in
                switch kind {
                case "manifest": wire.send(wire.head(200, [("Content-Type", "application/json")]))
                case "error": wire.send(wire.head(400, [("Connection", "close")]))
                default: wire.send(Array("HTTP/1.1 200 OK\r\n".utf8))
                }
                let piece = Array(
                    (kind == "head"
                        ? "X-Y: " + String(repeating: "z", count: 1000) + "\r\n" : String(repeating: " ", count: 1000))
                        .utf8)
                while wire.send(piece) {}
            }
        }
        _ = failure(.protocolViolation) { _ = try pull(try ScriptedServer(endless("manifest")), place) }
        _ = failure(.rejected) { _ = try pull(try ScriptedServer(endless("error")), place) }
        let error = failure(.protocolViolation) { _ = try pull(try ScriptedServer(endless("head")), place) }
        #expect(error?.problem?.contains("head") == true)
    }

    /// Documents that are nothing, another thing, or two things at once.
    @Test(
        arguments: [
            ("", nil), ("[]", nil), ("{\"schemaVersion\": 1}", nil), ("{\"schemaVersion\": 2}", "text/html"),
            ("{\"schemaVersion\": 2, \"mediaType\": \"\(MediaType.imageIndex)\"}", MediaType.imageManifest.rawValue),
            (
                "{\"schemaVersion\":2,\"mediaType\":\"\(MediaType.imageManifest)\",\"manifests\":[],\"config\":{},\"layers\":[]}",
                nil
            ),
            (String(repeating: "[", count: 100_000), MediaType.imageManifest.rawValue),
        ] as [(String, String?)])
    func documents(text: String, type: String?) throws {
        let place = try Place()
        let server = try ScriptedServer { request, wire in
            wire.answer(200, type.map { [("Content-Type", $0)] } ?? [], text: text)
        }
        #expect(throws: RegistryClientError.self) { _ = try pull(server, place) }
        #expect(try place.store().digests().isEmpty)
    }

    /// What the store could not keep is refused at its manifest: nothing that it names is asked for, and nothing stays.
    @Test func imagesThatCannotBeKept() throws {
        for count in [500, 501] {
            let place = try Place()
            let image = TestImage(layers: (0..<count).map { 10 + $0 })
            let server = try ScriptedServer { request, wire in if !image.answer(request, wire) { wire.answer(404) } }
            let result = try TransferProgram(place).run(["pull", "\(server.name)/a/b"])
            let blobs = server.requests.count { $0.path.contains("/blobs/") }
            let store = try ContentStore(root: "\(place.path)/data/images")
            if count == 500 {
                #expect(result.status == 0 && blobs == 501, "\(result.complaints)")
            } else {
                #expect(result.status == 1 && blobs == 0, "\(blobs): \(result.complaints)")
                #expect(
                    result.complaints.contains("has 501 layers; overlayfs stacks 500 at most"), "\(result.complaints)")
                #expect(result.complaints.contains("nothing was fetched"), "\(result.complaints)")
                #expect(try store.digests().isEmpty && store.ingests().isEmpty)
            }
        }
    }

    /// An image whose own configuration tells of another platform, or of other layers, is refused before a layer comes.
    @Test func layersComeLast() throws {
        for isOther in [true, false] {
            let place = try Place()
            var image = TestImage(platform: isOther ? Platform(architecture: "sparc", os: "plan9") : .host)
            if !isOther {
                let few = image.layers.dropLast().map(\.descriptor)
                image.manifestBytes = ImageManifest(config: image.configuration, layers: few).json()
                image.manifest = Descriptor(.imageManifest, of: image.manifestBytes)
            }
            let server = try ScriptedServer { [image] request, wire in
                if !image.answer(request, wire) { wire.answer(404) }
            }
            let error = failure(isOther ? .noPlatform : .protocolViolation) { _ = try pull(server, place) }
            #expect(error?.advice != nil)
            #expect(server.requests.count { $0.path.contains("/blobs/") } == 1)
        }
    }

    /// Manifests that are as large as one may be, of as many images as there may be: memory holds some of them and no more.
    @Test func manifestsWithoutEnd() throws {
        let place = try Place()
        let padding = String(repeating: "x", count: 4_000_000)
        let images = (0..<60).map { number in
            ImageManifest(
                config: Descriptor(.imageConfiguration, of: [1]), layers: [],
                annotations: ["n": "\(number)", "x": padding]
            ).json()
        }
        let index = ImageIndex(manifests: images.map { Descriptor(.imageManifest, of: $0) })
        let named = Dictionary(uniqueKeysWithValues: zip(index.manifests.map { "\($0.digest)" }, images))
        let server = try ScriptedServer { request, wire in
            let name = request.path.split(separator: "/").last.map(String.init) ?? ""
            wire.answer(200, [], named[name] ?? index.json())
        }
        let error = failure(.protocolViolation) {
            _ = try RegistryClient(.test()).pull(
                try ImageReference("\(server.name)/a/b"), into: try place.store(), .all)
        }
        #expect(error?.description.contains("64 MiB together") == true, "\(error.map { "\($0)" } ?? "")")
        #expect(server.requests.count < 25)
        #expect(try place.store().digests().isEmpty)
    }

    /// One line each, which says what to do.
    @Test(
        arguments: [
            (
                #"{"schemaVersion":2,"mediaType":"\#(MediaType.imageIndex)","manifests":[]}"#, "names no image at all",
                "another tag"
            ),
            (
                #"{"schemaVersion":2,"mediaType":"\#(MediaType.imageIndex)","manifests":[{"mediaType":"\#(MediaType.imageManifest)","digest":"\#(Digest(sha256Of: [1]))","size":1},{"mediaType":"\#(MediaType.imageManifest)","digest":"\#(Digest(sha256Of: [2]))","size":1}]}"#,
                "there is no image for", "by its digest"
            ),
            ("[]", "not an object", "address is a registry's"), (#""x""#, "not an object", "address is a registry's"),
            ("<html>", "not valid JSON", "address is a registry's"),
            (
                #"{"schemaVersion":2,"mediaType":"\#(MediaType.imageManifest)","layers":[],"config":{"mediaType":"\#(MediaType.imageConfiguration)","digest":"\#(Digest(sha256Of: [1]))","size":9000000}}"#,
                "configuration is 9000000 bytes long", "rebuild it"
            ),
        ])
    func words(document: String, problem: String, remedy: String) throws {
        let place = try Place()
        let server = try ScriptedServer { request, wire in wire.answer(200, [], text: document) }
        let result = try TransferProgram(place).run(["pull", "\(server.name)/a/b"])
        #expect(result.status == 1)
        #expect(result.complaints.contains(problem) && result.complaints.contains(remedy), "\(result.complaints)")
        #expect(result.complaints.split(separator: "\n").count == 1, "\(result.complaints)")
        #expect(try ContentStore(root: "\(place.path)/data/images").digests().isEmpty)
    }

    // MARK: Broken connections

    /// A connection that breaks amid a layer is taken up where it broke, as often as it gets on.
    @Test func brokenLayer() throws {
        let place = try Place()
        let image = TestImage(layers: [200_000])
        let layer = image.layers[0]
        let server = try ScriptedServer { request, wire in
            guard request.path.hasSuffix("\(layer.descriptor.digest)") else {
                if !image.answer(request, wire) { wire.answer(404) }
                return
            }
            let offset = request.fields["range"].flatMap { Int($0.dropFirst("bytes=".count).dropLast()) } ?? 0
            let end = min(offset + 30_000, layer.bytes.count)
            let fields = [
                ("Content-Range", "bytes \(offset)-\(layer.bytes.count - 1)/\(layer.bytes.count)"),
                ("Content-Length", "\(layer.bytes.count - offset)"),
            ]
            wire.send(wire.head(offset == 0 ? 200 : 206, fields) + layer.bytes[offset..<end])
            if end < layer.bytes.count { wire.hangUp() }
        }
        let pulled = try pull(server, place)
        #expect(pulled.fetchedSize == image.manifest.size + image.configuration.size + layer.descriptor.size)
        #expect(image.isWhole(in: try place.store()))
        let ranges = server.requests.filter { $0.path.hasSuffix("\(layer.descriptor.digest)") }.map {
            $0.fields["range"]
        }
        #expect(ranges.count == 7 && ranges[1] == "bytes=30000-")
    }

    /// A server that knows nothing of ranges sends all of it again: what is there already is passed over.
    @Test func withoutRanges() throws {
        let place = try Place()
        let image = TestImage(layers: [100_000])
        let layer = image.layers[0]
        let count = Mutex(0)
        let server = try ScriptedServer { request, wire in
            guard request.path.hasSuffix("\(layer.descriptor.digest)") else {
                if !image.answer(request, wire) { wire.answer(404) }
                return
            }
            let number = count.withLock { count in
                count += 1
                return count
            }
            wire.send(wire.head(200, [("Content-Length", "\(layer.bytes.count)")]))
            wire.send(Array(layer.bytes.prefix(40_000 * number)))
            if 40_000 * number < layer.bytes.count { wire.hangUp() }
        }
        _ = try pull(server, place)
        #expect(image.isWhole(in: try place.store()))
        #expect(count.withLock { $0 } == 3)
    }

    /// Another part than the one asked for is refused.
    @Test func anotherPart() throws {
        let place = try Place()
        let image = TestImage(layers: [100_000])
        let layer = image.layers[0]
        let server = try ScriptedServer { request, wire in
            guard request.path.hasSuffix("\(layer.descriptor.digest)") else {
                if !image.answer(request, wire) { wire.answer(404) }
                return
            }
            if request.fields["range"] == nil {
                wire.send(wire.head(200, [("Content-Length", "100000")]) + layer.bytes.prefix(50_000))
                wire.hangUp()
            } else {
                wire.answer(206, [("Content-Range", "bytes 0-99999/100000")], layer.bytes)
            }
        }
        _ = failure(.protocolViolation) { _ = try pull(server, place) }
    }

    /// What a torn file of an earlier process holds is thrown away once, and the layer fetched anew.
    @Test func tornIngest() throws {
        let place = try Place()
        let image = TestImage(layers: [100_000])
        let layer = image.layers[0]
        let server = try ScriptedServer { request, wire in if !image.answer(request, wire) { wire.answer(404) } }
        let store = try place.store()
        do {
            let session = try store.beginIngest(id: "pull-sha256-\(layer.descriptor.digest.hexadecimal)")
            try session.write([UInt8](repeating: 0, count: 1234))
        }
        _ = try pull(server, place)
        #expect(image.isWhole(in: store))
        let ranges = server.requests.filter { $0.path.hasSuffix("\(layer.descriptor.digest)") }.map {
            $0.fields["range"]
        }
        #expect(ranges == ["bytes=1234-", nil])
    }

    // MARK: Retries

    /// 429 and 5xx are tried again, as often as the policy has it; the first success counts.
    @Test(arguments: [429, 500, 502, 503, 504])
    func comesBack(status: Int) throws {
        let place = try Place()
        let image = TestImage()
        let refusals = Mutex(3)
        let server = try ScriptedServer { request, wire in
            let refused =
                request.path.contains("manifests")
                && refusals.withLock { left in
                    left -= 1
                    return left >= 0
                }
            if refused { return wire.answer(status, [("Retry-After", "0")]) }
            if !image.answer(request, wire) { wire.answer(404) }
        }
        _ = try pull(server, place)
        #expect(image.isWhole(in: try place.store()))
    }

    /// Any other 4xx is asked once.
    @Test(arguments: [400, 403, 404, 405, 410, 418])
    func asksOnce(status: Int) throws {
        let place = try Place()
        let server = try ScriptedServer { request, wire in
            wire.answer(
                status, [],
                text: #"{"errors":[{"code":"DENIED","message":"no \#u{1B}[31mred","detail":{"a":1}}]}"#)
        }
        do {
            _ = try pull(server, place)
            Issue.record("nothing was thrown")
        } catch let error as RegistryClientError {
            #expect(error.status == status)
            #expect(error.errors.isEmpty || !error.description.contains("\u{1B}"))
        }
        #expect(server.requests.count { $0.path.contains("manifests") } == 1)
    }

    /// A wish to wait for longer than is sensible ends it, and the message says how long.
    @Test func waitsNotForever() throws {
        let place = try Place()
        let server = try ScriptedServer { _, wire in wire.answer(429, [("Retry-After", "86400")]) }
        let error = failure(.tooManyRequests) { _ = try pull(server, place) }
        #expect(error?.retryAfter == 86400)
        #expect(error?.description.contains("asks to wait 86400 seconds, and 180 are waited at most") == true)
        #expect(server.requests.count { $0.path.contains("manifests") } == 1)
    }

    // MARK: Redirects

    /// A loop of redirects ends at the tenth.
    @Test func redirectLoop() throws {
        let place = try Place()
        let server = try ScriptedServer { request, wire in wire.answer(307, [("Location", request.target)]) }
        _ = failure(.hostile) { _ = try pull(server, place) }
        #expect(server.requests.count { $0.path.contains("manifests") } == RedirectPolicy.greatestCount + 1)
    }

    /// A layer may live on another server; the credentials do not go there, and do not come back with the way back.
    @Test func credentialsStayHome() throws {
        let place = try Place()
        let image = TestImage()
        let elsewhere = try ScriptedServer { request, wire in
            if !image.answer(request, wire, repository: "elsewhere") { wire.answer(404) }
        }
        let home = try ScriptedServer { [port = elsewhere.port] request, wire in
            guard request.fields["authorization"] == "Basic YWRhOnNlY3JldA==" else {
                return wire.answer(401, [("WWW-Authenticate", "Basic realm=home")])
            }
            if let range = request.path.firstRange(of: "/blobs/") {
                let digest = request.path[range.upperBound...]
                return wire.answer(307, [("Location", "http://127.0.0.1:\(port)/v2/elsewhere/blobs/\(digest)")])
            }
            if !image.answer(request, wire) { wire.answer(404) }
        }
        _ = try pull(home, place, options: .test { $0.credential = .password(user: "ada", password: "secret") })
        #expect(image.isWhole(in: try place.store()))
        #expect(elsewhere.requests.count == 3)
        #expect(elsewhere.requests.allSatisfy { $0.fields["authorization"] == nil })
    }

    // MARK: Lists

    /// A list whose pages lead round in a circle, and one whose next page is elsewhere.
    @Test(arguments: ["</v2/a/b/tags/list?n=1000>; rel=\"next\"", "<http://127.0.0.2/v2/a/b/tags/list>; rel=next"])
    func lists(link: String) throws {
        let server = try ScriptedServer { _, wire in
            wire.answer(200, [("Link", link)], text: #"{"name":"a/b","tags":["one","tw\u001b o"]}"#)
        }
        _ = failure(.hostile) {
            _ = try RegistryClient(.test()).tags(of: try ImageReference("\(server.name)/a/b"))
        }
    }

    /// Names that are none are left out of lists.
    @Test func namesThatAreNone() throws {
        let server = try ScriptedServer { request, wire in
            wire.answer(200, [], text: #"{"name":"a","tags":["one","-x","a b",""],"repositories":["a/b","../c","A"]}"#)
        }
        let client = RegistryClient(.test())
        #expect(try client.tags(of: try ImageReference("\(server.name)/a/b")) == ["one"])
        #expect(try client.repositories(of: server.name) == ["a/b"])
    }

    // MARK: Heads

    /// Fields that are no text, steer a terminal, repeat or contradict themselves: whatever comes, it is an error of ours that says
    /// so in one line of text, and nobody is sent the password who did not ask for it in its own place.
    @Test(arguments: 0..<24)
    func headsOfNoise(seed: UInt64) throws {
        let noise = Mutex(Noise(seed: seed))
        let image = TestImage()
        let server = try ScriptedServer { request, wire in
            if request.path == "/v2/" { return wire.answer(200) }
            wire.send(noise.withLock { $0.answer(image.manifestBytes) })
            wire.hangUp()
        }
        let place = try Place()
        var options = ClientOptions.test { $0.retries.attempts = 2 }
        options.credential = .password(user: "ada", password: "hidden-word")
        let name = try ImageReference("\(server.name)/a/b")
        for round in 0..<12 {
            let client = RegistryClient(options)
            do {
                switch round % 4 {
                case 0: _ = try client.tags(of: name)
                case 1: _ = try client.repositories(of: server.name)
                case 2: _ = try client.pull(name, into: try place.store(), withReferrers: true)
                default: _ = try client.inspect(name)
                }
            } catch let error as RegistryClientError {
                let text = error.description
                #expect(text.unicodeScalars.allSatisfy { $0.value >= 0x20 && !(0x7F..<0xA0).contains($0.value) })
                #expect(!text.unicodeScalars.contains { (0x202A...0x202E).contains($0.value) })
                #expect(!text.contains("hidden-word") && text.utf8.count < 4000)
            }
        }
        let encoded = "Basic " + "YWRhOmhpZGRlbi13b3Jk"
        #expect(
            server.requests.allSatisfy { request in
                request.fields["authorization"].map { $0 == encoded || $0.hasPrefix("Bearer ") } ?? true
            })
    }

    /// Answers out of pieces that readers trip over, always the same for a seed.
    private struct Noise {
        private var state: UInt64
        private static let pieces: [[UInt8]] =
            [
                "\u{1B}[2J", "\u{9B}31m", "\u{202E}", "\u{301}", "\u{0}", "\u{7F}", "\r", "\u{B}", "\"", "\\", ",", ";",
                "=", "<", ">",
                "Bearer realm=", "Basic ", "sha256:", "bytes 0-1/2", "99999999999999999999", "-1", "rel=next", "/v2/",
                "?n=1",
                "https://registry.invalid/", "//x@y/", "%00", " ", "\t", String(repeating: "A", count: 300),
            ].map { Array($0.utf8) } + [[0xFF, 0xFE], [0x80], [0xC3, 0x28], [0xED, 0xA0, 0x80]]
        private static let names = [
            "WWW-Authenticate", "Link", "Location", "Docker-Content-Digest", "Content-Type", "Content-Range",
            "Retry-After",
            "OCI-Subject", "Content-Length", "X-\u{212A}",
        ]

        init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }

        private mutating func below(_ limit: Int) -> Int {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return Int(state % UInt64(limit))
        }

        private mutating func junk() -> [UInt8] {
            (0..<below(7)).flatMap { _ in Self.pieces[below(Self.pieces.count)] }
        }

        mutating func answer(_ manifest: [UInt8]) -> [UInt8] {
            let status = [200, 200, 200, 206, 301, 307, 400, 401, 401, 404, 429, 500][below(12)]
            var bytes = Array("HTTP/1.1 \(status) ".utf8) + junk() + [13, 10]
            for _ in 0..<below(6) {
                let name = Self.names[below(Self.names.count)]
                bytes += Array("\(name): ".utf8)
                if name == "Link" {
                    bytes += Array("</v2/a/b/tags/list?\(below(1000))".utf8) + junk() + Array(">; rel=next".utf8)
                }
                if name == "WWW-Authenticate" { bytes += Array(["Basic realm=\"", "Bearer realm=\""][below(2)].utf8) }
                bytes += junk() + [13, 10]
            }
            let body = [manifest, Array(#"{"name":"a/b","tags":["x"],"repositories":["a"]}"#.utf8), junk()][below(3)]
            if below(2) == 0 { bytes += Array("Content-Type: \(MediaType.imageManifest)\r\n".utf8) }
            return bytes + Array("Content-Length: \(body.count)\r\n\r\n".utf8) + body
        }
    }

    // MARK: Uploads

    /// An upload that is to go to another, plain host is refused before a byte goes.
    @Test func uploadElsewhere() throws {
        let place = try Place()
        let image = TestImage()
        try image.store(in: try place.store())
        let server = try ScriptedServer { request, wire in
            switch request.method {
            case "HEAD": wire.answer(404)
            case "POST": wire.answer(202, [("Location", "http://registry.invalid/upload")])
            default: wire.answer(500)
            }
        }
        _ = failure(.hostile) {
            _ = try RegistryClient(.test()).push(
                image.manifest, from: try place.store(), as: try ImageReference("\(server.name)/a/b"))
        }
    }

    /// A registry that claims to have stored another manifest.
    @Test func storedAnother() throws {
        let place = try Place()
        let image = TestImage()
        try image.store(in: try place.store())
        let server = try ScriptedServer { request, wire in
            switch (request.method, request.path.contains("manifests")) {
            case ("HEAD", false):
                let size = image.blobs.first { request.path.hasSuffix("\($0.descriptor.digest)") }?.bytes.count
                wire.answer(200, length: size)
            case ("HEAD", true): wire.answer(404)
            default: wire.answer(201, [("Docker-Content-Digest", "sha256:" + String(repeating: "1", count: 64))])
            }
        }
        _ = failure(.wrongContent) {
            _ = try RegistryClient(.test()).push(
                image.manifest, from: try place.store(), as: try ImageReference("\(server.name)/a/b"))
        }
    }

    // MARK: Numbers

    /// Layers of the greatest size there is: what is there is less, and that is said; nothing is added up beyond its range.
    @Test func greatestSizes() throws {
        let place = try Place()
        let image = TestImage(layers: [10, 20])
        let layers = image.layers.map { layer in
            Descriptor(mediaType: layer.descriptor.mediaType, digest: layer.descriptor.digest, size: .max)
        }
        let manifest = ImageManifest(
            config: Descriptor(mediaType: .imageConfiguration, digest: Digest(sha256Of: [0]), size: 100),
            layers: layers
        ).json()
        let server = try ScriptedServer { request, wire in
            if request.path.contains("/manifests/") {
                wire.answer(200, [("Content-Type", MediaType.imageManifest.rawValue)], manifest)
            } else if let layer = image.layers.first(where: { request.path.hasSuffix("\($0.descriptor.digest)") }) {
                wire.answer(200, [], layer.bytes)
            } else {
                wire.answer(200, [], [UInt8](repeating: 0, count: 100))
            }
        }
        let board = Board()
        let error = failure(.wrongContent) {
            _ = try RegistryClient(.test()).pull(
                try ImageReference("\(server.name)/a/b"), into: try place.store(),
                report: board.take)
        }
        #expect(error != nil)
        #expect(board.last.contains("TB"))
    }

    /// What a terminal would show.
    private final class Board: Sendable {
        private let state = Mutex(TransferBoard())

        @Sendable func take(_ progress: TransferProgress) {
            state.withLock { board in
                board.take(progress, now: 1)
                _ = board.lines(now: 2)
            }
        }

        var last: String { state.withLock { $0.lines(now: 3).last ?? "" } }
    }
}
