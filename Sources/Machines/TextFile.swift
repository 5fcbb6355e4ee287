internal import Glibc
internal import Linux

/// Whole small files, by descriptor: what /proc, records and headers need, without Foundation.
enum TextFile {
    static func bytes(_ path: String) throws(SystemError) -> [UInt8] {
        let file = try OwnedDescriptor(opening: path, O_RDONLY)
        var result: [UInt8] = []
        var information = stat()
        if fstat(file.number, &information) == 0, information.st_size > 0 {
            result.reserveCapacity(Int(information.st_size) + 1)
        }
        var piece = [UInt8](repeating: 0, count: 1 << 18)
        while true {
            let count = try retryingOnInterrupt("read", path) { Glibc.read(file.number, &piece, piece.count) }
            if count == 0 { return result }
            result += piece[0..<count]
        }
    }

    static func read(_ path: String) throws(SystemError) -> String {
        String(decoding: try bytes(path), as: UTF8.self)
    }

    /// Writes the whole file under a name of its own, then renames: readers see the old or the new, never half.
    static func replace(_ path: String, with bytes: [UInt8], mode: mode_t = 0o644) throws(SystemError) {
        let temporary = "\(path).\(RandomName.make()).part"
        do throws(SystemError) {
            let file = try OwnedDescriptor(opening: temporary, O_WRONLY | O_CREAT | O_EXCL, mode: mode)
            try write(bytes, to: file.number, path: temporary)
            _ = try retryingOnInterrupt("rename", path) { Glibc.rename(temporary, path) }
        } catch {
            unlink(temporary)
            throw error
        }
    }

    /// Writes a copy under a name of its own, then renames; in pieces, however large the file.
    static func copy(_ source: String, to path: String, mode: mode_t) throws(SystemError) {
        let temporary = "\(path).\(RandomName.make()).part"
        do throws(SystemError) {
            let from = try OwnedDescriptor(opening: source, O_RDONLY)
            let file = try OwnedDescriptor(opening: temporary, O_WRONLY | O_CREAT | O_EXCL, mode: mode)
            var piece = [UInt8](repeating: 0, count: 1 << 20)
            while true {
                let count = try retryingOnInterrupt("read", source) { Glibc.read(from.number, &piece, piece.count) }
                if count == 0 { break }
                try write(Array(piece[0..<count]), to: file.number, path: temporary)
            }
            _ = try retryingOnInterrupt("rename", path) { Glibc.rename(temporary, path) }
        } catch {
            unlink(temporary)
            throw error
        }
    }

    static func write(_ bytes: [UInt8], to descriptor: Int32, path: String) throws(SystemError) {
        var offset = 0
        while offset < bytes.count {
            offset += try retryingOnInterrupt("write", path) {
                bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress! + offset, bytes.count - offset) }
            }
        }
    }

    /// `mkdir -p`, with the mode for what it makes.
    static func makeDirectory(_ path: String, mode: mode_t = 0o755) throws(SystemError) {
        if mkdir(path, mode) == 0 || errno == EEXIST { return }
        let number = errno
        guard number == ENOENT, let slash = path.lastIndex(of: "/"), slash != path.startIndex else {
            throw SystemError("mkdir", path, errno: number)
        }
        try makeDirectory(String(path[..<slash]), mode: mode)
        if mkdir(path, mode) != 0 && errno != EEXIST { throw SystemError("mkdir", path) }
    }
}
