public import Glibc

/// Small files of the kernel (procfs, sysfs, cgroups): whole, as text, without buffering.
public enum SystemFile {
    /// The whole text of a file. Bytes that are not UTF-8 are replaced.
    public static func read(_ path: String) throws(SystemError) -> String {
        String(decoding: try bytes(of: path), as: UTF8.self)
    }

    /// Nothing that is read whole is greater: what is, or has no end, would fill memory.
    public static let greatestSize = 512 << 20
    /// What a user writes or has written, JSON and the like, is not greater either.
    package static let greatestDocument = 16 << 20

    /// The whole content of a file.
    ///
    /// - Parameter limit: greater ones are refused, in bytes.
    public static func bytes(of path: String, limit: Int = greatestSize) throws(SystemError) -> [UInt8] {
        try bytes(of: try OwnedDescriptor(opening: path, O_RDONLY), path, limit)
    }

    /// The content of a file that a user named: a regular one, no pipe that may never begin and no device that may never end.
    ///
    /// - Parameter takesPipes: whether a pipe that the caller has open already (`/dev/stdin`, and what a shell makes of `<(…)`) is read
    ///   to its end, once.
    package static func document(
        _ path: String, limit: Int = greatestDocument, takesPipes: Bool = false
    ) throws(SystemError) -> [UInt8] {
        if takesPipes, let pipe = openPipe(path) { return try bytes(of: pipe, path, limit) }
        // Of a pipe without a writer, opening would wait.
        let file = try OwnedDescriptor(opening: path, O_RDONLY | O_NONBLOCK)
        var status = stat()
        guard fstat(file.number, &status) == 0 else { throw SystemError("fstat", path) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw SystemError(
                "read", path, errno: status.st_mode & S_IFMT == S_IFDIR ? EISDIR : EINVAL,
                advice: "use a regular file")
        }
        return try bytes(of: file, path, limit)
    }

    /// A pipe or socket of the caller's by the name of its descriptor.
    private static func openPipe(_ path: String) -> OwnedDescriptor? {
        guard let number = Procfs.ownDescriptor(at: path) else { return nil }
        var status = stat()
        guard fstat(number, &status) == 0, [S_IFIFO, S_IFSOCK].contains(status.st_mode & S_IFMT) else { return nil }
        let copy = fcntl(number, F_DUPFD_CLOEXEC, 3)
        return copy < 0 ? nil : OwnedDescriptor(owning: copy)
    }

    private static func bytes(
        of file: borrowing OwnedDescriptor, _ path: String, _ limit: Int
    ) throws(SystemError) -> [UInt8] {
        var status = stat()
        // The kernel's own files have none; others, which may be large, are read in large pieces.
        let length = fstat(file.number, &status) == 0 ? max(0, Int(status.st_size)) : 0
        guard length <= limit else { throw tooLarge(path, limit) }
        let size = min(max(length, 16 << 10), 256 << 10)
        var content: [UInt8] = []
        content.reserveCapacity(length)
        let chunk = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 16)
        defer { chunk.deallocate() }
        while true {
            let count = try retryingOnInterrupt("read", path) { Glibc.read(file.number, chunk.baseAddress, size) }
            if count == 0 { break }
            guard content.count + count <= limit else { throw tooLarge(path, limit) }
            content.append(contentsOf: chunk.prefix(count))
        }
        return content
    }

    private static func tooLarge(_ path: String, _ limit: Int) -> SystemError {
        SystemError("read", path, errno: EFBIG, advice: "more than \(limit) bytes are not read")
    }

    /// Puts a content in place of a regular file's, or where nothing is; whole or not at all (`NewFile`).
    public static func replace(
        _ path: String, with content: [UInt8], mode: mode_t = 0o600, durability: Durability = .none
    ) throws(SystemError) {
        // What is to outlive a power cut takes its time already.
        var file = try NewFile(for: path, mode: mode, outlivesNobody: durability != .none)
        try file.write(content)
        try file.place(path, durability: durability)
    }

    /// Writes everything to an open file.
    public static func write(_ content: [UInt8], to descriptor: Int32, _ path: String) throws(SystemError) {
        var written = 0
        while written < content.count {
            let count = content.withUnsafeBytes {
                Glibc.write(descriptor, $0.baseAddress?.advanced(by: written), $0.count - written)
            }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw SystemError("write", path) }
            written += count
        }
    }

    /// The number in a file that holds one; nil for words like `max`.
    public static func readNumber(_ path: String) throws(SystemError) -> UInt64? {
        UInt64(try read(path).prefix { $0 != "\n" && $0 != " " })
    }

    /// Writes a text in one call to a file that is there.
    public static func write(_ text: String, to path: String) throws(SystemError) {
        let file = try OwnedDescriptor(opening: path, O_WRONLY)
        var text = text
        let result = text.withUTF8 { Glibc.write(file.number, $0.baseAddress, $0.count) }
        if result == -1 { throw SystemError("write", "\(path) (\(text))") }
    }

    /// Makes a directory and those above it; existing ones are left.
    public static func makeDirectories(_ path: String, mode: mode_t = 0o755) throws(SystemError) {
        if mkdir(path, mode) == 0 || errno == EEXIST { return }
        guard errno == ENOENT, let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")), slash != path.startIndex else {
            throw SystemError("mkdir", path)
        }
        try makeDirectories(String(path[..<slash]), mode: mode)
        if mkdir(path, mode) != 0, errno != EEXIST { throw SystemError("mkdir", path) }
    }

    /// Brings a file's bytes to the disk (`fsync(2)`), so that a rename never shows an empty one after a power cut.
    public static func synchronize(_ path: String) throws(SystemError) {
        let file = try OwnedDescriptor(opening: path, O_RDONLY)
        try retryingOnInterrupt("fsync", path) { fsync(file.number) }
    }

    public static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    /// The names in a directory, without `.` and `..`, sorted.
    public static func names(in path: String) throws(SystemError) -> [String] {
        var names: [String] = []
        try visitNames(in: path) { names.append($0) }
        return names.sorted()
    }

    /// Shows each of them, in no order, without keeping any: for directories of which strangers choose the length.
    package static func visitNames(in path: String, _ body: (String) -> Void) throws(SystemError) {
        guard let directory = opendir(path) else { throw SystemError("opendir", path) }
        defer { closedir(directory) }
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != "." && name != ".." { body(name) }
        }
    }
}
