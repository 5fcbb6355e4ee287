import Glibc
import Linux
import OCI

/// The compressed bytes as they come from a descriptor, hashed and counted on the way.
final class BlobSource {
    private let descriptor: Int32
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 4096)
    private var start = 0
    private var end = 0
    private var hasher: ContentHasher?
    /// Bytes read.
    private(set) var count: Int64 = 0
    private(set) var isAtEnd = false

    /// - Parameter algorithm: nil where nobody asks for the digest.
    init(_ descriptor: Int32, hashing algorithm: Digest.Algorithm?) {
        self.descriptor = descriptor
        hasher = algorithm.map { ContentHasher($0) }
    }

    /// What was read and not consumed.
    var available: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: buffer[start..<end]) }

    func consume(_ count: Int) { start += count }

    /// Reads on, where all was consumed; nothing is available afterwards at the end alone.
    func fill() throws(LayerError) {
        guard start == end, !isAtEnd else { return }
        start = 0
        end = try receive(buffer)
    }

    /// Reads until so many bytes are available, unless the end comes first: for what is told by the first few.
    func fill(atLeast wanted: Int) throws(LayerError) {
        while end - start < wanted, !isAtEnd {
            end += try receive(UnsafeMutableRawBufferPointer(rebasing: buffer[end...]))
        }
    }

    /// Puts the bytes straight where they are wanted; what is available goes first. 0 at the end.
    func read(into target: UnsafeMutableRawBufferPointer) throws(LayerError) -> Int {
        guard start < end else { return isAtEnd ? 0 : try receive(target) }
        let count = min(end - start, target.count)
        target.copyMemory(from: UnsafeRawBufferPointer(rebasing: available[..<count]))
        start += count
        return count
    }

    private func receive(_ target: UnsafeMutableRawBufferPointer) throws(LayerError) -> Int {
        let count: Int
        do {
            count = try retryingOnInterrupt("read", "layer") {
                Glibc.read(descriptor, target.baseAddress, target.count)
            }
        } catch {
            throw LayerError(error)
        }
        hasher?.update(UnsafeRawBufferPointer(rebasing: target[..<count]))
        self.count +|= Int64(count)
        isAtEnd = count == 0
        return count
    }

    /// Nobody asks for the digest after all.
    func skipHash() { hasher = nil }

    /// The digest of everything read; nil where nobody asked.
    func finish() -> Digest? {
        defer { hasher = nil }
        return hasher.map { $0.finish() }
    }

    deinit { buffer.deallocate() }
}
