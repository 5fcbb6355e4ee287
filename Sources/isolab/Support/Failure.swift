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
}

/// Whether colours would be seen: a terminal, and nobody refused them (no-color.org).
var standardOutputTakesColour: Bool { isatty(STDOUT_FILENO) == 1 && getenv("NO_COLOR") == nil }
