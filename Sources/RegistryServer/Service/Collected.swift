import Synchronization

/// Bytes gathered in memory, up to a limit.
final class Collected: Sendable {
    private let bytes = Mutex<[UInt8]>([])

    /// - Returns: whether they fitted.
    func append(_ more: UnsafeRawBufferPointer, limit: Int) -> Bool {
        bytes.withLock { bytes in
            guard bytes.count + more.count <= limit else { return false }
            bytes.append(contentsOf: more)
            return true
        }
    }

    var all: [UInt8] { bytes.withLock { $0 } }
}
