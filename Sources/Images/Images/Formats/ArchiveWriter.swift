import Glibc
import Linux

/// Writes a tar archive (POSIX.1-2017, pax: "ustar Interchange Format" and extended headers where they are needed), the same bytes
/// for the same files.
struct ArchiveWriter {
    private let descriptor: Int32
    private let name: String

    /// - Parameter descriptor: a file, a pipe or a socket; the caller's to close.
    init(_ descriptor: Int32, called name: String) {
        self.descriptor = descriptor
        self.name = name
    }

    func directory(_ path: String) throws(SystemError) { try header(path + "/", type: "5", size: 0, mode: 0o755) }

    func file(_ path: String, _ content: [UInt8]) throws(SystemError) {
        try header(path, type: "0", size: Int64(content.count), mode: 0o644)
        try write(content + Self.padding(Int64(content.count)))
    }

    /// A file with the content of another one, of which so many bytes are taken.
    func file(_ path: String, from source: Int32, size: Int64) throws(SystemError) {
        try header(path, type: "0", size: size, mode: 0o644)
        var rest = Int(size)
        let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 16)
        defer { piece.deallocate() }
        while rest > 0 {
            let count = try retryingOnInterrupt("read", path) {
                read(source, piece.baseAddress, min(rest, piece.count))
            }
            guard count > 0 else {
                throw SystemError("read", path, errno: EIO, advice: "it is shorter than its size said")
            }
            try write(UnsafeRawBufferPointer(rebasing: piece[..<count]))
            rest -= count
        }
        try write(Self.padding(size))
    }

    /// Two blocks of zeros.
    func finish() throws(SystemError) { try write([UInt8](repeating: 0, count: 1024)) }

    private func header(_ path: String, type: Character, size: Int64, mode: Int) throws(SystemError) {
        var records: [UInt8] = []
        if path.utf8.count > 100 { records += Self.record("path", path) }
        if size >= 1 << 33 { records += Self.record("size", String(size)) }
        if !records.isEmpty {
            try write(
                Self.block(
                    "PaxHeaders/\(path.utf8.suffix(80).map { String(UnicodeScalar($0)) }.joined())", "x",
                    Int64(records.count), 0o644))
            try write(records + Self.padding(Int64(records.count)))
        }
        let short = String(decoding: path.utf8.prefix(100), as: UTF8.self)
        try write(Self.block(short, type, size < 1 << 33 ? size : 0, mode))
    }

    /// `length key=value\n`, where the length counts itself.
    private static func record(_ key: String, _ value: String) -> [UInt8] {
        let rest = " \(key)=\(value)\n"
        var length = rest.utf8.count
        while String(length).utf8.count + rest.utf8.count != length {
            length = String(length).utf8.count + rest.utf8.count
        }
        return Array("\(length)\(rest)".utf8)
    }

    private static func block(_ path: String, _ type: Character, _ size: Int64, _ mode: Int) -> [UInt8] {
        var block = [UInt8](repeating: 0, count: 512)
        func put(_ text: String, at offset: Int) {
            for (index, byte) in text.utf8.enumerated() { block[offset + index] = byte }
        }
        func octal(_ number: Int64, _ width: Int) -> String {
            let digits = String(number, radix: 8)
            return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
        }
        put(path, at: 0)
        put(octal(Int64(mode), 7), at: 100)
        put(octal(0, 7), at: 108)
        put(octal(0, 7), at: 116)
        put(octal(size, 11), at: 124)
        put(octal(0, 11), at: 136)
        put("        ", at: 148)
        put(String(type), at: 156)
        put("ustar", at: 257)
        put("00", at: 263)
        let sum = block.reduce(0) { $0 +| Int64($1) }
        put(octal(sum, 6) + "\0 ", at: 148)
        return block
    }

    private static func padding(_ size: Int64) -> [UInt8] {
        [UInt8](repeating: 0, count: Int((512 -| size % 512) % 512))
    }

    private func write(_ bytes: [UInt8]) throws(SystemError) {
        try SystemFile.write(bytes, to: descriptor, name)
    }

    private func write(_ bytes: UnsafeRawBufferPointer) throws(SystemError) {
        var written = 0
        while written < bytes.count {
            written += try retryingOnInterrupt("write", name) {
                Glibc.write(descriptor, bytes.baseAddress?.advanced(by: written), bytes.count - written)
            }
        }
    }
}
