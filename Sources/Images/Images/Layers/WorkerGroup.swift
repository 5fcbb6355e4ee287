import Glibc
import Linux
import Synchronization

/// Threads that share a number of tasks and are waited for.
enum WorkerGroup {
    /// Runs a body once for each number below `count`, at most `width` at a time.
    ///
    /// A body that answers false keeps those not yet begun from beginning.
    static func run(_ count: Int, width: Int, _ body: @escaping @Sendable (Int) -> Bool) {
        let tasks = Tasks(count, body)
        var threads: [pthread_t] = []
        for _ in 1..<max(1, min(count, width)) {
            var thread = pthread_t()
            let context = Unmanaged.passRetained(tasks)
            guard pthread_create(&thread, nil, enterWorker, context.toOpaque()) == 0 else {
                // Fewer threads do the same.
                context.release()
                break
            }
            threads.append(thread)
        }
        tasks.work()
        for thread in threads { pthread_join(thread, nil) }
    }

    fileprivate final class Tasks: Sendable {
        private let next: Mutex<Range<Int>>
        private let body: @Sendable (Int) -> Bool

        init(_ count: Int, _ body: @escaping @Sendable (Int) -> Bool) {
            next = Mutex(0..<count)
            self.body = body
        }

        func work() {
            while let task = next.withLock({ $0.popFirst() }) {
                if !body(task) { next.withLock { $0 = $0.upperBound..<$0.upperBound } }
            }
        }
    }
}

private func enterWorker(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let context else { return nil }
    Unmanaged<WorkerGroup.Tasks>.fromOpaque(context).takeRetainedValue().work()
    return nil
}
