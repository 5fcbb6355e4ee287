import Glibc

/// Progress on standard error: one line that updates where it is a terminal, a plain line now and then elsewhere.
package final class TerminalProgress: ProgressSink {
    private let isTerminal: Bool
    private var shown = false
    private var last: UInt64 = 0
    private var lastTenth = -1

    package init() { isTerminal = isatty(STDERR_FILENO) == 1 }

    package func update(_ progress: Progress) {
        if isTerminal {
            // Drawing costs a system call: ten times a second is enough for an eye.
            var now = timespec()
            clock_gettime(CLOCK_MONOTONIC, &now)
            let tenth = UInt64(now.tv_sec) * 10 + UInt64(now.tv_nsec) / 100_000_000
            guard tenth != last || progress.done == progress.total else { return }
            last = tenth
            say("\r\u{1B}[K" + progress.line(columns: columns))
            shown = true
        } else {
            let tenth = progress.total == 0 ? 0 : progress.done * 10 / progress.total
            guard tenth != lastTenth else { return }
            lastTenth = tenth
            say(progress.line(columns: 200) + "\n")
        }
    }

    package func note(_ words: String) {
        say((shown ? "\r\u{1B}[K" : "") + words + "\n")
        shown = false
    }

    package func finish() {
        if shown { say("\r\u{1B}[K") }
        shown = false
    }

    private var columns: Int {
        var size = winsize()
        return ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0 ? Int(size.ws_col) : 80
    }

    private func say(_ text: String) {
        var text = text
        text.withUTF8 { _ = write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }
}
