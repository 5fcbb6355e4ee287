import ArgumentParser
import CommandSupport
import Glibc

/// The question that every `prune` asks before it removes what nobody named.
///
/// Where standard input is not a terminal there is nobody to answer, and scripts that never gave `--force` go on as they did.
struct PruneConfirmation: ParsableArguments {
    @Flag(name: .shortAndLong, help: "Do not ask. Where standard input is not a terminal, nobody is asked anyway.")
    var force = false

    /// Ends the command unless the user agrees.
    ///
    /// - Parameter what: will be removed.
    func ask(_ what: String) throws {
        guard !force, isatty(STDIN_FILENO) == 1 else { return }
        printToStandardError("WARNING! This will remove \(what).")
        var question = "Are you sure you want to continue? [y/N] "
        question.withUTF8 { _ = write(STDERR_FILENO, $0.baseAddress, $0.count) }
        if Self.isYes(readLine() ?? "") { return }
        printToStandardError("Nothing was removed.")
        throw ExitCode.failure
    }

    private static func isYes(_ answer: String) -> Bool { ["y", "yes"].contains(answer.lowercased()) }
}
