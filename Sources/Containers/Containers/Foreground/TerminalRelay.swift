import Glibc
import Linux

/// Carries bytes between the user's terminal and a container's, with the user's in raw mode meanwhile.
public final class TerminalRelay: Relay {
    /// −1 once it is hung up.
    private var master: Int32
    private var before: termios?
    private let takesInput: Bool
    let flows: [Flow]

    /// - Parameters:
    ///   - master: the container's terminal.
    ///   - input: whether what the user types goes in; else his terminal stays as it is.
    init(master: consuming OwnedDescriptor, input: Bool) {
        // Neither side may wait for the other: a program that writes while nobody reads what it wrote takes nothing in.
        _ = fcntl(master.number, F_SETFL, O_NONBLOCK)
        var flows = [Flow(.outward, host: HostStream(1, O_WRONLY), inner: master.number, owned: false)]
        if input {
            flows.append(
                Flow(
                    .inward, host: HostStream(0, O_RDONLY), inner: master.number, owned: false, endOfInput: .control))
        }
        self.flows = flows
        self.master = master.release()
        takesInput = input
    }

    deinit { if master >= 0 { close(master) } }

    var isHungUp: Bool { master < 0 }

    /// Whoever looks at the terminal is gone: the program inside is told so, rather than left to write until nothing more fits.
    func advanced() {
        guard master >= 0, flows.contains(where: { $0.hasLostReader || $0.hasLostTypist }) else { return }
        // What it has said already goes out where somebody takes it, a file for one.
        for flow in flows {
            flow.finish()
            flow.abandon()
        }
        close(master)
        master = -1
    }

    /// From here on the user types into the container.
    func begin() {
        BrokenPipes.block()
        var mode = termios()
        if takesInput, tcgetattr(0, &mode) == 0 {
            before = mode
            cfmakeraw(&mode)
            tcsetattr(0, TCSANOW, &mode)
        }
        resize()
    }

    /// Gives the user's terminal back as it was.
    func end() {
        if var mode = before { tcsetattr(0, TCSANOW, &mode) }
        before = nil
    }

    /// The container's terminal gets the size of the user's.
    func resize() {
        var size = winsize()
        if master >= 0, ioctl(0, UInt(TIOCGWINSZ), &size) == 0, size.ws_row > 0 {
            _ = ioctl(master, UInt(TIOCSWINSZ), &size)
        }
    }
}
