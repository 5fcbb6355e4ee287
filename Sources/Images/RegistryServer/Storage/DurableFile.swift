import Content
import Glibc
import Linux

/// Files that are there whole or not at all, also after a power cut: written aside, brought to the disk, renamed; then the
/// directory that names them is brought to the disk.
struct DurableFile {
    /// Where files are written aside; of the same file system as where they go.
    let aside: String

    /// Puts a content in place of a file's.
    func replace(_ path: String, with content: [UInt8]) throws(SystemError) {
        var file = try NewFile(for: path, aside: aside)
        try file.write(content)
        do throws(SystemError) {
            try file.place(path, durability: .entry)
        } catch {
            guard error.errno == ENOENT else { throw error }
            try makeDirectories(Self.directory(of: path))
            try file.place(path, durability: .entry)
        }
    }

    /// Makes an empty file; where it is there, its age counts from now.
    func touch(_ path: String) throws(SystemError) {
        let flags = O_WRONLY | O_CREAT | O_NOFOLLOW
        if Glibc.access(path, F_OK) == 0, utimensat(AT_FDCWD, path, nil, AT_SYMLINK_NOFOLLOW) == 0 { return }
        do throws(SystemError) {
            _ = try OwnedDescriptor(opening: path, flags, mode: 0o600)
        } catch {
            guard error.errno == ENOENT else { throw error }
            try makeDirectories(Self.directory(of: path))
            _ = try OwnedDescriptor(opening: path, flags, mode: 0o600)
        }
        try SystemFile.synchronize(Self.directory(of: path))
    }

    /// Removes a file, for good.
    ///
    /// - Returns: whether it was there.
    func remove(_ path: String) throws(SystemError) -> Bool {
        if unlink(path) != 0 {
            if errno == ENOENT || errno == ENOTDIR { return false }
            throw SystemError("unlink", path)
        }
        try SystemFile.synchronize(Self.directory(of: path))
        return true
    }

    /// Makes a directory and those above it, for good: each is named on the disk by the one above.
    private func makeDirectories(_ path: String) throws(SystemError) {
        try SystemFile.makeDirectories(path, mode: 0o700)
        let root = Self.directory(of: aside)
        var above = path
        while above.utf8.count > root.utf8.count, above.hasPrefix(root) {
            above = Self.directory(of: above)
            try SystemFile.synchronize(above)
        }
    }

    private static func directory(of path: String) -> String {
        String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
    }
}

enum RandomBytes {
    static func make(_ count: Int) -> [UInt8] {
        var random = SystemRandomNumberGenerator()
        return (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &random) }
    }
}

enum Hexadecimal {
    static func text(_ bytes: some Sequence<UInt8>) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}
