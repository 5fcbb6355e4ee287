import CLinux
import Glibc
import Linux

/// Hears the user's word to stop, so that what is half done can be taken away in order.
final class SignalWatch {
    private let descriptor: OwnedDescriptor
    private var mask = sigset_t()

    init() throws(SystemError) {
        pthread_sigmask(SIG_BLOCK, nil, &mask)
        let number = isolab_hold_signals()
        guard number >= 0 else { throw SystemError("signalfd", "signals to hear") }
        descriptor = OwnedDescriptor(owning: number)
    }

    deinit { pthread_sigmask(SIG_SETMASK, &mask, nil) }

    /// - Throws: `BuildError.interrupted` where somebody said to stop.
    func check() throws(BuildError) {
        while case let signal = isolab_next_signal(descriptor.number), signal != 0 {
            if [SIGINT, SIGTERM, SIGHUP, SIGQUIT].contains(signal) { throw .interrupted(signal: signal) }
        }
    }

    /// Waits until a process has ended.
    func wait(for pidfd: Int32) throws {
        var ends = [
            pollfd(fd: pidfd, events: Int16(POLLIN), revents: 0),
            pollfd(fd: descriptor.number, events: Int16(POLLIN), revents: 0),
        ]
        while true {
            guard poll(&ends, nfds_t(ends.count), -1) >= 0 else {
                if errno == EINTR { continue }
                throw SystemError("poll", "a build's command")
            }
            if ends[1].revents != 0 { try check() }
            if ends[0].revents != 0 { return }
        }
    }
}
