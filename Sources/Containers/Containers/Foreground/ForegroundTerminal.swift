import Glibc
public import Linux
public import OCI

/// A pair of sockets by which a foreground container's terminal comes to this process.
public final class ForegroundTerminal {
    /// For `CreateRequest.consoleDescriptor`.
    public let childEnd: Int32
    private let ownEnd: Int32

    public init() throws(SystemError) {
        var ends: [Int32] = [-1, -1]
        guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue) | 0x80000, 0, &ends) == 0 else {
            throw SystemError("socketpair", "the terminal's way")
        }
        ownEnd = ends[0]
        childEnd = ends[1]
    }

    deinit {
        close(ownEnd)
        close(childEnd)
    }

    /// The size of the user's terminal: the program shall have it from its first instruction on.
    public static func callersSize() -> RuntimeConfiguration.ConsoleSize? {
        var size = winsize()
        guard ioctl(0, UInt(TIOCGWINSZ), &size) == 0, size.ws_row > 0 else { return nil }
        return .init(height: Int(size.ws_row), width: Int(size.ws_col))
    }

    /// Between the user's terminal and the container's, whose master the child has sent before its program ran.
    ///
    /// - Parameter input: whether what the user types goes in.
    public func relay(input: Bool = true) throws(SystemError) -> TerminalRelay {
        TerminalRelay(master: try master(), input: input)
    }

    /// The container's terminal, which the child has sent before its program ran; for whoever relays it by himself.
    public func master() throws(SystemError) -> OwnedDescriptor {
        var name = [UInt8](repeating: 0, count: 4096)
        let descriptor = UnixSocket.receive(over: ownEnd, into: &name).descriptor
        guard descriptor >= 0 else { throw SystemError("recvmsg", "the terminal's master") }
        return OwnedDescriptor(owning: descriptor)
    }
}
