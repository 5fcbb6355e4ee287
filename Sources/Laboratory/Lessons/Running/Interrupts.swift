import Glibc
import Linux

/// The learner wants to stop: by a key, a signal, or the end of the terminal.
package struct Stopped: Error {
    /// The exit status of the command: 0 where the learner asked for it by `q`.
    package let status: Int32

    package init(status: Int32) { self.status = status }
}

/// Signals that end a lesson, read where the lesson waits: nothing is cut off in the middle.
package final class Interrupts {
    /// Readable where there is one; −1 where signals keep their usual effect.
    let descriptor: Int32

    package init() { descriptor = SignalDescriptor.hold() }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// Takes what has arrived. A stop of the job is passed on to this process alone.
    ///
    /// - Throws: `Stopped`, with the status of a command that a signal ended.
    func look() throws(Stopped) {
        guard descriptor >= 0 else { return }
        while true {
            let signal = SignalDescriptor.next(descriptor)
            switch signal {
            case 0: return
            case SIGINT, SIGTERM, SIGHUP, SIGQUIT: throw Stopped(status: 128 + signal)
            case SIGTSTP: raise(SIGSTOP)
            default: continue
            }
        }
    }
}
