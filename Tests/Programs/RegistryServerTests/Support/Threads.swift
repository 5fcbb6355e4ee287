import Glibc
import Synchronization

/// Threads of the system: what blocks on sockets must not stand in the way of Swift's own few.
struct Threads: ~Copyable {
    private final class Box {
        let body: () -> Void
        init(_ body: @escaping () -> Void) { self.body = body }
    }

    private var threads: [pthread_t] = []
    private let failures = Failures()

    private final class Failures: Sendable {
        let list = Mutex<[String]>([])
    }

    /// Starts so many; what one throws is kept.
    mutating func start(_ count: Int, _ body: @escaping @Sendable (Int) throws -> Void) {
        for index in 0..<count {
            let failures = failures
            let box = Unmanaged.passRetained(
                Box {
                    do { try body(index) } catch { failures.list.withLock { $0.append("\(index): \(error)") } }
                })
            var thread = pthread_t()
            let result = pthread_create(
                &thread, nil,
                { pointer in
                    if let pointer { Unmanaged<Box>.fromOpaque(pointer).takeRetainedValue().body() }
                    return nil
                }, box.toOpaque())
            if result == 0 { threads.append(thread) } else { box.release() }
        }
    }

    /// Waits for all of them.
    ///
    /// - Returns: what failed.
    consuming func join() -> [String] {
        for thread in threads { pthread_join(thread, nil) }
        return failures.list.withLock { $0 }
    }
}
