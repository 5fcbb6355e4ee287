import CArchive
import Glibc
import Layers
import Linux
import OCI

/// A file that ADD unpacks: a tar archive, whatever its name, plain or compressed.
enum Archive {
    /// Whether a file's content is one: its compression is undone, and its first header read.
    static func isArchive(_ descriptor: Int32) -> Bool {
        guard let reader = reader(descriptor, raw: false) else { return false }
        defer { archive_read_free(reader) }
        var entry: OpaquePointer?
        let status = archive_read_next_header(reader, &entry)
        return status == ARCHIVE_OK || status == ARCHIVE_WARN
    }

    /// Unpacks an archive into a directory, as which its root stands: nothing in it leads outside.
    ///
    /// - Parameters:
    ///   - owner: whose everything is then; nil: as the archive says.
    ///   - scratch: a directory for what has to be decompressed first.
    static func unpack(
        _ descriptor: Int32, into directory: String, owner: (uid: UInt32, gid: UInt32)? = nil, scratch: String
    ) throws {
        var options = UnpackOptions.possible
        if let owner { options.ownership = .one(user: owner.uid, group: owner.gid) }
        // Where it is unpacked is a directory of the image's, not of the archive's.
        options.keepsRoot = true
        guard isForeign(descriptor) else {
            lseek(descriptor, 0, SEEK_SET)
            _ = try LayerUnpacker(options).apply(LayerBlob(descriptor), onto: directory)
            return
        }
        let plain = try decompressed(descriptor, scratch: scratch)
        _ = try LayerUnpacker(options).apply(LayerBlob(plain.number), onto: directory)
    }

    /// Whether it is compressed as layers never are: by bzip2 or xz.
    static func isForeign(_ descriptor: Int32) -> Bool {
        var start = [UInt8](repeating: 0, count: 6)
        guard pread(descriptor, &start, start.count, 0) == start.count else { return false }
        return start.starts(with: Array("BZh".utf8)) || start == [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00]
    }

    /// The archive itself, in a file without a name, at its start.
    static func decompressed(_ descriptor: Int32, scratch: String) throws -> OwnedDescriptor {
        let path = scratch + "/archive"
        let plain = try OwnedDescriptor(opening: path, O_RDWR | O_CREAT | O_TRUNC, mode: 0o600)
        unlink(path)
        try decompress(descriptor, to: plain.number)
        lseek(plain.number, 0, SEEK_SET)
        return plain
    }

    private static func decompress(_ source: Int32, to target: Int32) throws {
        guard let reader = reader(source, raw: true) else { throw LayerError(.damaged("cannot be decompressed")) }
        defer { archive_read_free(reader) }
        var entry: OpaquePointer?
        guard archive_read_next_header(reader, &entry) == ARCHIVE_OK else { throw LayerError(.damaged(words(reader))) }
        var chunk = [UInt8](repeating: 0, count: 256 << 10)
        var total: Int64 = 0
        let limits = LayerLimits()
        while true {
            let count = archive_read_data(reader, &chunk, chunk.count)
            if count == 0 { return }
            guard count > 0 else { throw LayerError(.damaged(words(reader))) }
            total += Int64(count)
            guard total <= limits.bytes else { throw LayerError(.limitExceeded(.bytes, limit: limits.bytes)) }
            guard total < limits.ratioFrom || total / max(1, archive_filter_bytes(reader, -1)) < limits.ratio else {
                throw LayerError(.limitExceeded(.ratio, limit: limits.ratio))
            }
            try SystemFile.write(Array(chunk.prefix(count)), to: target, "an archive, decompressed")
        }
    }

    private static func words(_ reader: OpaquePointer) -> String {
        archive_error_string(reader).map { String(cString: $0) } ?? "unreadable"
    }

    /// Only what libarchive reads by itself: for other compressions it would start programs.
    private static func reader(_ descriptor: Int32, raw: Bool) -> OpaquePointer? {
        guard let reader = archive_read_new() else { return nil }
        archive_read_support_filter_gzip(reader)
        archive_read_support_filter_bzip2(reader)
        archive_read_support_filter_xz(reader)
        archive_read_support_filter_zstd(reader)
        if raw { archive_read_support_format_raw(reader) } else { archive_read_support_format_tar(reader) }
        lseek(descriptor, 0, SEEK_SET)
        guard archive_read_open_fd(reader, descriptor, 64 << 10) == ARCHIVE_OK else {
            archive_read_free(reader)
            return nil
        }
        return reader
    }
}
