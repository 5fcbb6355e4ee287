package import Content
import Glibc
import Linux
package import OCI

/// The images of this host: a directory that is a valid OCI image layout (`image-layout.md`) and holds what makes them run
/// besides.
///
/// `index.json` names the images, each by its whole name in the annotations that others look for, so that `skopeo inspect
/// oci:DIRECTORY:NAME` finds it. It is replaced whole or not at all. Several processes may use one store; a value is just its name.
package struct ImageStore: Sendable {
    /// The directory that holds `oci-layout`, `index.json`, `blobs`, `layers` and `containers`.
    package let root: String
    /// The blobs.
    package let content: ContentStore

    /// Opens the store in a directory, made where it is absent.
    package init(root: String = ImageStore.defaultRoot) throws(ImageError) {
        self.root = root
        if !SystemFile.exists(root) {
            try calling { () throws(SystemError) in try StandardDirectories.check(root) }
            do throws(SystemError) {
                if let slash = root.lastIndex(of: "/"), slash != root.startIndex {
                    let data = String(root[..<slash])
                    if let above = data.lastIndex(of: "/"), above != data.startIndex {
                        try SystemFile.makeDirectories(String(data[..<above]))
                    }
                    // As whatever makes it first; one that is there keeps its mode.
                    try SystemFile.makeDirectories(data, mode: 0o711)
                }
                // Layers hold programs that run as root for whoever reaches them: nobody else does (CVE-2021-41091).
                if mkdir(root, 0o700) != 0, errno != EEXIST { throw SystemError("mkdir", root) }
            } catch {
                throw .system(
                    SystemError(
                        "create", "the data directory \(root)", errno: error.errno,
                        advice: StandardDirectories.dataAdvice))
            }
        }
        let marker = "\(root)/\(ImageLayout.marker)"
        try calling { () throws(SystemError) in try StoreOwner.check(root, isNew: !SystemFile.exists(marker)) }
        // So were not those that were made by others before.
        try calling { () throws(SystemError) in
            try StandardDirectories.close(root)
            // Beside it are containers, where it is the one of a data directory.
            if root.ends("/images") {
                try StandardDirectories.closeParts(of: String(Substring(root.utf8.dropLast("/images".utf8.count))))
            }
        }
        content = try reading { () throws(ContentError) in try ContentStore(root: root) }
        guard !SystemFile.exists(marker) || !SystemFile.exists(indexPath) else { return }
        try calling { () throws(SystemError) in
            for name in ["layers", "stacks", "containers"] {
                try SystemFile.makeDirectories("\(root)/\(name)", mode: 0o700)
            }
        }
        let lock = try lockIndex()
        defer { withExtendedLifetime(lock) {} }
        if !SystemFile.exists(indexPath) { try write(ImageIndex(manifests: [])) }
        if !SystemFile.exists(marker) { try replace(marker, with: ImageLayout().json()) }
    }

    /// Where images are where nobody says otherwise.
    package static var defaultRoot: String { StandardDirectories.data + "/images" }

    /// What nothing needs: greater indexes are refused, in bytes.
    static let greatestIndex: Int64 = 16 << 20

    // MARK: index.json

    private var indexPath: String { "\(root)/\(ImageLayout.index)" }

    /// What the store names, as it is on disk.
    package func index() throws(ImageError) -> ImageIndex {
        let bytes = try calling { () throws(SystemError) in try SystemFile.bytes(of: indexPath) }
        return try parsing { () throws(ConfigurationError) in try ImageIndex(json: bytes) }
    }

    /// Changes what the store names, alone among all processes.
    func update<Result>(_ body: (inout ImageIndex) throws(ImageError) -> Result) throws(ImageError) -> Result {
        let lock = try lockIndex()
        defer { withExtendedLifetime(lock) {} }
        let before = try index()
        var index = before
        let result = try body(&index)
        if index != before { try write(index) }
        return result
    }

    func lockIndex() throws(ImageError) -> FileLock {
        try calling { () throws(SystemError) in try FileLock(.exclusive, "\(root)/locks/index") }
    }

    /// - Throws: where it would be greater than is ever read again.
    private func write(_ index: ImageIndex) throws(ImageError) {
        let bytes = index.json()
        guard bytes.count <= Self.greatestIndex else {
            throw .content(.tooLarge(indexPath, size: Int64(bytes.count), limit: Self.greatestIndex))
        }
        try replace(indexPath, with: bytes)
    }

    /// Puts a document in place, on disk before it is seen.
    func replace(_ path: String, with bytes: [UInt8]) throws(ImageError) {
        try calling { () throws(SystemError) in
            try SystemFile.replace(path, with: bytes, mode: 0o644, durability: .entry)
        }
    }

    // MARK: Documents

    /// A manifest, verified.
    package func manifest(_ descriptor: Descriptor) throws(ImageError) -> ImageManifest {
        let bytes = try document(descriptor, limit: ImageManifest.greatestSize)
        return try parsing { () throws(ConfigurationError) in try ImageManifest(json: bytes) }
    }

    /// An index of manifests, verified.
    package func index(_ descriptor: Descriptor) throws(ImageError) -> ImageIndex {
        let bytes = try document(descriptor, limit: ImageManifest.greatestSize)
        return try parsing { () throws(ConfigurationError) in try ImageIndex(json: bytes) }
    }

    /// An image's configuration, verified.
    package func configuration(_ descriptor: Descriptor) throws(ImageError) -> ImageConfiguration {
        let bytes = try document(descriptor, limit: ImageConfiguration.greatestSize)
        return try parsing { () throws(ConfigurationError) in try ImageConfiguration(json: bytes) }
    }

    /// Stores a document.
    package func put(_ bytes: [UInt8], _ mediaType: MediaType) throws(ImageError) -> Descriptor {
        let digest = try reading { () throws(ContentError) in try content.put(bytes) }
        return Descriptor(mediaType: mediaType, digest: digest, size: Int64(bytes.count))
    }

    private func document(_ descriptor: Descriptor, limit: Int64) throws(ImageError) -> [UInt8] {
        try reading { () throws(ContentError) in try content.bytes(of: descriptor, limit: limit) }
    }
}
