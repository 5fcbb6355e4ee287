import CommandSupport
import Containers
import Glibc

/// This process as a whole: what it is to containers, and its end.
enum Program {
    /// Makes sure of what the program's entry has seen to already, or says why it cannot be: before a command starts containers.
    static func protect() throws {
        if let reason = try ProgramProtection.engage(CommandLine.arguments) { Warning.print(reason) }
    }

    /// The same, for a command whose failures have no status of their own.
    static func protectOrFail() throws { try Failure.checked { try protect() } }

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
