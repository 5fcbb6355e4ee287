import Glibc
import Linux
import OCI

/// Where a blob goes: written, hashed and counted.
final class BlobSink {
    private let descriptor: Int32
    private var hasher = ContentHasher(.sha256)
    private(set) var count: Int64 = 0

    init(_ descriptor: Int32) { self.descriptor = descriptor }

    func write(_ bytes: UnsafeRawBufferPointer) throws(LayerError) {
        hasher.update(bytes)
        count +|= Int64(bytes.count)
        var written = 0
        while written < bytes.count {
            do {
                written += try retryingOnInterrupt("write", "layer") {
                    Glibc.write(descriptor, bytes.baseAddress?.advanced(by: written), bytes.count - written)
                }
            } catch {
                throw LayerError(error)
            }
        }
    }

    func finish() -> Digest { hasher.finish() }
}
