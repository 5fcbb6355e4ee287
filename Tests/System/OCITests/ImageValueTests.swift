import Foundation
import OCI
import TestSupport
import Testing

/// Manifests, indexes, configurations, and what registries answer.
@Suite struct ImageValueTests {
    private func document(_ path: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: URL(filePath: Repository.path("Tests/Fuzz/Corpus/\(path)"))))
    }

    private let digest = Digest(sha256Of: [])

    /// OCI's manifest and Docker's are read alike.
    @Test func manifests() throws {
        let oci = try ImageManifest(json: document("manifest/oci.json"))
        #expect(oci.mediaType == .imageManifest && oci.config.mediaType == .imageConfiguration)
        #expect(oci.layers.map(\.size) == [2156, 0])
        #expect(oci.layers.map(\.mediaType.compression) == [.gzip, .zstandard])
        #expect(oci.annotations == [Annotation.created: "2026-01-02T03:04:05Z"])
        let docker = try ImageManifest(json: document("manifest/docker.json"))
        #expect(docker.mediaType.isManifest && docker.config.mediaType.isConfiguration)
        #expect(docker.layers[0].mediaType == .dockerLayerGzip && docker.layers[0].mediaType.isLayer)
        let artifact = try ImageManifest(json: document("manifest/artifact.json"))
        #expect(artifact.artifactType == MediaType("application/vnd.example+type"))
        #expect(artifact.subject?.size == 7023 && artifact.config.data == "e30=")
    }

    /// One document must not be one thing to one reader and another to the next (CVE-2021-41190).
    @Test func twoFacedDocuments() throws {
        let error = #expect(throws: ConfigurationError.self) {
            try ImageManifest(json: document("manifest/two-faced.json"))
        }
        #expect(error?.path == "manifests")
        for member in ["config", "layers"] {
            let text = #"{"schemaVersion":2,"manifests":[],"\#(member)":[]}"#
            #expect(throws: ConfigurationError.self) { try ImageIndex(json: text.utf8) }
        }
    }

    @Test(arguments: [
        (#"{"schemaVersion":1,"config":{},"layers":[]}"#, "schemaVersion"),
        (#"{"schemaVersion":2,"layers":[]}"#, "config"),
        (
            #"{"schemaVersion":2,"config":{"mediaType":"a/b","digest":"sha256:00","size":1},"layers":[]}"#,
            "config.digest"
        ),
        (
            #"{"schemaVersion":2,"config":{"mediaType":"a b","digest":"sha256:\#(String(repeating: "0", count: 64))","size":1},"layers":[]}"#,
            "config.mediaType"
        ),
        (
            #"{"schemaVersion":2,"config":{"mediaType":"a/b","digest":"sha256:\#(String(repeating: "0", count: 64))","size":-1},"layers":[]}"#,
            "config.size"
        ),
        (
            #"{"schemaVersion":2,"config":{"mediaType":"a/b","digest":"sha256:\#(String(repeating: "0", count: 64))","size":99999999999999999999},"layers":[]}"#,
            "config.size"
        ),
    ])
    func malformedManifests(_ text: String, _ path: String) throws {
        let error = #expect(throws: ConfigurationError.self) { try ImageManifest(json: text.utf8) }
        #expect(error?.path == path)
    }

    /// The platform asked for, its variant first; a single manifest without one fits all; an attestation is no image.
    @Test func platforms() throws {
        let index = try ImageIndex(json: document("index/oci.json"))
        func letter(_ platform: Platform) -> Character? { index.manifest(for: platform)?.digest.hexadecimal.first }
        #expect(letter(Platform(architecture: "amd64", os: "linux")) == "a")
        #expect(letter(Platform(architecture: "arm64", os: "linux")) == "b")
        #expect(letter(Platform(architecture: "arm64", os: "linux", variant: "v8")) == "b")
        #expect(letter(Platform(architecture: "arm64", os: "linux", variant: "v9")) == nil)
        #expect(letter(Platform(architecture: "amd64", os: "windows")) == nil)
        let layout = try ImageIndex(json: document("index/layout.json"))
        #expect(layout.manifest(for: .host) == layout.manifests[0])
        #expect(layout.manifests[0].annotations[Annotation.imageName] == "example.org/app:v1")
        #expect(Platform("linux/arm64/v8") == Platform(architecture: "arm64", os: "linux", variant: "v8"))
        for text in ["linux", "linux/", "/amd64", "linux/a/b/c", ""] { #expect(Platform(text) == nil) }
    }

    /// Every member of a configuration comes through; the chain of layers is the specification's.
    @Test func configurations() throws {
        let image = try ImageConfiguration(json: document("image/every-member.json"))
        #expect(image.execution.exposedPorts.keys.sorted() == ["53/udp", "80/tcp"])
        #expect(image.execution.healthcheck?.interval == 30_000_000_000)
        #expect(image.execution.shell == ["/bin/sh", "-c"] && image.execution.onBuild == ["RUN true"])
        #expect(
            image.platform
                == Platform("linux/arm64/v8").map {
                    var platform = $0
                    platform.osVersion = "1"
                    platform.osFeatures = ["f"]
                    return platform
                })
        #expect(image.history.map(\.emptyLayer) == [false, true])
        #expect(try ImageConfiguration(json: image.json()) == image)
        let first = Digest(sha256Of: [1])
        let second = Digest(sha256Of: [2])
        let chain = ImageConfiguration.RootFileSystem(diffIDs: [first, second]).chainIDs
        #expect(chain == [first, Digest(sha256Of: "\(first) \(second)".utf8)])
        let nulls = try ImageConfiguration(json: document("image/nulls.json"))
        #expect(nulls.execution == ImageConfiguration.Execution() && nulls.history.isEmpty)
    }

    @Test func layouts() throws {
        #expect(try ImageLayout(json: document("layout/v1.json")).version == ImageLayout.version)
        #expect(throws: ConfigurationError.self) { try ImageLayout(json: document("layout/v2.json")) }
        #expect(String(decoding: ImageLayout().json(), as: UTF8.self) == #"{"imageLayoutVersion":"1.0.0"}"#)
    }

    @Test func dockerArchives() throws {
        let archive = try DockerArchive(json: document("archive/docker.json"))
        #expect(archive.images[0].tags == ["busybox:latest", "example.org:5000/app:v1"])
        let layer = String(repeating: "b", count: 64)
        #expect(
            String(decoding: archive.repositoriesJSON(), as: UTF8.self)
                == #"{"busybox":{"latest":"\#(layer)"},"example.org:5000/app":{"v1":"\#(layer)"}}"#)
        #expect(try DockerArchive(json: archive.json()) == archive)
        #expect(try DockerArchive(json: document("archive/legacy.json")).images[0].tags.isEmpty)
    }

    /// Registries put any JSON into an error's detail, and null for no tags.
    @Test func registryAnswers() throws {
        let errors = try RegistryErrors(json: document("errors/every-member.json")).errors
        #expect(errors.map(\.code) == ["MANIFEST_UNKNOWN", "DENIED"])
        #expect(errors.map(\.detail) == ["x", nil])
        #expect(errors[0].description == "MANIFEST_UNKNOWN: unknown (x)")
        #expect(try TagList(json: document("tags/null.json")).tags.isEmpty)
        #expect(
            try TagList(json: document("tags/tags.json")) == TagList(name: "library/busybox", tags: ["latest", "1.36"]))
        #expect(try RepositoryList(json: #"{"repositories":null}"#.utf8).repositories.isEmpty)
    }

    @Test func mediaTypes() {
        for name in ["a/b", "application/vnd.oci.image.layer.v1.tar+gzip", "a1/b!#$&-^_.+"] {
            #expect(MediaType.isWellFormed(name))
        }
        for name in [
            "", "a", "a/", "/b", "a/b/c", "a b/c", "-a/b", "a/\u{e4}", "a/" + String(repeating: "b", count: 128),
        ] {
            #expect(!MediaType.isWellFormed(name))
        }
        for compression in MediaType.Compression.allCases { #expect(compression.layer.compression == compression) }
    }
}
