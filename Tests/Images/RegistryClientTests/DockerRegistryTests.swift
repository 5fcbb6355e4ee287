import Content
import Glibc
import Linux
import OCI
import Synchronization
import Testing

@testable import RegistryClient

/// The whole way with Debian's docker-registry: up, down, across, with passwords and TLS, over lines that break.
@Suite(.enabled(if: SystemFile.exists("/usr/bin/docker-registry"), "docker-registry is not installed"))
struct DockerRegistryTests {
    /// Reports of a transfer, to be looked at afterwards.
    private final class Reports: Sendable {
        private let all = Mutex<[TransferProgress]>([])

        @Sendable func receive(_ progress: TransferProgress) { all.withLock { $0.append(progress) } }

        func count(_ isCounted: (TransferProgress.State) -> Bool) -> Int {
            all.withLock { $0.count { isCounted($0.state) } }
        }

        var retries: Int { count { if case .retrying = $0 { true } else { false } } }
        var mounts: Int { count { if case .mounted = $0 { true } else { false } } }
        var finished: Int { count { $0 == .finished } }
        var present: Int { count { $0 == .present } }
    }

    /// What was pushed is what is pulled; the second time nothing travels in either direction.
    @Test func thereAndBack() throws {
        let place = try Place()
        let registry = try DockerRegistry(in: place)
        let client = RegistryClient(.test())
        let image = TestImage(layers: [300_000, 20, 0, 70_000])
        try image.store(in: try place.store("here"))
        let name = try ImageReference("\(registry.name)/some/image:1.0")
        let pushed = try client.push(image.manifest, from: try place.store("here"), as: name)
        #expect(pushed.sent == 6)
        #expect(try client.push(image.manifest, from: try place.store("here"), as: name).sent == 0)

        let store = try place.store("there")
        let pulled = try client.pull(name, into: store)
        #expect(pulled.root.digest == image.manifest.digest && pulled.fetched == 6)
        #expect(image.isWhole(in: store))
        #expect(try client.pull(name, into: store).fetched == 0)
        // By digest, too, and not by another one.
        #expect(try client.pull(name.with(tag: nil, digest: image.manifest.digest), into: store).fetched == 0)
        #expect(throws: RegistryClientError.self) {
            try client.pull(name.with(tag: nil, digest: image.configuration.digest), into: store)
        }
    }

    /// Of an index one platform's image is brought, or all with the index; a platform that is not there is told with those that
    /// are.
    @Test func platforms() throws {
        let place = try Place()
        let registry = try DockerRegistry(in: place)
        let client = RegistryClient(.test())
        let platforms = [Platform(architecture: "amd64"), Platform(architecture: "arm64", variant: "v8")]
        let images = platforms.map { TestImage(layers: [5000], platform: $0) }
        let store = try place.store("here")
        for image in images { try image.store(in: store) }
        let bytes = ImageIndex(manifests: images.map(\.manifest)).json()
        try store.put(bytes)
        let name = try ImageReference("\(registry.name)/multi")
        let pushed = try client.push(Descriptor(.imageIndex, of: bytes), from: store, as: name)
        #expect(pushed.sent == 7)

        let one = try place.store("one")
        let pulled = try client.pull(name, into: one, .platform(platforms[1]))
        #expect(pulled.root.digest == images[1].manifest.digest && pulled.named.digest == Digest(of: bytes))
        #expect(images[1].isWhole(in: one) && !images[0].isWhole(in: one))

        let all = try place.store("all")
        #expect(try client.pull(name, into: all, .all).root.digest == Digest(of: bytes))
        #expect(images.allSatisfy { $0.isWhole(in: all) })

        do {
            _ = try client.pull(name, into: all, .platform(Platform(architecture: "riscv64")))
            Issue.record("nothing was thrown")
        } catch let error as RegistryClientError {
            #expect(error.kind == .noPlatform && error.description.contains("linux/arm64/v8"), "\(error)")
        }
        let seen = try client.inspect(name, platform: platforms[0])
        #expect(
            seen.platforms == platforms
                && seen.manifest.layers.map(\.digest) == images[0].layers.map(\.descriptor.digest))
        #expect(seen.configuration?.platform == platforms[0])
    }

    /// Two pulls of the same image at the same time bring each blob once.
    @Test func togetherOnce() throws {
        let place = try Place()
        let registry = try DockerRegistry(in: place)
        let image = TestImage(layers: [400_000, 400_000, 400_000])
        try image.store(in: try place.store("here"))
        let name = try ImageReference("\(registry.name)/shared")
        _ = try RegistryClient(.test()).push(image.manifest, from: try place.store("here"), as: name)
        let store = try place.store("there")
        let reports = Reports()
        try TransferPool.run(
            [0, 1, 2, 3], width: 4, cancellation: Cancellation(), open: { _ in () },
            body: { _, _ in
                _ = try RegistryClient(.test()).pull(name, into: store, report: reports.receive)
            })
        #expect(image.isWhole(in: store))
        #expect(reports.finished == 4)
        #expect(reports.present == 12)
    }

    /// Pulls and pushes over a line that breaks get through, and do not begin anew.
    @Test func badLine() throws {
        let place = try Place()
        let registry = try DockerRegistry(in: place)
        let image = TestImage(layers: [900_000])
        try image.store(in: try place.store("here"))
        let up = try CuttingProxy(to: registry.port, cuts: [200_000, 250_000, 300_000])
        let pushing = Reports()
        _ = try RegistryClient(.test { $0.pieceSize = 128 << 10 }).push(
            image.manifest, from: try place.store("here"), as: try ImageReference("\(up.name)/bad/line"),
            report: pushing.receive)
        #expect(pushing.retries > 0 && up.cutsLeft == 0)
        let down = try CuttingProxy(to: registry.port, cuts: [200_000, 250_000, 300_000])
        let pulling = Reports()
        let store = try place.store("there")
        _ = try RegistryClient(.test()).pull(
            try ImageReference("\(down.name)/bad/line"), into: store, report: pulling.receive)
        #expect(pulling.retries > 0 && down.cutsLeft == 0)
        #expect(image.isWhole(in: store))
    }

    /// A content sent whole whose connection breaks is sent again.
    @Test func brokenWhole() throws {
        let place = try Place()
        let registry = try DockerRegistry(in: place)
        let image = TestImage(layers: [600_000])
        try image.store(in: try place.store("here"))
        let line = try CuttingProxy(to: registry.port, cuts: [100_000, 300_000])
        _ = try RegistryClient(.test()).push(
            image.manifest, from: try place.store("here"), as: try ImageReference("\(line.name)/whole"))
        let store = try place.store("there")
        _ = try RegistryClient(.test()).pull(try ImageReference("\(registry.name)/whole"), into: store)
        #expect(image.isWhole(in: store))
    }

    /// Within a registry a copy mounts; to another one it streams through.
    @Test func copies() throws {
        let place = try Place()
        let first = try DockerRegistry(in: place)
        let second = try DockerRegistry(in: place)
        let client = RegistryClient(.test())
        let image = TestImage(layers: [300_000, 500])
        try image.store(in: try place.store("here"))
        let source = try ImageReference("\(first.name)/a/source:1")
        _ = try client.push(image.manifest, from: try place.store("here"), as: source)

        let within = Reports()
        let copied = try client.copy(source, to: try ImageReference("\(first.name)/b/target:2"), report: within.receive)
        #expect(within.mounts == 3 && copied.sent == 1)

        let across = Reports()
        let target = try ImageReference("\(second.name)/c/target:3")
        #expect(try client.copy(source, to: target, report: across.receive).sent == 4)
        #expect(across.finished == 3)
        let store = try place.store("there")
        _ = try client.pull(target, into: store)
        #expect(image.isWhole(in: store))
    }

    /// A push mounts what a neighbour has.
    @Test func pushMounts() throws {
        let place = try Place()
        let registry = try DockerRegistry(in: place)
        let client = RegistryClient(.test())
        let image = TestImage()
        try image.store(in: try place.store())
        _ = try client.push(
            image.manifest, from: try place.store(), as: try ImageReference("\(registry.name)/first"))
        let reports = Reports()
        let pushed = try client.push(
            image.manifest, from: try place.store(), as: try ImageReference("\(registry.name)/second"),
            neighbours: { _ in ["nowhere", "first"] }, report: reports.receive)
        // The first neighbour has nothing: the registry opens an upload then, which is used.
        #expect(reports.mounts + reports.finished == 3)
        #expect(pushed.sent <= 4)
    }

    /// Lists by pages, deletion by digest.
    @Test func listsAndDeletes() throws {
        let place = try Place()
        let registry = try DockerRegistry(in: place)
        let client = RegistryClient(.test())
        let image = TestImage(layers: [10])
        try image.store(in: try place.store())
        for tag in ["b", "a", "c"] {
            _ = try client.push(
                image.manifest, from: try place.store(), as: try ImageReference("\(registry.name)/many:\(tag)"))
        }
        let many = try ImageReference("\(registry.name)/many")
        #expect(try client.tags(of: many).sorted() == ["a", "b", "c"])
        #expect(try client.repositories(of: registry.name) == ["many"])
        #expect(throws: RegistryClientError.self) { try client.delete(many.with(tag: "a")) }
        try client.delete(many.with(tag: nil, digest: image.manifest.digest))
        #expect(throws: RegistryClientError.self) { try client.inspect(many.with(tag: "a")) }
    }

    /// TLS by the authority of a directory alone, and a password: without either, with advice.
    @Test func passwordsAndTLS() throws {
        let place = try Place()
        let certificate = try TestCertificate(in: place)
        let registry = try DockerRegistry(.password, certificate: certificate, in: place)
        let image = TestImage()
        try image.store(in: try place.store())
        let name = try ImageReference("\(registry.name)/private/image")
        let good = Credential.password(user: DockerRegistry.user, password: DockerRegistry.password)
        func push(_ change: (inout ClientOptions) -> Void) throws {
            _ = try RegistryClient(.test(change)).push(image.manifest, from: try place.store(), as: name)
        }
        func kind(_ body: () throws -> Void) throws -> RegistryClientError.Kind? {
            do { try body() } catch let error as RegistryClientError {
                #expect(error.advice != nil, "\(error)")
                #expect(!error.description.contains(DockerRegistry.password))
                return error.kind
            }
            return nil
        }
        #expect(try kind { try push { $0.credential = good } } == .insecure)
        #expect(try kind { try push { $0.certificateDirectory = certificate.directory } } == .unauthorized)
        #expect(
            try kind {
                try push {
                    $0.certificateDirectory = certificate.directory
                    $0.credential = .password(user: DockerRegistry.user, password: "wrong")
                }
            } == .unauthorized)
        try push {
            $0.certificateDirectory = certificate.directory
            $0.credential = good
        }
        // Not verified, because the user said so.
        try push {
            $0.insecureRegistries = [registry.name]
            $0.credential = good
        }
        let client = RegistryClient(.test { $0.certificateDirectory = certificate.directory })
        #expect(try client.check(good, at: registry.name) == .accepted)
        #expect(throws: RegistryClientError.self) {
            try client.check(.password(user: "ada", password: "wrong"), at: registry.name)
        }
    }

    /// What a podman's or docker's file holds is used; what the file of another registry holds is not.
    @Test func credentialFile() throws {
        let place = try Place()
        let registry = try DockerRegistry(.password, in: place)
        let image = TestImage()
        try image.store(in: try place.store())
        let paths = ["\(place.path)/none.json", "\(place.path)/auth.json"]
        let store = CredentialStore(paths: paths)
        _ = try store.save(.password(user: "ada", password: "wrong"), for: "registry.example")
        let client = RegistryClient(.test { $0.credentials = store })
        let name = try ImageReference("\(registry.name)/x")
        #expect(throws: RegistryClientError.self) { try client.push(image.manifest, from: try place.store(), as: name) }
        _ = try store.save(
            .password(user: DockerRegistry.user, password: DockerRegistry.password), for: registry.name)
        _ = try client.push(image.manifest, from: try place.store(), as: name)
    }
}
