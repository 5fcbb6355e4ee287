public import ArgumentParser
import Glibc
import Linux

extension ParsableArguments {
    /// Ends the program as ArgumentParser's own `main` does, but with the exit statuses isolab promises.
    ///
    /// - Parameters:
    ///   - text: nil: what the parser says of the error.
    ///   - wrongCommandLine: the status of a command line that is none.
    public static func end(
        with error: any Error, saying text: String? = nil, wrongCommandLine: Int32 = 2
    ) -> Never {
        let code = exitCode(for: error)
        let text = text ?? fullMessage(for: error)
        if code.isSuccess {
            print(text)
            if let problem = StandardOutput.finish() {
                refuse(problem, status: wrongCommandLine == 2 ? 1 : wrongCommandLine)
            }
            Glibc.exit(0)
        }
        if !text.isEmpty { printToStandardError(text) }
        Glibc.exit(code == .validationFailure ? wrongCommandLine : code.rawValue)
    }
}
