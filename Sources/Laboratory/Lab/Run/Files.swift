import Glibc
import Linux

/// Small files, read and written whole; errors name the file.
enum Files {
    /// The text of a file, as `LabError`.
    static func text(_ path: String) throws(LabError) -> String {
        do { return String(decoding: try SystemFile.document(path), as: UTF8.self) } catch { throw .system(error) }
    }

    /// Creates or replaces a file.
    static func write(_ text: String, to path: String, mode: mode_t = 0o644) throws(SystemError) {
        let file = try OwnedDescriptor(opening: path, O_WRONLY | O_CREAT | O_TRUNC, mode: mode)
        try SystemFile.write(Array(text.utf8), to: file.number, path)
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
}
