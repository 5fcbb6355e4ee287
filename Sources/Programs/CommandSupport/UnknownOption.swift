package import ArgumentParser
import Linux

/// An option that a command does not have.
package enum UnknownOption {
    /// Its name, by what the parser says; nil of any other error.
    package static func name(in text: String) -> String? {
        guard let start = text.firstRange(of: "Unknown option '"),
            let end = text[start.upperBound...].firstIndex(of: "'")
        else { return nil }
        let name = text[start.upperBound..<end]
        return String(name.cut(at: "=")?.before ?? name)
    }

    /// What is said of it: the option that was meant where a slip of the finger explains it, and where all stand.
    ///
    /// - Parameter path: the command as its user calls it: `isolab image list`.
    package static func problem(_ name: String, of command: any ParsableCommand.Type, path: String) -> String {
        let guess = NearWord.guess(name, among: OptionWords(of: command).shown).map { "did you mean \($0)? " } ?? ""
        return "unknown option \(name.displayable()); \(guess)`\(path) --help` lists all options"
    }
}
