import CommandSupport
import Engine
import Glibc
import Linux

/// What somebody asked for by names and templates, and where it goes.
enum Output {
    /// Prints it as it is to a program that reads it, and harmless to a terminal: what it tells may come from anywhere.
    static func print(_ text: String) {
        Swift.print(isatty(STDOUT_FILENO) == 1 ? text.displayable(keepingLines: true) : text, terminator: "")
    }

    /// Prints what was found, and then what was not.
    ///
    /// - Throws: the last of the faults; those before it are said.
    static func print<Fault: Error>(_ text: String, _ faults: [Fault]) throws {
        print(text)
        guard let last = faults.last else { return }
        fflush(nil)
        for fault in faults.dropLast() { printToStandardError("isolab: \(fault)") }
        throw last
    }

    /// Has an archive written to a named file, which is there whole or not at all, or to standard output, unless that is a terminal.
    static func archive(to path: String?, _ write: (Int32) throws -> Void) throws {
        guard let path else {
            guard isatty(STDOUT_FILENO) == 0 else {
                throw OptionError("--output", "", "is needed where standard output is a terminal")
            }
            return try write(STDOUT_FILENO)
        }
        let file = try NamedOutput(path)
        try write(file.descriptor)
        try file.commit()
    }
}
