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

    init(file: String?, form: Form, isDebugging: Bool) {
        self.file = file
        self.form = form
        self.isDebugging = isDebugging
    }

    func error(_ message: String) {
        write("error", message)
        standardError("isolab-runtime: \(message)\n")
    }

    func warning(_ message: String) {
        write("warning", message)
        // An engine shows its user what stands in the log; a person at a terminal sees it here.
        if file == nil { standardError("isolab-runtime: warning: \(message)\n") }
    }

    func debug(_ message: String) {
        guard isDebugging else { return }
        write("debug", message)
        if file == nil { standardError("isolab-runtime: \(message)\n") }
    }

    private func standardError(_ text: String) { try? SystemFile.write(Array(text.utf8), to: 2, "standard error") }

    private func write(_ level: String, _ message: String) {
        guard let file else { return }
        let line: [UInt8]
        switch form {
        case .json:
            line =
                JSONDocument.write(
                    ["level": level, "msg": message, "time": Timestamp.now(nanoseconds: false)], indented: false) + [
                    0x0A
                ]
        case .text:
            line = Array("time=\"\(Timestamp.now(nanoseconds: false))\" level=\(level) msg=\(quoted(message))\n".utf8)
        }
        // A log that cannot be written must not stop the container; the message is on standard error.
        guard let descriptor = try? OwnedDescriptor(opening: file, O_WRONLY | O_CREAT | O_APPEND) else { return }
        try? SystemFile.write(line, to: descriptor.number, file)
    }

    private func quoted(_ message: String) -> String {
        String(decoding: JSONDocument.write(message, indented: false), as: UTF8.self)
    }
}
