import Linux
import OCI
import Synchronization

/// Counts what was moved on the way to whoever shows it.
final class TransferTally: Sendable {
    private let receiver: TransferProgress.Receiver
    private let counts = Mutex<(contents: Int, size: Int64)>((0, 0))

    init(_ receiver: @escaping TransferProgress.Receiver) { self.receiver = receiver }

    @Sendable func receive(_ progress: TransferProgress) {
        if progress.state == .finished { count(progress.descriptor.size) }
        receiver(progress)
    }

    func count(_ size: Int64) {
        counts.withLock {
            $0.contents += 1
            $0.size +|= max(0, size)
        }
    }

    var total: (contents: Int, size: Int64) { counts.withLock { $0 } }
}
