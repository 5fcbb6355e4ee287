import Glibc
import Linux

/// Writes one line, or several, where errors belong. What is said of strangers' files may quote them: nothing in it steers the
/// terminal.
package func printToStandardError(_ text: String) {
    var line = text.displayable(keepingLines: true) + "\n"
    line.withUTF8 { _ = write(STDERR_FILENO, $0.baseAddress, $0.count) }
}

/// Ends the program with one line about what keeps it from its work.
package func refuse(_ problem: String, status: Int32) -> Never {
    printToStandardError("isolab: \(problem)")
    exit(status)
}
