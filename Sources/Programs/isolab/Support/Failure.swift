import ArgumentParser
import CommandSupport
import Engine
import Glibc
import Lab
import Presentation

/// Errors as exit statuses: the message goes to standard error once, the status says whose mistake it was.
enum Failure {
    /// What a command throws for an error of the parts below.
    ///
    /// - Parameter status: of an error that has none of its own.
    static func exit(_ error: any Error, otherwise status: Int32 = 1) -> any Error {
        if error is ExitCode { return error }
        printToStandardError("isolab: \(error)")
        if let own = (error as? EngineError)?.status { return ExitCode(own) }
        guard status == 1 else { return ExitCode(status) }
        if let error = error as? LabError, error.isUsage { return ExitCode(2) }
        if error is OptionError || error is TemplateError { return ExitCode(2) }
        return ExitCode.failure
    }

    /// What a body gives; its error as what a command throws for it.
    static func checked<Value>(_ body: () throws -> Value) throws -> Value {
        do { return try body() } catch { throw exit(error) }
    }
}

/// Columns of a terminal's line, at most as many as prose is read in; nil where standard output is none.
var standardOutputWidth: Int? { ListFormat.lineLimit(noTruncation: false).map { min($0, 80) } }

/// Whether colours would be seen: a terminal that knows them, and nobody refused them (no-color.org).
var standardOutputTakesColour: Bool {
    guard isatty(STDOUT_FILENO) == 1 else { return false }
    // An empty NO_COLOR is none.
    if let refusal = getenv("NO_COLOR"), refusal.pointee != 0 { return false }
    return getenv("TERM").map { strcmp($0, "dumb") != 0 } ?? true
}
