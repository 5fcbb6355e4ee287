import Glibc

/// A file that only grows, a block at a time; a block lands whole or is taken back.
///
/// Nothing is synced to the disk between blocks: what `write` took survives `kill -9` of the writer, and a sync would
/// disturb the next sample.
struct AppendedFile: ~Copyable {
    let path: String
    private let descriptor: CInt
    private(set) var length = 0

    /// Creates the file; it must not exist.
    init(creating path: String) throws(RunRecordError) {
        descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0o644)
        self.path = path
        if descriptor < 0 { throw .system(operation: "create", path: path, errno: errno, kept: "") }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// Appends all of `bytes`, or none.
    mutating func append(_ bytes: [UInt8]) throws(RunRecordError) {
        let failure = bytes.withUnsafeBytes { writeAll(descriptor, $0) }
        guard failure == 0 else {
            truncate(to: length)
            throw .system(operation: "write", path: path, errno: failure, kept: "")
        }
        length += bytes.count
    }

    /// Takes back what was appended after `length`.
    mutating func truncate(to length: Int) {
        // When even this fails the reader sees a torn end, drops it and says so.
        _ = ftruncate(descriptor, off_t(length))
        self.length = length
    }

    /// Waits until the file is on the disk.
    func synchronize() throws(RunRecordError) {
        if fsync(descriptor) != 0 { throw .system(operation: "fsync", path: path, errno: errno, kept: "") }
    }
}

/// Reads a whole file: no device or pipe, which may have no end, and none that could not be a run's.
///
/// - Parameter limit: greater ones are refused, in bytes.
func readFile(_ path: String, limit: Int = 2 << 30) throws(RunRecordError) -> [UInt8] {
    // Of a pipe without a writer, opening would wait.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw .system(operation: "open", path: path, errno: errno, kept: "") }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
        throw .system(operation: "stat", path: path, errno: errno, kept: "")
    }
    guard status.st_mode & S_IFMT == S_IFREG else { throw .unreadable(path: path, problem: "it is not a regular file") }
    guard status.st_size <= limit else {
        throw .unreadable(path: path, problem: "it is \(status.st_size) bytes long; at most \(limit) are read")
    }
    var failure: Int32 = 0
    // One byte more than its size, so that the end is seen by the read that fills it.
    var bytes = [UInt8](unsafeUninitializedCapacity: max(Int(status.st_size), 0) + 1) { buffer, count in
        while count < buffer.count {
            let read = Glibc.read(descriptor, buffer.baseAddress! + count, buffer.count - count)
            if read < 0 {
                if errno == EINTR { continue }
                failure = errno
                return
            }
            if read == 0 { return }
            count += read
        }
    }
    guard failure == 0 else { throw .system(operation: "read", path: path, errno: failure, kept: "") }
    // A file that is still growing: what it held when it was opened is enough.
    if bytes.count > Int(status.st_size) { bytes.removeLast(bytes.count - Int(status.st_size)) }
    // A spreadsheet that saved the table put a byte order mark in front.
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes.removeFirst(3) }
    return bytes
}

/// Writes all of `bytes`; the errno of the failure, or 0.
private func writeAll(_ descriptor: CInt, _ bytes: UnsafeRawBufferPointer) -> Int32 {
    var rest = bytes
    while !rest.isEmpty {
        let written = write(descriptor, rest.baseAddress, rest.count)
        if written < 0 {
            if errno == EINTR { continue }
            return errno
        }
        rest = UnsafeRawBufferPointer(rebasing: rest[written...])
    }
    return 0
}
