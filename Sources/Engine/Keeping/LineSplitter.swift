/// Cuts what comes by a stream into the lines of a log.
///
/// A line is kept until its newline comes, or it is as long as Docker's: the rest of a longer one is the next record, which begins
/// without a newline before it.
package struct LineSplitter: Sendable {
    /// Bytes of one record's text.
    package static let greatest = 16384

    private var held: [UInt8] = []

    package init() {}

    package var isEmpty: Bool { held.isEmpty }

    /// Takes what came, and gives every line that is whole by it.
    package mutating func take(_ piece: UnsafeBufferPointer<UInt8>, _ line: (ArraySlice<UInt8>) -> Void) {
        for byte in piece {
            held.append(byte)
            if byte == 0x0A || held.count == Self.greatest { give(line) }
        }
    }

    /// The stream has ended: what is held is a line.
    package mutating func finish(_ line: (ArraySlice<UInt8>) -> Void) {
        if !held.isEmpty { give(line) }
    }

    private mutating func give(_ line: (ArraySlice<UInt8>) -> Void) {
        line(held[...])
        held.removeAll(keepingCapacity: held.capacity <= 1024)
    }
}
