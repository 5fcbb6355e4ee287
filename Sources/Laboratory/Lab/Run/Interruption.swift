import Glibc

/// How often SIGINT or SIGTERM arrived. Written by the handler alone; an aligned word, so a reader sees a whole value.
nonisolated(unsafe) private var interruptions: Int32 = 0

private func noteInterruption(_ signal: Int32) { interruptions &+= 1 }

/// Ctrl-C: the first asks the run to stop after the current sample, a second kills that sample too.
struct Interruption {
    private var previous: [(signal: Int32, action: sigaction)] = []

    static var wanted: Bool { interruptions > 0 }
    static var forced: Bool { interruptions > 1 }

    /// Takes the two signals over; `poll(2)` then answers EINTR (no SA_RESTART).
    static func install() -> Interruption {
        interruptions = 0
        var installed = Interruption()
        for signal in [SIGINT, SIGTERM] {
            var action = sigaction()
            action.__sigaction_handler.sa_handler = noteInterruption
            var previous = sigaction()
            sigaction(signal, &action, &previous)
            installed.previous.append((signal, previous))
        }
        return installed
    }

    func restore() {
        for (signal, action) in previous {
            var action = action
            sigaction(signal, &action, nil)
        }
    }
}
