package import ArgumentParser
import Linux
import OCI

/// The words of a command line as users of docker and podman put them (pflag), brought into the form that the parser takes: a value
/// that is attached to a short option (`-uroot`, `-eA=1`, `-n0`, `-v/a:/b`), several in one word (`-itu root`), and switches that
/// are told whether they are on (`--rm=false`, `-i=true`). An empty value that is attached (`--entrypoint=`) becomes a word of its
/// own, for the parser would take the next one; a negative number that is none of the options is attached (`--memory -1`), for the
/// parser would take it for one.
package struct OptionWords: Sendable {
    /// Those without a value, with their dashes.
    private var switches: Set<String> = []
    /// Those with one, and how each is called where a value is joined to it: by its long name.
    private var valued: [String: String] = [:]
    /// Those behind which all is their value.
    private var greedy: Set<String> = []
    /// Those that `--help` shows, with their dashes.
    package private(set) var shown: [String] = ["--help", "--version"]
    /// Whether all that follows the first word without a dash belongs to another program.
    private var passesOn = false

    /// A switch that is told something else than yes or no.
    package struct Fault: Error, Equatable, Sendable, CustomStringConvertible {
        package let description: String
    }

    /// What a command takes, by its own description of itself.
    package init(of command: any ParsableCommand.Type) {
        let description = try? JSONTree(json: command._dumpHelp().utf8, document: "help")
        for argument in description?["command"]?["arguments"]?.elements ?? [] {
            let names = (argument["names"]?.elements ?? []).compactMap { name -> String? in
                name["name"]?.string.map { (name["kind"]?.string == "long" ? "--" : "-") + $0 }
            }
            if argument["shouldDisplay"] == .bool(true) { shown += names }
            switch argument["kind"]?.string {
            case "flag": switches.formUnion(names)
            case "option":
                let long = names.first { $0.starts("--") }
                for name in names { valued[name] = long ?? name }
                if argument["parsingStrategy"]?.string == "allRemainingInput" { greedy.formUnion(names) }
            default: if argument["parsingStrategy"]?.string == "allRemainingInput" { passesOn = true }
            }
        }
    }

    /// For tests of the grammar alone.
    init(switches: Set<String>, valued: [String: String], passesOn: Bool) {
        self.switches = switches
        self.valued = valued
        self.passesOn = passesOn
    }

    /// Whether there is a word at all that could mean something else to the parser: to find out what a command takes costs
    /// milliseconds.
    package static func mayDiffer(_ words: some Sequence<String>) -> Bool {
        words.contains { word in
            if word.starts("--") {
                return word.cut(at: "=").map { $0.after.isEmpty || truth(of: $0.after) != nil } ?? false
            }
            if isNegative(word) { return true }
            // What is typed most of all the parser understands by itself.
            return word.starts("-") && word.utf8.count > 2 && word != "-it" && word != "-ti"
        }
    }

    /// A program's words in the parser's form, those of the command that they name.
    ///
    /// - Parameter isHandedOver: whether another program reads a command's words.
    package static func parsable(
        _ words: [String], of program: any ParsableCommand.Type,
        isHandedOver: (any ParsableCommand.Type) -> Bool = { _ in false }
    ) throws(Fault) -> [String] {
        guard mayDiffer(words) else { return words }
        let (command, rest) = named(by: words, of: program)
        return isHandedOver(command) ? words : words[..<rest.startIndex] + (try OptionWords(of: command).expanded(rest))
    }

    /// The first option that the command which the words name does not have; nil where it has them all.
    package static func unknown(in words: [String], of program: any ParsableCommand.Type) -> String? {
        let (command, rest) = named(by: words, of: program)
        return OptionWords(of: command).unknown(in: rest)
    }

    /// The command that the first words name.
    package static func command(
        of words: [String], of program: any ParsableCommand.Type
    ) -> any ParsableCommand.Type { named(by: words, of: program).0 }

    /// The command that the first words name, and the words behind its name.
    private static func named(
        by words: [String], of program: any ParsableCommand.Type
    ) -> (any ParsableCommand.Type, ArraySlice<String>) {
        var command = program
        var rest = words[...]
        while let word = rest.first,
            let next = command.configuration.subcommands.first(where: {
                $0._commandName == word || $0.configuration.aliases.contains(word)
            })
        {
            command = next
            rest = rest.dropFirst()
        }
        return (command, rest)
    }

    /// The first option that the command does not have; nil where it has them all.
    ///
    /// - Parameter words: those behind the command's name.
    package func unknown(in words: some Sequence<String>) -> String? {
        guard var rest = (try? expanded(words))?[...] else { return nil }
        while let word = rest.popFirst(), word != "--", !greedy.contains(word) {
            guard word.starts("-"), word != "-" else {
                if passesOn { return nil }
                continue
            }
            let name = word.cut(at: "=").map { String($0.before) } ?? word
            if valued[name] != nil {
                if name == word { _ = rest.popFirst() }
            } else if !switches.contains(name), !["-h", "--help", "--version"].contains(name) {
                return name
            }
        }
        return nil
    }

    /// - Parameter words: those behind the command's name.
    package func expanded(_ words: some Sequence<String>) throws(Fault) -> [String] {
        var result: [String] = []
        var rest = Array(words)[...]
        while let word = rest.popFirst() {
            if word == "--" || !word.starts("-") || word == "-" {
                result.append(word)
                if word == "--" || passesOn { return result + rest }
            } else if greedy.contains(word) {
                return result + [word] + rest
            } else if word.starts("--") {
                try addLong(word, &rest, to: &result)
            } else {
                try addShort(word, &rest, to: &result)
            }
        }
        return result
    }

    private func addLong(
        _ word: String, _ rest: inout ArraySlice<String>, to result: inout [String]
    ) throws(Fault) {
        if let parts = word.cut(at: "="), switches.contains(String(parts.before)) {
            return try add(String(parts.before), parts.after, to: &result)
        }
        if let parts = word.cut(at: "="), parts.after.isEmpty, valued[String(parts.before)] != nil {
            result += [String(parts.before), ""]
            return
        }
        if let long = valued[word], let value = rest.popFirst() {
            add(value, of: word, called: long, to: &result)
        } else {
            result.append(word)
        }
    }

    /// A value that stands apart: whatever it looks like, it is one.
    private func add(_ value: String, of word: String, called long: String, to result: inout [String]) {
        if Self.isNegative(value), long.starts("--") {
            result.append("\(long)=\(value)")
        } else {
            result += [word, value]
        }
    }

    private static func isNegative(_ word: String) -> Bool {
        let bytes = word.utf8.prefix(2)
        return bytes.count == 2 && bytes.first == 0x2D && (0x30...0x39).contains(bytes.last ?? 0)
    }

    /// `-abc value`, `-ab=true`, `-cvalue`.
    private func addShort(
        _ word: String, _ rest: inout ArraySlice<String>, to result: inout [String]
    ) throws(Fault) {
        var letters = Substring(Substring(word).unicodeScalars.dropFirst())
        while let letter = letters.unicodeScalars.first {
            let name = "-\(letter)"
            letters = Substring(letters.unicodeScalars.dropFirst())
            guard let long = valued[name] else {
                guard letters.starts("=") else {
                    // One that there is not is told by its name.
                    result.append(name)
                    continue
                }
                guard switches.contains(name) else {
                    result.append("\(name)\(letters)")
                    return
                }
                return try add(name, Substring(letters.utf8.dropFirst()), to: &result)
            }
            if letters.isEmpty {
                guard let value = rest.popFirst() else {
                    result.append(name)
                    return
                }
                add(value, of: name, called: long, to: &result)
            } else {
                let value = letters.starts("=") ? Substring(letters.utf8.dropFirst()) : letters
                result += value.isEmpty ? [long, ""] : ["\(long)=\(value)"]
            }
            return
        }
    }

    private func add(_ name: String, _ value: Substring, to result: inout [String]) throws(Fault) {
        guard let isOn = Self.truth(of: value) else {
            throw Fault(description: "\(name) '\(value)': takes true or false")
        }
        if isOn { return result.append(name) }
        // One that is on anyway has another that turns it off.
        if let rest = name.rest(after: "--"), switches.contains("--no-\(rest)") { result.append("--no-\(rest)") }
    }

    /// As Go's strconv.ParseBool has it.
    private static func truth(of text: Substring) -> Bool? {
        switch text {
        case "1", "t", "T", "TRUE", "true", "True": true
        case "0", "f", "F", "FALSE", "false", "False": false
        default: nil
        }
    }
}
