private import Glibc

/// Decompresses the legacy LZ4 frame that Linux's build makes (lz4 Frame Format 1.6.1, "Legacy frame"; block format
/// "LZ4 Block Format Description").
///
/// Copies are memcpy's, every length is checked before: a kernel of 60 MB takes a tenth of a second.
enum LZ4 {
    static let legacyMagic: [UInt8] = [0x02, 0x21, 0x4c, 0x18]

    enum Failure: Error, Equatable { case truncated, badOffset, tooLarge }

    /// - Parameter limit: the most that may come out; a hostile or broken input ends here.
    static func decompressLegacyFrame(
        _ input: some RandomAccessCollection<UInt8>, limit: Int
    ) throws(Failure) -> [UInt8] {
        var output = Output(limit: limit)
        defer { output.base.deallocate() }
        var failure: Failure?
        Array(input).withUnsafeBytes { source in
            do throws(Failure) {
                var position = 4
                while position + 4 <= source.count {
                    let stored = source.loadUnaligned(fromByteOffset: position, as: UInt32.self)
                    let size = Int(UInt32(littleEndian: stored))
                    position += 4
                    // What follows the last block (the build appends the uncompressed size) is no block.
                    if size == 0 || position + size > source.count { break }
                    try block(UnsafeRawBufferPointer(rebasing: source[position..<position + size]), &output)
                    position += size
                }
            } catch { failure = error }
        }
        if let failure { throw failure }
        return Array(UnsafeRawBufferPointer(start: output.base, count: output.count))
    }

    /// What came out so far, in memory that grows.
    private struct Output {
        var base = UnsafeMutableRawPointer.allocate(byteCount: 1 << 20, alignment: 16)
        var capacity = 1 << 20
        var count = 0
        let limit: Int

        init(limit: Int) { self.limit = limit }

        mutating func reserve(_ more: Int) throws(Failure) {
            guard more <= limit - count else { throw .tooLarge }
            guard count + more > capacity else { return }
            let larger = max(capacity * 2, count + more)
            let grown = UnsafeMutableRawPointer.allocate(byteCount: larger, alignment: 16)
            grown.copyMemory(from: base, byteCount: count)
            base.deallocate()
            base = grown
            capacity = larger
        }
    }

    private static func block(_ source: UnsafeRawBufferPointer, _ output: inout Output) throws(Failure) {
        guard let bytes = source.baseAddress else { return }
        let end = source.count
        let begin = output.count
        var position = 0

        func length(_ nibble: UInt8) throws(Failure) -> Int {
            var result = Int(nibble)
            guard nibble == 15 else { return result }
            while true {
                guard position < end else { throw .truncated }
                let more = bytes.load(fromByteOffset: position, as: UInt8.self)
                position += 1
                result += Int(more)
                if more != 255 { return result }
            }
        }

        while position < end {
            let token = bytes.load(fromByteOffset: position, as: UInt8.self)
            position += 1
            let literals = try length(token >> 4)
            guard literals <= end - position else { throw .truncated }
            try output.reserve(literals)
            memcpy(output.base + output.count, bytes + position, literals)
            output.count += literals
            position += literals
            if position == end { return }
            guard end - position >= 2 else { throw .truncated }
            let offset = Int(UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt16.self)))
            position += 2
            let match = try length(token & 15) + 4
            guard offset > 0, offset <= output.count - begin else { throw .badOffset }
            try output.reserve(match)
            // A match may overlap what it writes: then it repeats, and each copy can be twice as long as the last.
            var copied = 0
            while copied < match {
                let piece = min(offset + copied, match - copied)
                memcpy(output.base + output.count + copied, output.base + output.count - offset, piece)
                copied += piece
            }
            output.count += match
        }
    }
}
