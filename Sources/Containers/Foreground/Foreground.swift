import CLinux
import Glibc
public import Linux

/// Stays with a process that runs in the foreground: passes signals on, relays its streams, and answers with its status.
public struct Foreground {
    private let relay: (any Relay)?

    /// Whether a third request to end (SIGINT, SIGTERM) is SIGKILL: the first process of a pid namespace that has no handler for
    /// them never hears of one (pid_namespaces(7)).
    public let forcesEnd: Bool

    /// - Parameters:
    ///   - terminal: its terminal, where it has one.
    ///   - streams: its pipes, where it has those.
    public init(terminal: TerminalRelay? = nil, streams: StreamRelay? = nil, forcesEnd: Bool = false) {
        relay = terminal ?? streams
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
        let watch = ForegroundWatch(process.pidfd, relay)
        watch.relay?.begin()
        defer { watch.relay?.end() }
        var requests = 0
        while !watch.hasEnded {
            if try watch.turn(beside: signals) { forward(signals, to: process, &requests) }
        }
        let status = try process.wait().shellStatus
        // What it has written goes out, however slow its reader is; whoever does not want to wait for that says so.
        watch.finish()
        while !watch.isOver {
            guard try watch.turn(beside: signals) else { continue }
            while case let signal = isolab_next_signal(signals), signal != 0 {
                if [SIGINT, SIGTERM, SIGHUP, SIGQUIT].contains(signal) { return status }
            }
        }
        return status
    }

    private func forward(_ signals: Int32, to process: RunningProcess, _ requests: inout Int) {
        while case let signal = isolab_next_signal(signals), signal != 0 {
            switch signal {
            case SIGCHLD: continue
            case SIGWINCH where relay is TerminalRelay: relay?.resize()
            case SIGINT where forcesEnd, SIGTERM where forcesEnd:
                requests += 1
                try? process.kill(requests < 3 ? signal : SIGKILL)
            // One that has ended already needs it no more; its end is what is waited for.
            default: try? process.kill(signal)
            }
        }
    }
}
