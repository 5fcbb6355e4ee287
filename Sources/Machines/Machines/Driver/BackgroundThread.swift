private import Glibc

/// A detached POSIX thread, for what blocks in a read, in a wait or in libvirt for as long as a guest lives.
package enum BackgroundThread {
    private final class Body {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }

    package static func start(_ run: @escaping @Sendable () -> Void) {
        var thread: pthread_t = 0
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        pthread_create(&thread, &attributes, enterBackgroundThread, Unmanaged.passRetained(Body(run)).toOpaque())
        pthread_attr_destroy(&attributes)
    }

    fileprivate static func enter(_ context: UnsafeMutableRawPointer) {
        Unmanaged<Body>.fromOpaque(context).takeRetainedValue().run()
    }
}

/// A free function: a closure formed near the main actor would trap on another thread.
private func enterBackgroundThread(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    if let context { BackgroundThread.enter(context) }
    return nil
}
