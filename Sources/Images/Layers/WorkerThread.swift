import Glibc
import Linux

/// A thread that runs one body, and is waited for when its owner lets go of it.
final class WorkerThread {
    private let thread: pthread_t

    init(_ body: @escaping @Sendable () -> Void) throws(SystemError) {
        let context = Unmanaged.passRetained(Body(body))
        var thread = pthread_t()
        let number = pthread_create(&thread, nil, enterWorkerThread, context.toOpaque())
        guard number == 0 else {
            context.release()
            throw SystemError("pthread_create", "a thread for a layer", errno: number)
        }
        self.thread = thread
    }

    // Never left running: what it uses may go with the caller.
    deinit { pthread_join(thread, nil) }
}

private final class Body {
    let run: @Sendable () -> Void

    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
}

private func enterWorkerThread(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let context else { return nil }
    Unmanaged<Body>.fromOpaque(context).takeRetainedValue().run()
    return nil
}
