import Glibc
import Linux

/// What somebody asked for by names and templates.
enum Output {
    /// Prints it as it is to a program that reads it, and harmless to a terminal: what it tells may come from anywhere.
    static func print(_ text: String) {
        Swift.print(isatty(STDOUT_FILENO) == 1 ? text.displayable(keepingLines: true) : text, terminator: "")
    }
}
