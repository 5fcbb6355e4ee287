import Glibc
import Linux
import OCI
import Synchronization

/// Where errors and warnings go: standard error, and the engine's log file in the form it asked for.
final class Log: Sendable {
    enum Form: String { case text, json }

    private let file: String?
    private let form: Form
    let isDebugging: Bool
    /// Whether standard error becomes the container's, or an engine keeps what comes there as the container's own output. A terminal is a
    /// person's, who is told.
    private let standardErrorIsContainers: Bool

    init(file: String?, form: Form, isDebugging: Bool, standardErrorIsContainers: Bool = false) {
        self.file = file
        self.form = form
        self.isDebugging = isDebugging
        self.standardErrorIsContainers = standardErrorIsContainers
    }

    /// The same for a command that hands its standard error to a container.
    func givingAwayStandardError() -> Log {
        Log(file: file, form: form, isDebugging: isDebugging, standardErrorIsContainers: isatty(2) == 0)
    }

    /// Makes the file where it is missing: whoever named it will look for errors there.
    func check() throws(SystemError) {
        guard let file else { return }
        do throws(SystemError) { _ = try Self.open(file) } catch {
            throw SystemError(
                "open", "the log \(file)", errno: error.errno, advice: "--log must name a file that can be written to")
        }
    }

    /// Of a container that could not be made: engines read the reason from standard error.
    func error(_ message: String) {
        write("error", message)
        // Whoever asks for JSON and names no file reads it there.
        if file == nil, form == .json { return say(line("error", message)) }
        say(people("isolab-runtime: \(message)"))
    }

    func warning(_ message: String) {
        write("warning", message)
        // An engine shows its user what stands in the log; a person at a terminal sees it here.
        guard file == nil else { return }
        if standardErrorIsContainers { return SystemLog.warning(message) }
        say(form == .json ? line("warning", message) : people("isolab-runtime: warning: \(message)"))
    }

    func debug(_ message: String) {
        guard isDebugging else { return }
        write("debug", message)
        guard file == nil, !standardErrorIsContainers else { return }
        say(form == .json ? line("debug", message) : people("isolab-runtime: \(message)"))
    }

    private func say(_ text: [UInt8]) { try? SystemFile.write(text, to: 2, "standard error") }

    /// A line of its own for people. What is said may quote a configuration, which is a stranger's: nothing in it breaks the line, or
    /// steers the terminal. In JSON the form sees to that.
    private func people(_ text: String) -> [UInt8] { Array((text.displayable() + "\n").utf8) }

    private func line(_ level: String, _ message: String) -> [UInt8] {
        switch form {
        case .json:
            JSONDocument.write(
                ["level": level, "msg": message, "time": Timestamp.now(nanoseconds: false)], indented: false) + [0x0A]
        case .text:
            Array("time=\"\(Timestamp.now(nanoseconds: false))\" level=\(level) msg=\(quoted(message))\n".utf8)
        }
    }

    private func write(_ level: String, _ message: String) {
        // One that can be written no longer must not stop the container; an error is on standard error, too.
        guard let file, let descriptor = try? Self.open(file) else { return }
        try? SystemFile.write(line(level, message), to: descriptor.number, file)
    }

    /// For one line at a time: a file that stayed open could go along with a container as a descriptor of its caller's. Without
    /// waiting for who reads a FIFO.
    private static func open(_ file: String) throws(SystemError) -> OwnedDescriptor {
        try OwnedDescriptor(opening: file, O_WRONLY | O_CREAT | O_APPEND | O_NONBLOCK)
    }

    private func quoted(_ message: String) -> String {
        String(decoding: JSONDocument.write(message, indented: false), as: UTF8.self)
    }
}
