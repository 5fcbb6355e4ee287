import Content
import Images
import Linux
import OCI
import Synchronization
import Testing

@testable import RegistryClient

/// Signatures, bills of materials and the like: what refers to an image goes with it where that is asked for.
@Suite struct ReferrerTests {
    private static let empty = Descriptor(.empty, of: Array("{}".utf8))

    /// An artifact that speaks of something, in a store.
    private func artifact(
        _ type: String, about subject: Descriptor, in store: ContentStore
    ) throws -> (descriptor: Descriptor, layer: Descriptor) {
        let bytes = Array("\(type) of \(subject.digest)".utf8)
        for blob in [Array("{}".utf8), bytes] { try store.put(blob) }
        let layer = Descriptor(MediaType("application/vnd.example.\(type)"), of: bytes)
        let manifest = ImageManifest(
            artifactType: layer.mediaType, config: Self.empty, layers: [layer], subject: subject,
            annotations: ["org.example.kind": type]
        ).json()
        try store.put(manifest)
        return (Descriptor(.imageManifest, of: manifest), layer)
    }

    private struct Signed {
        let image: TestImage
        let bill: Descriptor
        let signature: Descriptor
        /// By their subjects.
        let known: [Digest: [Descriptor]]
    }

    /// An image with a bill of materials, which is signed: the signature is two steps away from the image.
    private func signedImage(in store: ContentStore) throws -> Signed {
        let image = TestImage()
        try image.store(in: store)
        let bill = try artifact("bill", about: image.manifest, in: store).descriptor
        let signature = try artifact("signature", about: bill, in: store).descriptor
        return Signed(
            image: image, bill: bill, signature: signature,
            known: [image.manifest.digest: [bill], bill.digest: [signature]])
    }

    /// From a store to a registry that lists referrers, to one that leaves that to its clients, and back.
    @Test(.enabled(if: SystemFile.exists("/usr/bin/docker-registry"), "docker-registry is not installed"))
    func thereAndBack() throws {
        let place = try Place()
        let own = try OwnRegistry(in: place)
        let docker = try DockerRegistry(in: place)
        let client = RegistryClient(.test())
        let here = try place.store("here")
        let signed = try signedImage(in: here)
        let first = try ImageReference("\(own.name)/a/app:1")
        let pushed = try client.push(
            signed.image.manifest, from: here, as: first, referrers: { signed.known[$0] ?? [] })
        #expect(pushed.referrers == 2)

        let alone = try ImageReference("\(own.name)/b/app:1")
        #expect(try client.copy(first, to: alone).referrers == 0)
        #expect(try referrers(of: signed.image.manifest.digest, alone, client).isEmpty)
        // What nobody asked for is not found missing either.
        #expect(try client.pull(first, into: try place.store("alone")).referrers.isEmpty)

        let second = try ImageReference("\(docker.name)/c/app:1")
        let copied = try client.copy(first, to: second, withReferrers: true)
        #expect(copied.referrers == 2)
        let listed = try referrers(of: signed.image.manifest.digest, second, client)
        #expect(listed.map(\.digest) == [signed.bill.digest])
        #expect(listed.map(\.artifactType) == [MediaType("application/vnd.example.bill")])
        #expect(listed.map(\.annotations) == [["org.example.kind": "bill"]])
        #expect(
            try client.tags(of: second).sorted()
                == (["1"] + [signed.bill, signed.image.manifest].map { "sha256-\($0.digest.hexadecimal)" }).sorted())
        // Listed once, however often it is pushed.
        let again = try client.push(
            signed.image.manifest, from: here, as: second, referrers: { signed.known[$0] ?? [] })
        #expect(again.sent == 0 && again.referrers == 2)
        #expect(try referrers(of: signed.image.manifest.digest, second, client).count == 1)

        let there = try place.store("there")
        let pulled = try client.pull(second, into: there, withReferrers: true)
        #expect(pulled.referrers.map(\.digest) == [signed.bill.digest, signed.signature.digest])
        #expect(signed.image.isWhole(in: there))
        for referrer in pulled.referrers {
            let manifest = try ImageManifest(json: there.bytes(of: referrer, limit: 1 << 20))
            #expect(manifest.layers.allSatisfy { there.size(of: $0.digest) == $0.size })
        }

        let third = try ImageReference("\(own.name)/d/app:1")
        #expect(try client.copy(second, to: third, withReferrers: true).referrers == 2)
        #expect(try referrers(of: signed.image.manifest.digest, third, client).map(\.digest) == [signed.bill.digest])
        #expect(try client.tags(of: third) == ["1"])
    }

    private func referrers(
        of subject: Digest, _ reference: ImageReference, _ client: RegistryClient
    ) throws -> [Descriptor] {
        try RegistryConnection(try client.session(for: reference.registry))
            .referrers(of: subject, reference.repository, "test")
    }

    /// Of an index with all its platforms, what refers to any of its images comes along as well.
    @Test func ofAnIndex() throws {
        let place = try Place()
        let own = try OwnRegistry(in: place)
        let client = RegistryClient(.test())
        let here = try place.store("here")
        let images = ["amd64", "arm64"].map { TestImage(layers: [10], platform: Platform(architecture: $0)) }
        for image in images { try image.store(in: here) }
        let bytes = ImageIndex(manifests: images.map(\.manifest)).json()
        try here.put(bytes)
        let index = Descriptor(.imageIndex, of: bytes)
        let about = try ([index] + images.map(\.manifest)).map { try artifact("note", about: $0, in: here).descriptor }
        let known = Dictionary(
            uniqueKeysWithValues: zip([index.digest] + images.map(\.manifest.digest), about.map { [$0] }))
        let name = try ImageReference("\(own.name)/a/multi:1")
        #expect(try client.push(index, from: here, as: name, referrers: { known[$0] ?? [] }).referrers == 3)
        let all = try client.pull(name, into: try place.store("all"), .all, withReferrers: true)
        #expect(Set(all.referrers.map(\.digest)) == Set(about.map(\.digest)))
        let one = try client.pull(
            name, into: try place.store("one"), .platform(Platform(architecture: "arm64")), withReferrers: true)
        #expect(one.referrers.map(\.digest) == [about[2].digest])
    }

    /// What a list says and does not hold is passed over; what speaks of something else is not believed; lists end.
    @Test func hostileLists() throws {
        let place = try Place()
        let image = TestImage()
        let store = try place.store("made")
        let other = try artifact("lie", about: Descriptor(.imageManifest, of: [1]), in: store)
        let bytes = try store.bytes(of: other.descriptor, limit: 1 << 20)
        let absent = Descriptor(.imageManifest, of: [2])
        let list = ImageIndex(manifests: [absent, other.descriptor, Self.empty]).json()
        let endless = Mutex(false)
        let server = try ScriptedServer { request, wire in
            let type = ("Content-Type", MediaType.imageIndex.rawValue)
            if request.path.contains("/referrers/") {
                let isEndless = endless.withLock { $0 }
                let link = ("Link", "<\(request.path)?page=\(UInt64.random(in: 0...UInt64.max))>; rel=\"next\"")
                wire.answer(200, isEndless ? [type, link] : [type], list)
            } else if request.path.hasSuffix("\(other.descriptor.digest)") {
                wire.answer(200, [("Content-Type", MediaType.imageManifest.rawValue)], bytes)
            } else if !image.answer(request, wire) {
                wire.answer(404)
            }
        }
        let name = try ImageReference("\(server.name)/a/b")
        let client = RegistryClient(.test())
        #expect(try client.pull(name, into: try place.store(), withReferrers: true).referrers.isEmpty)
        endless.withLock { $0 = true }
        do {
            _ = try client.pull(name, into: try place.store(), withReferrers: true)
            Issue.record("the list ended")
        } catch let error as RegistryClientError {
            #expect(error.kind == .hostile && error.description.contains("no end"), "\(error)")
        }
    }

    /// The programs: what came along is in the store, is no image there, goes along again, and stays as long as the image does.
    @Test func commands() throws {
        let place = try Place()
        let own = try OwnRegistry(in: place)
        let program = TransferProgram(place)
        let made = try place.store("made")
        let signed = try signedImage(in: made)
        let first = "\(own.name)/a/app:1"
        _ = try RegistryClient(.test()).push(
            signed.image.manifest, from: made, as: try ImageReference(first), referrers: { signed.known[$0] ?? [] })

        let pulled = try program.run(["pull", "--referrers", first])
        #expect(pulled.status == 0 && pulled.complaints.contains("with 2 that refer to it"), "\(pulled.complaints)")
        let images = try ImageStore(root: "\(place.path)/data/images")
        #expect(try images.images().map(\.name?.familiar) == [first])
        #expect(try images.prune().images.isEmpty)
        #expect(try images.check().problems.isEmpty)
        try images.tag(first, as: try ImageReference("\(own.name)/b/app:1"))
        let pushed = try program.run(["push", "--referrers", "\(own.name)/b/app:1"])
        #expect(pushed.status == 0 && pushed.complaints.contains("with 2 that refer to it"), "\(pushed.complaints)")
        let copied = try program.run(["copy", "--referrers", "\(own.name)/b/app:1", "\(own.name)/c/app:1"])
        #expect(copied.status == 0 && copied.complaints.contains("with 2 that refer to it"), "\(copied.complaints)")
        let nothing = try program.run(["copy", "--referrers", first, "\(own.name)/a/app:2"])
        #expect(nothing.status == 0 && nothing.complaints.contains("with 2"), "\(nothing.complaints)")
        _ = try images.prune(all: true)
        #expect(try images.content.digests().isEmpty)
    }
}
