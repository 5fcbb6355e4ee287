import CLinux
import Glibc
public import Linux

/// Stays with a process that runs in the foreground: passes signals on, relays its terminal, and answers with its status.
public struct Foreground {
    /// The terminal's master, where it has one.
    public let terminal: TerminalRelay?

    /// Whether a third request to end (SIGINT, SIGTERM) is SIGKILL: the first process of a pid namespace that has no handler for
    /// them never hears of one (pid_namespaces(7)).
    public let forcesEnd: Bool

    public init(terminal: TerminalRelay? = nil, forcesEnd: Bool = false) {
        self.terminal = terminal
        self.forcesEnd = forcesEnd
    }

    /// Holds every signal that can be passed on, so that none is lost between the launch and the wait. Before the launch:
    /// the child sets its own mask.
    public static func holdSignals() throws(SystemError) -> Int32 {
        let descriptor = isolab_hold_signals()
        guard descriptor >= 0 else { throw SystemError("signalfd", "signals to pass on") }
        return descriptor
    }

    /// - Returns: the exit status as a shell has it, 128 + signal for a killed one.
    public func wait(for process: RunningProcess, signals: Int32) throws -> Int32 {
        defer { close(signals) }
        let relay = terminal
        relay?.begin()
        defer { relay?.restore() }
        var ends = [
            pollfd(fd: process.pidfd, events: Int16(POLLIN), revents: 0),
            pollfd(fd: signals, events: Int16(POLLIN), revents: 0),
        ]
        if let relay { ends += relay.polled }
        var requests = 0
        while true {
            guard poll(&ends, nfds_t(ends.count), -1) >= 0 else {
                if errno == EINTR { continue }
                throw SystemError("poll", "process \(process.pid)")
            }
            if ends[1].revents != 0 { forward(signals, to: process, relay, &requests) }
            if let relay { relay.move(&ends) }
            if ends[0].revents != 0 {
                relay?.drain()
                return try process.wait().shellStatus
            }
        }
    }

    private func forward(
        _ signals: Int32, to process: RunningProcess, _ relay: TerminalRelay?, _ requests: inout Int
    ) {
        while case let signal = isolab_next_signal(signals), signal != 0 {
            switch signal {
            case SIGCHLD: continue
            case SIGWINCH where relay != nil: relay?.resize()
            case SIGINT where forcesEnd, SIGTERM where forcesEnd:
                requests += 1
                try? process.kill(requests < 3 ? signal : SIGKILL)
            // One that has ended already needs it no more; its end is what is waited for.
            default: try? process.kill(signal)
            }
        }
    }
}
