import CLinux
import Glibc
import Linux

/// Stays with a process that runs in the foreground: passes signals on, relays its terminal, and answers with its status.
struct Foreground {
    /// The terminal's master, where it has one.
    let terminal: OwnedDescriptor?

    /// Blocks every signal that can be passed on, so that none is lost between the launch and the wait. Before the launch:
    /// the child sets its own mask.
    static func holdSignals() -> Int32 {
        var all = sigset_t()
        sigfillset(&all)
        for signal in [SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGSYS, SIGTRAP, SIGPIPE, SIGTTIN, SIGTTOU] {
            sigdelset(&all, signal)
        }
        sigprocmask(SIG_BLOCK, &all, nil)
        return signalfd(-1, &all, Int32(SFD_CLOEXEC.rawValue) | Int32(SFD_NONBLOCK.rawValue))
    }

    /// - Returns: the exit status as a shell has it, 128 + signal for a killed one.
    func wait(for process: RunningProcess, signals: Int32) throws -> Int32 {
        defer { close(signals) }
        let relay = terminal.map { TerminalRelay(master: $0.number) }
        defer { relay?.restore() }
        var ends = [
            pollfd(fd: process.pidfd, events: Int16(POLLIN), revents: 0),
            pollfd(fd: signals, events: Int16(POLLIN), revents: 0),
        ]
        if let relay { ends += relay.polled }
        while true {
            guard poll(&ends, nfds_t(ends.count), -1) >= 0 else {
                if errno == EINTR { continue }
                throw SystemError("poll", "process \(process.pid)")
            }
            if ends[1].revents != 0 { forward(signals, to: process, relay) }
            if let relay { relay.move(&ends) }
            if ends[0].revents != 0 {
                relay?.drain()
                return try process.wait().shellStatus
            }
        }
    }

    private func forward(_ signals: Int32, to process: RunningProcess, _ relay: TerminalRelay?) {
        var information = signalfd_siginfo()
        while read(signals, &information, MemoryLayout<signalfd_siginfo>.size) > 0 {
            let signal = Int32(information.ssi_signo)
            switch signal {
            case SIGCHLD: continue
            case SIGWINCH where relay != nil: relay?.resize()
            // One that has ended already needs it no more; its end is what is waited for.
            default: try? process.kill(signal)
            }
        }
    }
}
