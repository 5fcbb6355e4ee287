import BenchmarkSupport
import Glibc
import Linux
import OCI

/// What a client is made to do: whole commands, from call to end.
enum ClientDeed: String, CaseIterable {
    case pullLarge, pushLarge, pullSmall, pushSmall

    var isLarge: Bool { self == .pullLarge || self == .pushLarge }
    var isPull: Bool { self == .pullLarge || self == .pullSmall }

    func heading(_ options: Options) -> String {
        let content =
            isLarge
            ? "one layer of \(options.large >> 20) MiB"
            : "\(options.smallCount) layers of \(options.small) bytes, in an index of \(ClientLoad.platforms) images"
        return isPull ? "Pull of \(content) into an OCI layout" : "Push of \(content) out of an OCI layout"
    }
}

/// A program that carries images between a registry and a layout.
enum ClientProgram: String, CaseIterable {
    case isolab, skopeo

    /// The command, with a layout on one end and a registry's name on the other.
    func words(_ deed: ClientDeed, layout: String, name: String, _ options: Options) -> [String] {
        switch (self, deed.isPull) {
        case (.isolab, true): [options.isolab, "pull", "--quiet", "--all-platforms", "--store", layout, name]
        case (.isolab, false): [options.isolab, "push", "--quiet", "--store", layout, name]
        case (.skopeo, true):
            ["skopeo"] + Self.common + ["--src-tls-verify=false", "docker://\(name)", "oci:\(layout):latest"]
        case (.skopeo, false):
            ["skopeo"] + Self.common + ["--dest-tls-verify=false", "oci:\(layout):\(name)", "docker://\(name)"]
        }
    }

    /// Everything, as it is.
    private static let common = ["--insecure-policy", "copy", "--all", "--quiet", "--preserve-digests"]
}

/// An image of one large layer and an index of images with many small ones, as OCI layouts: what is in them is random and
/// compressed, so that no program has a reason to compress it again.
struct ClientLoad {
    static let platforms = 4

    private let directory: String
    let large: Descriptor
    let small: Descriptor
    /// Of all that is to arrive.
    private(set) var blobs: [ClientDeed: [Descriptor]] = [:]

    /// Makes the blobs once; every layout has hard links to them.
    init(_ options: Options, _ generator: inout some RandomNumberGenerator) throws {
        directory = try makeTemporaryDirectory(in: options.place)
        try SystemFile.makeDirectories("\(directory)/blobs/sha256")
        var maker = BlobMaker(directory: directory)
        let layer = try maker.layer(options.large, &generator)
        let image = try maker.image([layer], Platform(architecture: "amd64"))
        // An index, as the other: both programs do the same steps.
        large = try maker.index([image])
        let largeBlobs = maker.take()
        var images: [Descriptor] = []
        for number in 0..<Self.platforms {
            let share =
                (options.smallCount * number / Self.platforms)..<(options.smallCount * (number + 1) / Self.platforms)
            let layers = try share.map { _ in try maker.layer(options.small, &generator) }
            images.append(
                try maker.image(layers, Platform(architecture: ["amd64", "arm64", "s390x", "riscv64"][number])))
        }
        small = try maker.index(images)
        let smallBlobs = maker.take()
        for deed in ClientDeed.allCases { blobs[deed] = deed.isLarge ? largeBlobs : smallBlobs }
    }

    func root(_ deed: ClientDeed) -> Descriptor { deed.isLarge ? large : small }

    /// A layout that names the content as it is to be pushed.
    func layout(_ deed: ClientDeed, as name: String, in path: String) throws {
        try SystemFile.makeDirectories("\(path)/blobs")
        let copy = try ProcessPlan("cp", ["-rl", "\(directory)/blobs/sha256", "\(path)/blobs/sha256"]).spawn().wait()
        guard copy.succeeded else { throw SystemError("link", path, errno: EIO) }
        var entry = root(deed)
        // The name is read as the whole by both.
        entry.annotations["org.opencontainers.image.ref.name"] = name
        try writeFile(ImageIndex(manifests: [entry]).json(), "\(path)/index.json")
        try writeFile(ImageLayout().json(), "\(path)/oci-layout")
    }

    func remove() { _ = try? ProcessPlan("rm", ["-rf", directory]).spawn().wait() }
}

/// Writes blobs, and remembers what it wrote.
private struct BlobMaker {
    let directory: String
    private var written: [Descriptor] = []

    init(directory: String) { self.directory = directory }

    mutating func take() -> [Descriptor] {
        defer { written = [] }
        return written
    }

    private mutating func write(_ bytes: [UInt8], _ type: MediaType) throws -> Descriptor {
        let descriptor = Descriptor(type, of: bytes)
        try writeFile(bytes, "\(directory)/blobs/sha256/\(descriptor.digest.hexadecimal)")
        written.append(descriptor)
        return descriptor
    }

    /// Random bytes in gzip's form, stored: as large as asked for, and a little more.
    mutating func layer(_ size: Int, _ generator: inout some RandomNumberGenerator) throws -> Descriptor {
        var content = [UInt8](unsafeUninitializedCapacity: size + 8) { buffer, count in
            var place = 0
            while place < size {
                buffer.baseAddress.map { UnsafeMutableRawPointer($0 + place) }?
                    .storeBytes(of: generator.next() as UInt64, as: UInt64.self)
                place += 8
            }
            count = size
        }
        content.reserveCapacity(size)
        return try write(StoredGzip.of(content), .layerGzip)
    }

    mutating func image(_ layers: [Descriptor], _ platform: Platform) throws -> Descriptor {
        let configuration = ImageConfiguration(platform: platform, rootfs: .init(diffIDs: layers.map(\.digest)))
        let config = try write(configuration.json(), .imageConfiguration)
        var manifest = try write(ImageManifest(config: config, layers: layers).json(), .imageManifest)
        manifest.platform = platform
        return manifest
    }

    mutating func index(_ images: [Descriptor]) throws -> Descriptor {
        try write(ImageIndex(manifests: images).json(), .imageIndex)
    }
}

/// gzip without compression (RFC 1951, 3.2.4; RFC 1952).
enum StoredGzip {
    static func of(_ content: [UInt8]) -> [UInt8] {
        var result: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255]
        result.reserveCapacity(content.count + content.count / 65535 * 5 + 64)
        var rest = content[...]
        repeat {
            let block = rest.prefix(65535)
            rest = rest.dropFirst(block.count)
            let length = UInt16(block.count)
            result += [rest.isEmpty ? 1 : 0, UInt8(length & 255), UInt8(length >> 8)]
            result += [UInt8(~length & 255), UInt8(~length >> 8)]
            result += block
        } while !rest.isEmpty
        for number in [checksum(content), UInt32(truncatingIfNeeded: content.count)] {
            result += (0..<4).map { UInt8(truncatingIfNeeded: number >> (8 * UInt32($0))) }
        }
        return result
    }

    private static let table: [UInt32] = (0..<256).map { number in
        (0..<8).reduce(UInt32(number)) { value, _ in value & 1 == 1 ? 0xEDB8_8320 ^ (value >> 1) : value >> 1 }
    }

    private static func checksum(_ content: [UInt8]) -> UInt32 {
        ~content.reduce(~UInt32(0)) { table[Int(($0 ^ UInt32($1)) & 255)] ^ ($0 >> 8) }
    }
}
