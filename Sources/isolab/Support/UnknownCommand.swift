import ArgumentParser
import CommandSupport
import Linux

/// A command that is none: the parser would say that an argument is one too many.
struct UnknownCommand {
    let problem: String
    /// Others have it, and isolab will: no mistake of whoever typed it.
    let isAbsent: Bool

    /// What is wrong with the words that should name a command; nil where they do.
    static func found(in words: [String]) -> UnknownCommand? {
        // `isolab help image list` asks for the help of one.
        let path = CommandPath(words.first == "help" ? words.dropFirst() : words[...])
        let known = CommandPath.commands(of: path.command)
        guard !known.isEmpty, let word = path.rest.first, !word.utf8.starts(with: "-".utf8) else { return nil }
        if word == "help", path.names.count == 1 { return nil }
        if let problem = AbsentFeature.command(word, below: path.names) {
            return UnknownCommand(problem: problem, isAbsent: true)
        }
        let parent = path.names.joined(separator: " ")
        let guess = guess(word, among: known.flatMap(CommandPath.names)).map { "; is '\($0)' meant?" } ?? ""
        return UnknownCommand(
            problem:
                "there is no command '\(shown(word))'\(guess)\(guess.isEmpty ? ";" : "") `\(parent) --help` lists all commands",
            isAbsent: false)
    }

    /// The one name that a slip of the finger makes of the word: letters swapped, left out, doubled or mistaken once, in a word long
    /// enough that it means something.
    static func guess(_ word: String, among names: [String]) -> String? {
        guard word.utf8.count >= 4 else { return nil }
        let near = Set(names).filter { isSlip(Array(word.utf8), Array($0.utf8)) }
        return near.count == 1 ? near.first : nil
    }

    private static func isSlip(_ word: [UInt8], _ name: [UInt8]) -> Bool {
        guard abs(word.count - name.count) <= 1, word != name else { return false }
        let start = zip(word, name).prefix { $0 == $1 }.count
        let (left, right) = (Array(word[start...]), Array(name[start...]))
        if left.count == right.count {
            if left.dropFirst() == right.dropFirst() { return true }
            return left.count >= 2 && left[0] == right[1] && left[1] == right[0]
                && left.dropFirst(2) == right.dropFirst(2)
        }
        return left.count > right.count ? Array(left.dropFirst()) == right : left == Array(right.dropFirst())
    }

    /// What the parser says of an error, without its guess: it takes the option that looks most alike, however far off.
    static func withoutGuess(_ text: String) -> String {
        guard let start = text.firstRange(of: ". Did you mean ") else { return text }
        let rest = text[start.upperBound...]
        let end = rest.firstIndex { $0.isNewline } ?? rest.endIndex
        return String(text[..<start.lowerBound]) + String(rest[end...])
    }

    /// What is said of a switch that is told something else than yes or no; nil of any other error.
    static func switchFault(_ text: String, _ path: CommandPath) -> OptionWords.Fault? {
        guard text.firstRange(of: "does not take any value") != nil else { return nil }
        do throws(OptionWords.Fault) { _ = try OptionWords(of: path.command).expanded(path.rest) } catch {
            return error
        }
        return nil
    }

    /// The option that there is not, by what the parser says; nil of any other error.
    static func unknownOption(_ text: String) -> String? {
        guard let start = text.firstRange(of: "Unknown option '"),
            let end = text[start.upperBound...].firstIndex(of: "'")
        else { return nil }
        let name = text[start.upperBound..<end]
        return String(name.cut(at: "=")?.before ?? name)
    }

    /// The same where the parser misses an argument before it comes to that: `rm -a`.
    static func unknownOption(_ text: String, _ path: CommandPath) -> String? {
        guard text.firstRange(of: "Missing expected argument") != nil else { return nil }
        return OptionWords(of: path.command).unknown(in: path.rest)
    }

    private static func shown(_ word: String) -> String {
        String(word.prefix(64).map { $0.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x7F } ? "?" : $0 })
    }
}
