import Glibc
import Linux

/// Asks on the terminal, and keeps from it what must not be seen.
enum SecretPrompt {
    private static let greatestLength = 64 << 10

    /// A line that is seen as it is typed.
    static func line(_ prompt: String) throws(SystemError) -> String { try ask(prompt, isSecret: false) }

    /// A line that is not.
    static func secret(_ prompt: String) throws(SystemError) -> String { try ask(prompt, isSecret: true) }

    /// Everything on standard input, without the line break at its end.
    static func standardInput() throws(SystemError) -> String {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while bytes.count <= greatestLength {
            let count = try retryingOnInterrupt("read", "standard input") { read(STDIN_FILENO, &buffer, buffer.count) }
            if count == 0 { break }
            bytes += buffer.prefix(count)
        }
        while let last = bytes.last, last == 0x0A || last == 0x0D { bytes.removeLast() }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func openTerminal() throws(SystemError) -> OwnedDescriptor {
        do throws(SystemError) { return try OwnedDescriptor(opening: "/dev/tty", O_RDWR) } catch {
            throw SystemError(
                "ask on", "/dev/tty", errno: error.errno,
                advice: "without a terminal use --username and --password-stdin")
        }
    }

    private static func ask(_ prompt: String, isSecret: Bool) throws(SystemError) -> String {
        let terminal = try openTerminal()
        var before = termios()
        guard tcgetattr(terminal.number, &before) == 0 else { throw SystemError("tcgetattr", "/dev/tty") }
        var during = before
        if isSecret { during.c_lflag &= ~tcflag_t(ECHO) }
        // Ctrl-C comes as a character: a signal would leave the terminal without its echo.
        during.c_lflag &= ~tcflag_t(ISIG)
        guard tcsetattr(terminal.number, TCSAFLUSH, &during) == 0 else { throw SystemError("tcsetattr", "/dev/tty") }
        defer { tcsetattr(terminal.number, TCSAFLUSH, &before) }
        try SystemFile.write(Array(prompt.utf8), to: terminal.number, "/dev/tty")
        var line: [UInt8] = []
        var byte: UInt8 = 0
        while line.count <= greatestLength {
            let count = try retryingOnInterrupt("read", "/dev/tty") { read(terminal.number, &byte, 1) }
            if count == 0 || byte == 0x0A || byte == 0x0D { break }
            guard byte != 0x03 else {
                tcsetattr(terminal.number, TCSAFLUSH, &before)
                try SystemFile.write([0x0A], to: terminal.number, "/dev/tty")
                exit(130)
            }
            line.append(byte)
        }
        if isSecret { try SystemFile.write([0x0A], to: terminal.number, "/dev/tty") }
        return String(decoding: line, as: UTF8.self)
    }
}
