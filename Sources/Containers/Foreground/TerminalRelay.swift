import Glibc
import Linux

/// Carries bytes between the user's terminal and a container's, with the user's in raw mode meanwhile.
public final class TerminalRelay {
    private let descriptor: OwnedDescriptor
    private var master: Int32 { descriptor.number }
    private var before: termios?
    private let takesInput: Bool

    /// - Parameters:
    ///   - master: the container's terminal.
    ///   - input: whether what the user types goes in; else his terminal stays as it is.
    init(master: consuming OwnedDescriptor, input: Bool) {
        descriptor = master
        takesInput = input
    }

    /// From here on the user types into the container.
    func begin() {
        var mode = termios()
        if takesInput, tcgetattr(0, &mode) == 0 {
            before = mode
            cfmakeraw(&mode)
            tcsetattr(0, TCSANOW, &mode)
        }
        resize()
    }

    /// Gives the user's terminal back as it was.
    func restore() {
        if var mode = before { tcsetattr(0, TCSANOW, &mode) }
        before = nil
    }

    /// The container's terminal gets the size of the user's.
    func resize() {
        var size = winsize()
        if ioctl(0, UInt(TIOCGWINSZ), &size) == 0, size.ws_row > 0 { _ = ioctl(master, UInt(TIOCSWINSZ), &size) }
    }

    var polled: [pollfd] {
        [
            pollfd(fd: takesInput ? 0 : -1, events: Int16(POLLIN), revents: 0),
            pollfd(fd: master, events: Int16(POLLIN), revents: 0),
        ]
    }

    /// Moves what is there, after a poll of `polled`, which stand last.
    func move(_ ends: inout [pollfd]) {
        let input = ends.count - 2
        if ends[input].revents != 0, !copy(0, master) {
            // End of file on our side is end of file inside: what a user's ^D is.
            var end: UInt8 = 4
            _ = write(master, &end, 1)
            ends[input].fd = -1
        }
        if ends[input + 1].revents != 0, !copy(master, 1) { ends[input + 1].fd = -1 }
    }

    /// What the container wrote before its end.
    func drain() {
        _ = fcntl(master, F_SETFL, O_NONBLOCK)
        while copy(master, 1) {}
    }

    private func copy(_ source: Int32, _ target: Int32) -> Bool {
        var bytes = [UInt8](repeating: 0, count: 16384)
        let count = read(source, &bytes, bytes.count)
        if count < 0, errno == EINTR { return true }
        guard count > 0 else { return false }
        return (try? SystemFile.write(Array(bytes.prefix(count)), to: target, "terminal")) != nil
    }
}
