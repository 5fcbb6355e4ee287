/// The end of what a command said, however much that was.
public final class KeptOutput {
    private let limit: Int
    private var bytes: [UInt8] = []

    /// - Parameter limit: how many bytes are kept.
    public init(limit: Int) { self.limit = limit }

    func add(_ new: UnsafeRawBufferPointer) {
        bytes += new.suffix(limit)
        // Not for every piece.
        if bytes.count > 2 * limit { bytes.removeFirst(bytes.count - limit) }
    }

    public var text: String { String(decoding: bytes.suffix(limit), as: UTF8.self) }
}
