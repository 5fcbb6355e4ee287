import ArgumentParser
import CommandSupport
import Glibc
import RegistryClient

/// Writes bytes as they are.
func writeToStandardOutput(_ bytes: [UInt8]) {
    var rest = bytes[...]
    while !rest.isEmpty {
        let count = rest.withUnsafeBytes { write(STDOUT_FILENO, $0.baseAddress, $0.count) }
        if count < 0, errno == EINTR { continue }
        guard count > 0 else { return }
        rest = rest.dropFirst(count)
    }
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
