import Glibc
import Linux

/// Small files, read and written whole; errors name the file.
enum Files {
    /// The bytes of a file.
    static func bytes(_ path: String) throws(SystemError) -> [UInt8] {
        let file = try OwnedDescriptor(opening: path, O_RDONLY)
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = try retryingOnInterrupt("read", path) { read(file.number, &buffer, buffer.count) }
            if count == 0 { return bytes }
            bytes.append(contentsOf: buffer[..<count])
        }
    }

    /// The text of a file, as `LabError`.
    static func text(_ path: String) throws(LabError) -> String {
        do { return String(decoding: try bytes(path), as: UTF8.self) } catch { throw .system(error) }
    }

    /// Creates or replaces a file.
    static func write(_ text: String, to path: String, mode: mode_t = 0o644) throws(SystemError) {
        let file = try OwnedDescriptor(opening: path, O_WRONLY | O_CREAT | O_TRUNC, mode: mode)
        try write(Array(text.utf8), to: file.number, path)
    }

    static func write(_ bytes: [UInt8], to descriptor: Int32, _ path: String) throws(SystemError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = try retryingOnInterrupt("write", path) {
                rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            }
            rest = rest.dropFirst(count)
        }
    }

    /// Makes a directory and those above it; an existing one is fine.
    static func makeDirectories(_ path: String, mode: mode_t = 0o755) throws(SystemError) {
        try SystemFile.makeDirectories(path, mode: mode)
    }

    /// Names in a directory, without `.` and `..`, sorted; empty where it cannot be read.
    static func names(in path: String) -> [String] { (try? SystemFile.names(in: path)) ?? [] }

    static func isDirectory(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    static func isExecutable(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG && access(path, X_OK) == 0
    }

    /// The target of a symbolic link.
    static func link(_ path: String) -> String? {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = buffer.withUnsafeMutableBytes { readlink(path, $0.baseAddress!, $0.count) }
        return count > 0 ? String(decoding: buffer[..<count], as: UTF8.self) : nil
    }

    /// A program on PATH (root's usual directories included), by name.
    static func program(_ name: String) -> String? {
        let path = getenv("PATH").map { String(cString: $0) } ?? ""
        let directories = path.split(separator: ":").map(String.init) + ["/usr/local/bin", "/usr/bin", "/usr/sbin"]
        return directories.lazy.map { "\($0)/\(name)" }.first(where: isExecutable)
    }
}
