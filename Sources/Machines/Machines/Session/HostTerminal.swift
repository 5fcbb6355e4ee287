internal import Glibc

/// The caller's terminal, in raw mode while a guest's command has its own: every key is the command's.
struct HostTerminal {
    private let descriptor: Int32
    private let before: termios

    /// nil where the descriptor is no terminal.
    init?(raw descriptor: Int32) {
        var mode = termios()
        guard tcgetattr(descriptor, &mode) == 0 else { return nil }
        before = mode
        self.descriptor = descriptor
        cfmakeraw(&mode)
        tcsetattr(descriptor, TCSANOW, &mode)
    }

    /// As it was.
    func restore() {
        var mode = before
        tcsetattr(descriptor, TCSANOW, &mode)
    }
}

extension TerminalSize {
    /// The size of a terminal (TIOCGWINSZ); nil where the descriptor is none, or has no size.
    package init?(of descriptor: Int32) {
        var size = winsize()
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_row > 0, size.ws_col > 0 else { return nil }
        self.init(rows: size.ws_row, columns: size.ws_col)
    }
}
