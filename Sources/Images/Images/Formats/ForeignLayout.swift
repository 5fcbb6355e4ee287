import Content
import Glibc
import Linux
import OCI

/// An OCI layout of others: read with the care that whatever comes from outside needs. Its links lead nowhere but into it.
struct ForeignLayout: ~Copyable {
    let directory: String
    private let root: OwnedDescriptor

    init(_ directory: String) throws(ImageError) {
        self.directory = directory
        root = try calling { () throws(SystemError) in
            try OwnedDescriptor(opening: directory, O_RDONLY | O_DIRECTORY)
        }
    }

    func index() throws(ImageError) -> ImageIndex {
        guard let marker = try document(ImageLayout.marker, limit: 4096) else {
            throw .format(
                directory,
                problem:
                    "is not an image layout: it lacks the file \(ImageLayout.marker); `isolab image import` makes an image from a directory"
            )
        }
        _ = try parsing { () throws(ConfigurationError) in try ImageLayout(json: marker) }
        guard let bytes = try document(ImageLayout.index, limit: ImageStore.greatestIndex) else {
            throw .format(directory, problem: "is not an image layout: it lacks the file \(ImageLayout.index)")
        }
        return try parsing { () throws(ConfigurationError) in try ImageIndex(json: bytes) }
    }

    /// Nil where it is absent.
    private func document(_ name: String, limit: Int64) throws(ImageError) -> [UInt8]? {
        guard let file = try find(name) else { return nil }
        guard file.size <= limit else {
            throw .content(.tooLarge("\(directory)/\(name)", size: file.size, limit: limit))
        }
        return try calling { () throws(SystemError) in try file.bytes(limit: Int(limit)) }
    }

    /// Looks at a file; pipes and devices would not end.
    ///
    /// - Returns: nil where it is absent.
    private func find(_ name: String) throws(ImageError) -> TreeFile? {
        let path = "\(directory)/\(name)"
        let file: TreeFile
        do throws(SystemError) {
            file = try TreeFile(name, in: root.number, crossesMounts: true)
        } catch {
            guard error.errno == ENOENT || error.errno == ENOTDIR else { throw .system(error) }
            return nil
        }
        guard file.isRegular else { throw .format(path, problem: "is not a file") }
        // As of archives: what is all holes would fill the disk.
        let ratio = file.size / max(1, file.stored)
        guard file.size < ArchiveReader.ratioFrom || ratio < ArchiveReader.greatestRatio else {
            throw .format(path, problem: "is more than \(ArchiveReader.greatestRatio) times as large as it is on disk")
        }
        return file
    }

    /// Copies a blob, unless the store has it.
    ///
    /// - Returns: whether the layout or the store has it.
    func copy(_ blob: Descriptor, to store: ContentStore) throws(ImageError) -> Bool {
        if try reading({ () throws(ContentError) in try store.retain(blob.digest, size: blob.size) }) { return true }
        let name = "\(ImageLayout.blobs)/\(blob.digest.algorithm.rawValue)/\(blob.digest.hexadecimal)"
        let path = "\(directory)/\(name)"
        guard let found = try find(name) else { return false }
        guard found.size == blob.size else {
            throw .content(.sizeMismatch(expected: blob.size, found: found.size, of: path))
        }
        let file = try calling { () throws(SystemError) in try found.opened() }
        let number = file.number
        let session = try reading { () throws(ContentError) in try store.beginIngest(algorithm: blob.digest.algorithm) }
        let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 16)
        defer { piece.deallocate() }
        while session.size <= blob.size {
            let count = try calling { () throws(SystemError) in
                try retryingOnInterrupt("read", path) { read(number, piece.baseAddress, piece.count) }
            }
            if count == 0 { break }
            try reading { () throws(ContentError) in
                try session.write(UnsafeRawBufferPointer(rebasing: piece[..<count]))
            }
        }
        try reading { () throws(ContentError) in _ = try session.commit(expected: blob.digest, size: blob.size) }
        return true
    }
}
