import Dispatch
import Synchronization

/// One computation on a thread of its own, whose value is waited for when it is needed.
final class Concurrently<Value: Sendable>: Sendable {
    private let result = Mutex<Value?>(nil)
    private let finished = DispatchSemaphore(value: 0)

    init(_ work: @escaping @Sendable () -> Value) {
        DispatchQueue.global().async {
            let value = work()
            self.result.withLock { $0 = value }
            self.finished.signal()
        }
    }

    /// Waits for the value. Once only.
    func value() -> Value {
        while true {
            finished.wait()
            if let value = result.withLock({ $0 }) { return value }
        }
    }
}
