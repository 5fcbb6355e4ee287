import Content
import Glibc
import Linux
import OCI

/// An OCI layout of others: read with the care that whatever comes from outside needs.
struct ForeignLayout {
    let directory: String

    init(_ directory: String) { self.directory = directory }

    func index() throws(ImageError) -> ImageIndex {
        guard SystemFile.exists("\(directory)/\(ImageLayout.marker)") else {
            throw .format(
                directory,
                problem:
                    "is no image layout: it has no file \(ImageLayout.marker); `isolab image import` makes an image of a directory's files"
            )
        }
        let marker = try document(ImageLayout.marker, limit: 4096)
        _ = try parsing { () throws(ConfigurationError) in try ImageLayout(json: marker) }
        let bytes = try document(ImageLayout.index, limit: ImageStore.greatestIndex)
        return try parsing { () throws(ConfigurationError) in try ImageIndex(json: bytes) }
    }

    private func document(_ name: String, limit: Int64) throws(ImageError) -> [UInt8] {
        let path = "\(directory)/\(name)"
        let file = try open(path)
        let (size, number) = (file.size, file.descriptor.number)
        guard size <= limit else { throw .content(.tooLarge(path, size: size, limit: limit)) }
        return try calling { () throws(SystemError) in
            var content: [UInt8] = []
            var piece = [UInt8](repeating: 0, count: 1 << 16)
            while content.count < size {
                let count = try retryingOnInterrupt("read", path) { read(number, &piece, piece.count) }
                if count == 0 { break }
                content += piece[..<count]
            }
            return content
        }
    }

    /// Opens a file; pipes and devices would not end.
    private func open(_ path: String) throws(ImageError) -> OpenFile {
        let file = try calling { () throws(SystemError) in
            try OwnedDescriptor(opening: path, O_RDONLY | O_NONBLOCK | O_NOCTTY)
        }
        var status = stat()
        guard fstat(file.number, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw .format(path, problem: "is no file")
        }
        return OpenFile(descriptor: file, size: Int64(status.st_size))
    }

    private struct OpenFile: ~Copyable {
        let descriptor: OwnedDescriptor
        let size: Int64
    }

    /// Copies a blob, unless the store has it.
    ///
    /// - Returns: whether the layout or the store has it.
    func copy(_ blob: Descriptor, to store: ContentStore) throws(ImageError) -> Bool {
        if try reading({ () throws(ContentError) in try store.retain(blob.digest, size: blob.size) }) { return true }
        let path = "\(directory)/\(ImageLayout.blobs)/\(blob.digest.algorithm.rawValue)/\(blob.digest.hexadecimal)"
        guard SystemFile.exists(path) else { return false }
        let file = try open(path)
        guard file.size == blob.size else {
            throw .content(.sizeMismatch(expected: blob.size, found: file.size, of: path))
        }
        let number = file.descriptor.number
        let session = try reading { () throws(ContentError) in try store.beginIngest(algorithm: blob.digest.algorithm) }
        let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 16)
        defer { piece.deallocate() }
        while true {
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
