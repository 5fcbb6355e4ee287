import Content
import OCI

@testable import RegistryClient

/// An image whose layers are bytes of no meaning: to registries they are nothing else.
struct TestImage {
    var manifest: Descriptor
    var manifestBytes: [UInt8]
    var configuration: Descriptor
    var configurationBytes: [UInt8]
    var layers: [(descriptor: Descriptor, bytes: [UInt8])]

    /// - Parameter sizes: of the layers, in bytes.
    init(layers sizes: [Int] = [100_000, 3000], platform: Platform = .host, seed: UInt64 = .random(in: 0...UInt64.max))
    {
        var state = seed | 1
        layers = sizes.map { size in
            let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
                for index in 0..<size {
                    state ^= state << 13
                    state ^= state >> 7
                    state ^= state << 17
                    buffer[index] = UInt8(truncatingIfNeeded: state)
                }
                count = size
            }
            return (Descriptor(.layerGzip, of: bytes), bytes)
        }
        let configuration = ImageConfiguration(
            platform: platform, rootfs: .init(diffIDs: layers.map(\.descriptor.digest)))
        configurationBytes = configuration.json()
        self.configuration = Descriptor(.imageConfiguration, of: configurationBytes)
        manifestBytes = ImageManifest(config: self.configuration, layers: layers.map(\.descriptor)).json()
        manifest = Descriptor(.imageManifest, of: manifestBytes)
        manifest.platform = platform
    }

    var blobs: [(descriptor: Descriptor, bytes: [UInt8])] { [(configuration, configurationBytes)] + layers }

    func store(in content: ContentStore) throws {
        for blob in blobs { try content.put(blob.bytes) }
        try content.put(manifestBytes)
    }

    /// Whether a store has all of it, undamaged.
    func isWhole(in content: ContentStore) -> Bool {
        (blobs.map(\.descriptor) + [manifest]).allSatisfy { (try? content.verify($0.digest)) == $0.size }
    }

    /// Answers what a registry with this image answers; false where it is asked for something else.
    func answer(_ request: ScriptedServer.Request, _ wire: ScriptedServer.Wire, repository: String = "a/b") -> Bool {
        let prefix = "/v2/\(repository)/"
        if request.path == "/v2/" {
            wire.answer(200)
            return true
        }
        if request.path == prefix + "manifests/latest" || request.path == prefix + "manifests/\(manifest.digest)" {
            wire.answer(
                200,
                [("Content-Type", manifest.mediaType.rawValue), ("Docker-Content-Digest", "\(manifest.digest)")],
                request.method == "HEAD" ? [] : manifestBytes)
            return true
        }
        for blob in blobs where request.path == prefix + "blobs/\(blob.descriptor.digest)" {
            let offset = request.fields["range"].flatMap { Int($0.dropFirst("bytes=".count).dropLast()) }
            if let offset {
                let total = blob.bytes.count
                wire.answer(
                    206, [("Content-Range", "bytes \(offset)-\(total - 1)/\(total)")], Array(blob.bytes[offset...]))
            } else {
                wire.answer(200, [], blob.bytes)
            }
            return true
        }
        return false
    }
}

extension ClientOptions {
    /// Without the user's own credentials, and without long pauses.
    static func test(_ change: (inout ClientOptions) -> Void = { _ in }) -> ClientOptions {
        var options = ClientOptions()
        options.credentials = CredentialStore(paths: [])
        options.retries.firstPause = 0.01
        options.retries.longestPause = 0.05
        options.limits.connect = 10
        change(&options)
        return options
    }
}
