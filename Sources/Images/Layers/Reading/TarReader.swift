import CArchive
import Glibc
import Linux

/// Reads the entries of a layer's archive one after the other (libarchive's tar reader: ustar, pax, GNU).
///
/// Names come out as the bytes they are in the archive. For those in pax records, which should be UTF-8, libarchive has no such
/// mode: to a UTF-8 locale it would convert them, composed (`e` and an accent become `é`, another name), and refuse what is
/// no UTF-8. To an ASCII one it cannot convert whatever is beyond ASCII, warns, and gives the bytes: so that is what the
/// thread's characters are meanwhile, and those warnings are none. To be used on one thread.
final class TarReader {
    private let archive: OpaquePointer
    private let stream: LayerStream
    private let limits: LayerLimits
    private let characters: UnsafeMutableRawPointer?
    private(set) var entries: Int64 = 0

    init(_ stream: LayerStream, limits: LayerLimits) throws(LayerError) {
        guard let archive = archive_read_new() else { throw LayerError(.damaged("no memory to read with")) }
        self.archive = archive
        self.stream = stream
        self.limits = limits
        characters = ThreadCharacters.useASCII()
        archive_read_support_format_tar(archive)
        // What a record `hdrcharset=BINARY` asks for: bytes as they are.
        archive_read_set_options(archive, "hdrcharset=BINARY")
        stream.allowance = limits.headerBytes
        // The stream outlives the archive: both are this object's.
        let context = Unmanaged.passUnretained(stream).toOpaque()
        if archive_read_open(archive, context, nil, feedArchive, nil) != ARCHIVE_OK { throw failure(nil) }
    }

    /// The next entry, valid until the following call; nil at the end.
    func next() throws(LayerError) -> TarEntry? {
        stream.allowance = .max
        if entries > 0, archive_read_data_skip(archive) == ARCHIVE_FATAL { throw failure(nil) }
        stream.handedOut = 0
        stream.allowance = limits.headerBytes
        stream.keep(from: consumed)
        defer { stream.stopKeeping() }
        var pointer: OpaquePointer?
        let result = archive_read_next_header(archive, &pointer)
        stream.allowance = .max
        switch result {
        case ARCHIVE_EOF:
            if let failure = stream.failure { throw failure }
            return nil
        case ARCHIVE_OK:
            break
        case ARCHIVE_WARN where isAboutCharacters:
            break
        default:
            // Warnings too: a record that cannot be read, a negative size, a name that is not what it says.
            throw failure(pointer.flatMap { archive_entry_pathname($0) }.map { FileName.shown(bytes(of: $0)) })
        }
        guard let pointer else { throw failure(nil) }
        entries +|= 1
        guard entries <= limits.entries else { throw LayerError(.limitExceeded(.entries, limit: limits.entries)) }
        // Most entries have no records before them.
        guard let type = stream.keptByte(at: PaxRecords.typeOffset), PaxRecords.types.contains(type) else {
            return TarEntry(pointer)
        }
        let headers = stream.keptBytes(to: consumed)
        try refuseZeroBytes(in: headers, of: pointer)
        restoreTarget(of: pointer, headers)
        return TarEntry(
            pointer, permissions: PaxRecords.ownHeader(headers).flatMap(PaxRecords.mode),
            accessControl: PaxRecords.value(of: "SCHILY.acl.access", in: headers),
            defaultControl: PaxRecords.value(of: "SCHILY.acl.default", in: headers))
    }

    /// Libarchive ends a name at its first zero byte: what an entry is called would depend on its reader.
    private func refuseZeroBytes(in headers: [UInt8], of entry: OpaquePointer) throws(LayerError) {
        for key in ["path", "linkpath"] {
            guard let value = PaxRecords.value(of: key, in: headers), value.contains(0) else { continue }
            throw LayerError(.malformedName, entry: FileName.shown(value.prefix(256)))
        }
    }

    /// libarchive 3.6 loses the target that a record gives a symbolic link whose header has none: what Go's writer, docker's and
    /// podman's, makes of a target that is all beyond ASCII.
    private func restoreTarget(of entry: OpaquePointer, _ headers: [UInt8]) {
        guard archive_entry_filetype(entry) == S_IFLNK, archive_entry_symlink(entry) == nil,
            archive_entry_hardlink(entry) == nil, let target = PaxRecords.value(of: "linkpath", in: headers)
        else { return }
        archive_entry_copy_symlink(entry, FileName.terminated(target))
    }

    /// Whether libarchive's last words are that it gives a name as it is (`set_conversion_failed_error` in its tar reader).
    private var isAboutCharacters: Bool {
        guard stream.failure == nil, let words = archive_error_string(archive) else { return false }
        let text = String(cString: words)
        return text.hasSuffix(" to current locale.") && text.contains("can't be converted from ")
    }

    /// The next piece of the entry's content and where in the file it belongs; nil at its end.
    func nextPiece(of entry: String) throws(LayerError) -> (bytes: UnsafeRawBufferPointer, offset: Int64)? {
        var start: UnsafeRawPointer?
        var count = 0
        var offset: la_int64_t = 0
        switch archive_read_data_block(archive, &start, &count, &offset) {
        case ARCHIVE_OK: return (UnsafeRawBufferPointer(start: start, count: count), offset)
        case ARCHIVE_EOF: return nil
        default: throw failure(entry)
        }
    }

    /// Bytes of the stream that the archive took so far.
    var consumed: Int64 { archive_filter_bytes(archive, 0) }

    /// What went wrong: in the stream below, else in libarchive's words.
    private func failure(_ entry: String?) -> LayerError {
        if let failure = stream.failure { return LayerError(failure.reason, entry: failure.entry ?? entry) }
        let words = archive_error_string(archive).map { String(cString: $0) } ?? "not a tar archive"
        if words.hasPrefix("Truncated") { return LayerError(.truncated, entry: entry) }
        return LayerError(.damaged(words), entry: entry)
    }

    deinit {
        archive_read_free(archive)
        ThreadCharacters.restore(characters)
    }
}

/// libarchive's read callback (`archive_read_data(3)`): the stream's next piece, without copying.
private func feedArchive(
    _ archive: OpaquePointer?, _ context: UnsafeMutableRawPointer?, _ start: UnsafeMutablePointer<UnsafeRawPointer?>?
) -> la_ssize_t {
    guard let context else { return -1 }
    let stream = Unmanaged<LayerStream>.fromOpaque(context).takeUnretainedValue()
    guard let piece = stream.next() else { return stream.failure == nil ? 0 : -1 }
    start?.pointee = piece.baseAddress
    return piece.count
}

private func bytes(of text: UnsafePointer<CChar>) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: text, count: strlen(text))
}

/// One entry as libarchive holds it, valid until the next is read.
struct TarEntry {
    enum Kind: Equatable {
        case file, directory, symbolicLink, hardLink, pipe, socket
        case device(isBlock: Bool, major: UInt32, minor: UInt32)
    }

    private let pointer: OpaquePointer
    /// What the header says; nil: what libarchive says, which mixes in what the access control list says.
    private let headerPermissions: mode_t?
    /// Access control lists as star and GNU tar write them, of the entry and of what is made in it.
    let accessControl: [UInt8]?
    let defaultControl: [UInt8]?

    init(
        _ pointer: OpaquePointer, permissions: mode_t? = nil, accessControl: [UInt8]? = nil,
        defaultControl: [UInt8]? = nil
    ) {
        self.pointer = pointer
        headerPermissions = permissions
        self.accessControl = accessControl
        self.defaultControl = defaultControl
    }

    /// The name as the archive has it.
    var name: UnsafeRawBufferPointer {
        archive_entry_pathname(pointer).map(bytes(of:)) ?? UnsafeRawBufferPointer(start: nil, count: 0)
    }

    var kind: Kind {
        if archive_entry_hardlink(pointer) != nil { return .hardLink }
        switch archive_entry_filetype(pointer) {
        case S_IFDIR: return .directory
        case S_IFLNK: return .symbolicLink
        case S_IFIFO: return .pipe
        case S_IFSOCK: return .socket
        case S_IFCHR, S_IFBLK:
            return .device(
                isBlock: archive_entry_filetype(pointer) == S_IFBLK,
                major: UInt32(truncatingIfNeeded: archive_entry_rdevmajor(pointer)),
                minor: UInt32(truncatingIfNeeded: archive_entry_rdevminor(pointer)))
        default: return .file
        }
    }

    /// The target of a symbolic or of a hard link; empty for other entries.
    var target: UnsafeRawBufferPointer {
        (archive_entry_hardlink(pointer) ?? archive_entry_symlink(pointer)).map(bytes(of:))
            ?? UnsafeRawBufferPointer(start: nil, count: 0)
    }

    /// Permissions with set-user-id, set-group-id and sticky bits.
    var permissions: mode_t { headerPermissions ?? archive_entry_perm(pointer) & 0o7777 }
    var user: Int64 { archive_entry_uid(pointer) }
    var group: Int64 { archive_entry_gid(pointer) }
    var size: Int64 { archive_entry_size(pointer) }
    var seconds: Int64 { Int64(archive_entry_mtime(pointer)) }
    var nanoseconds: Int { archive_entry_mtime_nsec(pointer) }

    /// Whether there are extended attributes: asked for every entry, answered without allocating.
    var attributeCount: Int { Int(archive_entry_xattr_count(pointer)) }

    /// Visits the extended attributes.
    func forEachAttribute(
        _ body: (UnsafePointer<CChar>, UnsafeRawBufferPointer) throws(LayerError) -> Void
    ) throws(LayerError) {
        archive_entry_xattr_reset(pointer)
        while true {
            var name: UnsafePointer<CChar>?
            var value: UnsafeRawPointer?
            var size = 0
            guard archive_entry_xattr_next(pointer, &name, &value, &size) == ARCHIVE_OK, let name else { return }
            try body(name, UnsafeRawBufferPointer(start: value, count: size))
        }
    }
}
