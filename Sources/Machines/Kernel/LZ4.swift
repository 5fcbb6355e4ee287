/// Decompresses the legacy LZ4 frame that Linux's build makes (lz4 Frame Format 1.6.1, "Legacy frame"; block format
/// "LZ4 Block Format Description").
enum LZ4 {
    static let legacyMagic: [UInt8] = [0x02, 0x21, 0x4c, 0x18]

    enum Failure: Error, Equatable { case truncated, badOffset, tooLarge }

    /// - Parameter limit: the most that may come out; a hostile or broken input ends here.
    static func decompressLegacyFrame(_ input: some RandomAccessCollection<UInt8>, limit: Int) throws(Failure) -> [UInt8] {
        var output: [UInt8] = []
        var failure: Failure?
        let source = Array(input)
        source.withUnsafeBufferPointer { source in
            do throws(Failure) {
                var position = 4
                while position + 4 <= source.count {
                    let size = (0..<4).reduce(0) { $0 | Int(source[position + $1]) << ($1 * 8) }
                    position += 4
                    // What follows the last block (the build appends the uncompressed size) is no block.
                    if size == 0 || position + size > source.count { break }
                    try block(UnsafeBufferPointer(rebasing: source[position..<position + size]), into: &output, limit)
                    position += size
                }
            } catch { failure = error }
        }
        if let failure { throw failure }
        return output
    }

    private static func block(
        _ source: UnsafeBufferPointer<UInt8>, into output: inout [UInt8], _ limit: Int
    ) throws(Failure) {
        var position = 0
        let begin = output.count

        func length(_ nibble: UInt8) throws(Failure) -> Int {
            var result = Int(nibble)
            guard nibble == 15 else { return result }
            while true {
                guard position < source.count else { throw .truncated }
                let more = source[position]
                position += 1
                result += Int(more)
                if more != 255 { return result }
            }
        }

        while position < source.count {
            let token = source[position]
            position += 1
            let literals = try length(token >> 4)
            guard position + literals <= source.count else { throw .truncated }
            guard output.count + literals <= limit else { throw .tooLarge }
            output.append(contentsOf: source[position..<position + literals])
            position += literals
            if position == source.count { return }
            guard position + 2 <= source.count else { throw .truncated }
            let offset = Int(source[position]) | Int(source[position + 1]) << 8
            position += 2
            let match = try length(token & 15) + 4
            guard offset > 0, offset <= output.count - begin else { throw .badOffset }
            guard output.count + match <= limit else { throw .tooLarge }
            var from = output.count - offset
            // A match may overlap what it writes: it repeats.
            if offset >= match {
                output.append(contentsOf: output[from..<from + match])
            } else {
                for _ in 0..<match {
                    output.append(output[from])
                    from += 1
                }
            }
        }
    }
}
