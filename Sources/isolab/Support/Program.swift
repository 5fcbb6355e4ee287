import CommandSupport
import Glibc

/// The end of this process.
enum Program {
    /// Ends it with a status that is not isolab's own but a command's. What else would be undone, the kernel undoes.
    static func end(_ status: Int32) -> Never {
        fflush(nil)
        _exit(status)
    }
}

/// Lines about something that was asked for and could not be had.
enum Warning {
    @Sendable static func print(_ text: String) { printToStandardError("isolab: warning: \(text)") }
}
