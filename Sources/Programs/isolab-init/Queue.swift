import CWorkload
import Freestanding

/// Bytes on their way, first in, first out, in one piece of memory.
struct Queue {
    private let base: UnsafeMutablePointer<UInt8>
    private let capacity: Int
    private var start = 0
    private var end = 0

    init(capacity: Int) {
        base = memory(capacity)
        self.capacity = capacity
    }

    var count: Int { end - start }
    var isEmpty: Bool { start == end }
    var room: Int { capacity - count }
    /// The bytes that wait.
    var first: UnsafeMutablePointer<UInt8> { base + start }

    /// Where so many more may be put, in one piece; `room` must say that there are.
    mutating func tail(_ bytes: Int) -> UnsafeMutablePointer<UInt8> {
        if end + bytes > capacity {
            base.update(from: base + start, count: count)
            end -= start
            start = 0
        }
        return base + end
    }

    /// As many were put at the tail.
    mutating func grow(_ bytes: Int) { end += bytes }

    mutating func drop(_ bytes: Int) {
        start += bytes
        if start == end { clear() }
    }

    mutating func clear() {
        start = 0
        end = 0
    }

    mutating func append(_ bytes: UnsafePointer<UInt8>, _ length: Int) {
        tail(length).update(from: bytes, count: length)
        grow(length)
    }

    /// Writes what it can: the count that left, or the negated error number.
    mutating func write(to descriptor: Int) -> Int {
        if isEmpty { return 0 }
        let written = systemCall(SystemCall.write, descriptor, Int(bitPattern: first), count)
        if written > 0 { drop(written) }
        return written
    }

    /// Appends a frame's header and gives the place of its payload.
    mutating func frame(_ kind: UInt8, _ length: Int) -> UnsafeMutablePointer<UInt8> {
        let header = tail(Frame.header + length)
        header[0] = kind
        header[1] = 0
        header[2] = 0
        header[3] = 0
        store(length, header + 4)
        grow(Frame.header + length)
        return header + Frame.header
    }
}
