import ArgumentParser

/// A command that is none: the parser would say that an argument is one too many.
enum UnknownCommand {
    /// What is wrong with the words that should name a command; nil where they do.
    static func problem(in words: [String]) -> String? {
        var words = words[...]
        var path = ["isolab"]
        var command: any ParsableCommand.Type = Isolab.self
        // `isolab help image list` asks for the help of one.
        let isHelp = words.first == "help"
        if isHelp { words = words.dropFirst() }
        while let word = words.popFirst(), !word.utf8.starts(with: "-".utf8) {
            let known = subcommands(of: command)
            guard !known.isEmpty else { return nil }
            if let next = known.first(where: { names(of: $0).contains(word) }) {
                command = next
                path.append(next._commandName)
                continue
            }
            if word == "help", path.count == 1 { return nil }
            let parent = path.joined(separator: " ")
            let guess = guess(word, among: known.flatMap(names)).map { "; is '\($0)' meant?" } ?? ""
            return
                "there is no command '\(shown(word))'\(guess)\(guess.isEmpty ? ";" : "") `\(parent) --help` lists those there are"
        }
        return nil
    }

    private static func subcommands(of command: any ParsableCommand.Type) -> [any ParsableCommand.Type] {
        command.configuration.subcommands
    }

    private static func names(of command: any ParsableCommand.Type) -> [String] {
        [command._commandName] + command.configuration.aliases
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

    private static func shown(_ word: String) -> String {
        String(word.prefix(64).map { $0.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x7F } ? "?" : $0 })
    }
}
