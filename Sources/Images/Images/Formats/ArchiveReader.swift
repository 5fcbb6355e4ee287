import CArchive
import Glibc
import Linux
import OCI

/// Reads an archive of images once, from any descriptor, compressed or not (libarchive's tar reader).
final class ArchiveReader {
    struct Entry {
        enum Kind {
            case file
            case directory
            /// A hard link's target counts from the archive's root, a symbolic one's from the link's directory.
            case link(target: String)
        }

        var path: String
        var kind: Kind
    }

    private let archive: OpaquePointer
    private let name: String
    private var entries = 0
    /// Bytes of all names.
    private var names = 0

    /// More entries are in no honest archive.
    private static let greatestCount = 100_000
    /// Nor so many bytes of names, which are kept in memory.
    private static let greatestNames = 16 << 20
    /// Of all files together.
    private static let greatestSize: Int64 = 1 << 40
    /// Bytes that come out of each that goes in, looked at once so many have: a bomb is stopped before the disk is full.
    static let (greatestRatio, ratioFrom): (Int64, Int64) = (2048, 256 << 20)

    /// - Parameters:
    ///   - descriptor: read from where it stands; the caller's to close.
    ///   - name: what to call the archive in errors.
    init(_ descriptor: Int32, called name: String) throws(ImageError) {
        guard let archive = archive_read_new() else { throw .format(name, problem: "no memory to read with") }
        self.archive = archive
        self.name = name
        archive_read_support_filter_gzip(archive)
        archive_read_support_filter_bzip2(archive)
        archive_read_support_filter_xz(archive)
        archive_read_support_filter_zstd(archive)
        archive_read_support_format_tar(archive)
        if archive_read_open_fd(archive, descriptor, 1 << 18) != ARCHIVE_OK { throw failure() }
    }

    deinit { archive_read_free(archive) }

    /// The next entry, with a checked name; nil at the end.
    func next() throws(ImageError) -> Entry? {
        var pointer: OpaquePointer?
        switch archive_read_next_header(archive, &pointer) {
        case ARCHIVE_EOF: return nil
        case ARCHIVE_OK: break
        // Names are compared as they are, in whatever characters.
        case ARCHIVE_WARN where isAboutCharacters: break
        default: throw failure()
        }
        entries += 1
        guard entries <= Self.greatestCount else { throw refusal("has more than \(Self.greatestCount) entries") }
        try checkSize()
        guard let pointer, let raw = archive_entry_pathname(pointer) else {
            throw refusal("has an entry without a name")
        }
        let path = String(cString: raw)
        try count(path)
        if archive_entry_filetype(pointer) == S_IFDIR { return Entry(path: path, kind: .directory) }
        guard !path.split(separator: "/").contains(".."), let path = ArchivePath.normalized(path) else {
            throw refusal("entry \(shown(path)) has a name that leads out of it")
        }
        if let target = archive_entry_hardlink(pointer) {
            return Entry(path: path, kind: .link(target: try link(path, "", String(cString: target))))
        }
        switch archive_entry_filetype(pointer) {
        case S_IFREG:
            guard archive_entry_sparse_count(pointer) == 0 else { throw refusal("entry \(shown(path)) has holes") }
            return Entry(path: path, kind: .file)
        case S_IFLNK:
            guard let target = archive_entry_symlink(pointer) else {
                throw refusal("entry \(shown(path)) links to nothing")
            }
            let directory = ArchivePath.directory(path)
            return Entry(path: path, kind: .link(target: try link(path, directory, String(cString: target))))
        default: throw refusal("entry \(shown(path)) is neither a file nor a link to one")
        }
    }

    private func count(_ name: String) throws(ImageError) {
        names += name.utf8.count
        guard names <= Self.greatestNames else {
            throw refusal("has more than \(Self.greatestNames >> 20) MiB of names")
        }
    }

    private func link(_ path: String, _ directory: String, _ target: String) throws(ImageError) -> String {
        try count(target)
        guard let inside = ArchivePath.normalized(target, from: directory) else {
            throw refusal("entry \(shown(path)) links to \(shown(target)), which is outside")
        }
        return inside
    }

    /// Hands out the content of the entry last read, piece by piece.
    func content(of path: String, _ take: (UnsafeRawBufferPointer) throws(ImageError) -> Void) throws(ImageError) {
        var position: Int64 = 0
        while true {
            var start: UnsafeRawPointer?
            var count = 0
            var offset: la_int64_t = 0
            switch archive_read_data_block(archive, &start, &count, &offset) {
            case ARCHIVE_EOF: return
            case ARCHIVE_OK: break
            default: throw failure()
            }
            guard offset == position else { throw refusal("entry \(shown(path)) has holes") }
            position +|= Int64(count)
            try checkSize()
            try take(UnsafeRawBufferPointer(start: start, count: count))
        }
    }

    /// Passes over the content of the entry last read, piece by piece as well: it may be a bomb.
    func skip(_ path: String) throws(ImageError) { try content(of: path) { (_) throws(ImageError) in } }

    /// Names and attributes count as contents do: whatever came out of the innermost filter, for what was read of the file.
    private func checkSize() throws(ImageError) {
        let bytes = archive_filter_bytes(archive, 0)
        guard bytes <= Self.greatestSize else { throw refusal("is greater than \(Self.greatestSize >> 30) GiB") }
        guard bytes >= Self.ratioFrom else { return }
        guard bytes / max(1, archive_filter_bytes(archive, -1)) < Self.greatestRatio else {
            throw refusal("becomes more than \(Self.greatestRatio) times as large as it is")
        }
    }

    func refusal(_ problem: String) -> ImageError { .format(name, problem: problem) }

    /// Whether libarchive's last words are that it gives a name as it is.
    private var isAboutCharacters: Bool {
        guard let words = archive_error_string(archive).map({ String(cString: $0) }) else { return false }
        return words.hasSuffix(" to current locale.") && words.contains("can't be converted from ")
    }

    private func failure() -> ImageError {
        let words = archive_error_string(archive).map { String(cString: $0) } ?? "is damaged"
        return refusal("is not a tar archive of images, or is damaged: \(shown(words))")
    }

    private func shown(_ text: String) -> String { Self.shown(text) }

    /// A text from outside in one line: cut, and with what steers a terminal taken out.
    static func shown(_ text: String) -> String {
        let scalars = text.unicodeScalars.prefix(128).map { $0.isSteering ? "?" : $0 }
        return "'\(String(String.UnicodeScalarView(scalars)))'"
    }
}
