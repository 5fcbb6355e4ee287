internal import Glibc
internal import Linux

/// Files that appear whole or not at all, each made under a name of its own: several processes may make the same one.
enum WholeFile {
    /// Writes the whole file under a name of its own, then renames: readers see the old or the new, never half.
    static func replace(_ path: String, with bytes: [UInt8], mode: mode_t = 0o644) throws(SystemError) {
        var file = try NewFile(for: path, mode: mode, outlivesNobody: true)
        try file.write(bytes)
        try file.place(path)
    }

    /// Writes a copy under a name of its own, then renames; in pieces, however large the file.
    static func copy(_ source: String, to path: String, mode: mode_t) throws(SystemError) {
        let from = try OwnedDescriptor(opening: source, O_RDONLY)
        var file = try NewFile(for: path, mode: mode, outlivesNobody: true)
        var piece = [UInt8](repeating: 0, count: 1 << 20)
        while true {
            let count = try retryingOnInterrupt("read", source) { Glibc.read(from.number, &piece, piece.count) }
            if count == 0 { break }
            try file.write(Array(piece[0..<count]))
        }
        try file.place(path)
    }
}
