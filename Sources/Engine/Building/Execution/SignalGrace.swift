import Glibc
import Linux
import Synchronization

/// Ends this process by a signal that was held back where nobody has looked at it for a while: copying or packing a large file can take
/// long. What a build leaves then, the next command frees.
final class SignalGrace: Sendable {
    private let descriptor: OwnedDescriptor
    private let isOver = Atomic(false)

    /// - Parameter signals: reads the signals that are held back.
    init(_ signals: Int32) throws(SystemError) {
        let copy = fcntl(signals, F_DUPFD_CLOEXEC, 3)
        guard copy >= 0 else { throw SystemError("dup", "signals to hear") }
        descriptor = OwnedDescriptor(owning: copy)
        var thread: pthread_t = 0
        let own = Unmanaged.passRetained(self)
        let number = pthread_create(&thread, nil, enterSignalGrace, own.toOpaque())
        guard number == 0 else {
            own.release()
            throw SystemError("pthread_create", "a thread that hears signals", errno: number)
        }
        pthread_detach(thread)
    }

    /// Nobody need hear them any more.
    func end() { isOver.store(true, ordering: .relaxed) }

    /// In steps of 100 ms: for whoever looks between two steps, time enough to look.
    private static let patience = 20

    fileprivate func run() {
        var unseen = 0
        while !isOver.load(ordering: .relaxed) {
            var end = pollfd(fd: descriptor.number, events: Int16(POLLIN), revents: 0)
            guard poll(&end, 1, 500) == 1 else {
                unseen = 0
                continue
            }
            unseen += 1
            if unseen > Self.patience { Self.letThrough() }
            usleep(100_000)
        }
    }

    /// To this thread, which has no other use: it ends the process.
    private static func letThrough() {
        var pending = sigset_t()
        sigpending(&pending)
        for signal in [SIGINT, SIGTERM, SIGHUP, SIGQUIT] where sigismember(&pending, signal) == 1 {
            var signals = sigset_t()
            sigemptyset(&signals)
            sigaddset(&signals, signal)
            pthread_sigmask(SIG_UNBLOCK, &signals, nil)
        }
    }
}

/// A free function: a closure formed near the main actor would trap on another thread.
private func enterSignalGrace(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    if let context { Unmanaged<SignalGrace>.fromOpaque(context).takeRetainedValue().run() }
    return nil
}
