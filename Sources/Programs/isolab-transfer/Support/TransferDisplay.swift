import CommandSupport
import Glibc
import Linux
import RegistryClient
import Synchronization

/// Shows a transfer on standard error: lines that are drawn anew where it is a terminal, a plain line for each content that is
/// done elsewhere, nothing where nobody wants it.
final class TransferDisplay: Sendable {
    enum Manner: Sendable { case bars, notes, quiet }

    private let manner: Manner
    private let state = Mutex(State())

    private struct State {
        var board = TransferBoard()
        /// Lines on the terminal that are to be drawn over.
        var drawn = 0
        var last = 0.0
    }

    init(quiet: Bool) {
        manner =
            quiet
            ? .quiet
            : isatty(STDERR_FILENO) == 1 && getenv("TERM").map({ String(cString: $0) }) != "dumb" ? .bars : .notes
    }

    @Sendable func receive(_ progress: TransferProgress) {
        let now = Double(HostClock.now()) / 1e9
        switch manner {
        case .quiet: return
        case .notes:
            if let note = TransferBoard.note(progress) { printToStandardError(note) }
        case .bars:
            state.withLock { state in
                state.board.take(progress, now: now)
                // Ten times a second is enough for an eye.
                guard now - state.last > 0.1 else { return }
                state.last = now
                Self.draw(&state, now)
            }
        }
    }

    /// Leaves the lines as they are at the end.
    func finish() {
        guard case .bars = manner else { return }
        state.withLock { state in
            if state.last > 0 { Self.draw(&state, Double(HostClock.now()) / 1e9) }
            // Said once: a second call has nothing to add.
            state.drawn = 0
            state.last = 0
        }
    }

    private static func draw(_ state: inout State, _ now: Double) {
        var size = winsize()
        let known = ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0
        let columns = known && size.ws_col > 0 ? Int(size.ws_col) : 80
        let height = known && size.ws_row > 0 ? Int(size.ws_row) : 24
        let lines = state.board.lines(columns: columns, height: min(20, height - 1), now: now)
        var text = state.drawn > 0 ? "\u{1B}[\(state.drawn)A\r" : "\r"
        for line in lines { text += line + "\u{1B}[K\n" }
        text += "\u{1B}[J"
        text.withUTF8 { _ = write(STDERR_FILENO, $0.baseAddress, $0.count) }
        state.drawn = lines.count
    }
}
