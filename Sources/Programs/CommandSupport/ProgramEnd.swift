package import ArgumentParser
import Glibc
import Linux

extension ParsableCommand {
    /// What is said of a mistake that a command finds while it runs: the parser knows its name alone by then, not the path to it.
    package func misuse(_ error: ValidationError) -> String {
        let text = Self.fullMessage(for: error)
        guard let place = text.firstRange(of: "See '\(Self._commandName) --help'") else { return text }
        return text[..<place.lowerBound] + "See '\(Self.calledPath) --help'" + text[place.upperBound...]
    }

    /// How its users call it, by the usage that it gives: `isolab registry inspect`.
    package static var calledPath: String {
        let usage = configuration.usage?.split(separator: " ").prefix { !"[<".utf8.contains($0.utf8.first ?? 0) }
        return usage?.joined(separator: " ") ?? _commandName
    }
}

extension ParsableArguments {
    /// Ends the program as ArgumentParser's own `main` does, but with the exit statuses isolab promises.
    ///
    /// - Parameters:
    ///   - text: nil: what the parser says of the error.
    ///   - wrongCommandLine: the status of a command line that is none.
    package static func end(
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
