import Containers
import Glibc
import Linux

/// Hears the user's word to stop, so that what is half done can be taken away in order.
final class SignalWatch {
    private let descriptor: OwnedDescriptor
    private let grace: SignalGrace
    private var mask = sigset_t()

    init() throws(SystemError) {
        pthread_sigmask(SIG_BLOCK, nil, &mask)
        let number = SignalDescriptor.hold()
        guard number >= 0 else { throw SystemError("signalfd", "signals to hear") }
        descriptor = OwnedDescriptor(owning: number)
        grace = try SignalGrace(number)
    }

    deinit {
        grace.end()
        pthread_sigmask(SIG_SETMASK, &mask, nil)
    }

    /// - Throws: `BuildError.interrupted` where somebody said to stop.
    func check() throws(BuildError) {
        while case let signal = SignalDescriptor.next(descriptor.number), signal != 0 {
            if [SIGINT, SIGTERM, SIGHUP, SIGQUIT].contains(signal) { throw .interrupted(signal: signal) }
        }
    }

    /// Waits until a process has ended and all it wrote is out.
    func wait(for process: ForegroundWatch) throws {
        while !process.hasEnded {
            if try process.turn(beside: descriptor.number) { try check() }
        }
        process.finish()
        while !process.isOver {
            if try process.turn(beside: descriptor.number) { try check() }
        }
    }
}
