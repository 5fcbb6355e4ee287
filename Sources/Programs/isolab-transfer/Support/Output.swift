import ArgumentParser
import CommandSupport
import Glibc
import Linux
import RegistryClient

/// Writes bytes as they are to a program that reads them, and harmless to a terminal: they come from anywhere.
func writeToStandardOutput(_ bytes: [UInt8]) throws {
    let shown =
        isatty(STDOUT_FILENO) == 1
        ? Array(String(decoding: bytes, as: UTF8.self).displayable(keepingLines: true).utf8) : bytes
    try SystemFile.write(shown, to: STDOUT_FILENO, "standard output")
}

/// Errors as exit statuses: the message goes to standard error once.
enum Failure {
    static func exit(_ error: any Error) -> any Error {
        if error is ExitCode || error is ValidationError { return error }
        printToStandardError("isolab: \(error)")
        return ExitCode.failure
    }

    /// Runs a command's body.
    static func told<Result>(_ body: () throws -> Result) throws -> Result {
        do { return try body() } catch { throw exit(error) }
    }
}
