import ArgumentParser
import CommandSupport
import Linux

/// A command that isolab does not have: the parser would say that an argument is one too many.
struct UnknownCommand {
    let problem: String

    /// What is wrong with the words that should name a command; nil where they do.
    static func found(in words: [String]) -> UnknownCommand? {
        // `isolab help image list` asks for the help of one.
        let path = CommandPath(words.first == "help" ? words.dropFirst() : words[...])
        let known = CommandPath.commands(of: path.command)
        guard !known.isEmpty, let word = path.rest.first, !word.utf8.starts(with: "-".utf8) else { return nil }
        if word == "help", path.names.count == 1 { return nil }
        if let problem = AbsentFeature.command(word, below: path.names) {
            return UnknownCommand(problem: problem)
        }
        let parent = path.names.joined(separator: " ")
        let near = NearWord.guesses(word, among: known.flatMap(CommandPath.names)).map { "'\($0)'" }
        let guess = (1...2).contains(near.count) ? "; did you mean \(near.joined(separator: " or "))?" : ""
        return UnknownCommand(
            problem:
                "there is no command '\(shown(word))'\(guess)\(guess.isEmpty ? ";" : "") `\(parent) --help` lists all commands"
        )
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

    /// An option that there is not where the parser misses an argument before it comes to that: `rm -a`.
    static func unknownOption(_ text: String, _ path: CommandPath) -> String? {
        guard text.firstRange(of: "Missing expected argument") != nil else { return nil }
        return OptionWords(of: path.command).unknown(in: path.rest)
    }

    private static func shown(_ word: String) -> String {
        String(word.prefix(64).map { $0.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x7F } ? "?" : $0 })
    }
}
