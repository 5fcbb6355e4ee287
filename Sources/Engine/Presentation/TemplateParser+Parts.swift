import Linux
import OCI

/// Reads a template into texts and actions.
extension TemplateParser {
    /// The texts and actions of a template; blanks beside `{{-` and `-}}` are left out.
    static func parts(of text: String) throws(TemplateError) -> [Part] {
        var parts: [Part] = []
        var rest = Substring(text)
        var trims = false
        func add(_ text: Substring, trimsEnd: Bool) {
            var text = trims ? text.drop(while: \.isWhitespace) : text
            if trimsEnd { while text.last?.isWhitespace == true { text.removeLast() } }
            if !text.isEmpty { parts.append(.text(unescaped(text))) }
        }
        while let open = rest.firstRange(of: "{{") {
            let before = rest[..<open.lowerBound]
            rest = rest[open.upperBound...]
            // `{{-3}}` is a number.
            let trimsBefore = rest.first == "-" && rest.dropFirst().first?.isWhitespace == true
            if trimsBefore { rest = rest.dropFirst() }
            add(before, trimsEnd: trimsBefore)
            trims = false
            var tokens: [Token] = []
            let start = rest
            while true {
                rest = rest.drop(while: \.isWhitespace)
                if rest.hasPrefix("-}}") {
                    trims = true
                    rest = rest.dropFirst(3)
                    break
                }
                if rest.hasPrefix("}}") {
                    rest = rest.dropFirst(2)
                    break
                }
                guard !rest.isEmpty else { throw TemplateError("'{{' is not closed by '}}'") }
                if rest.hasPrefix("/*") {
                    guard let end = rest.firstRange(of: "*/") else { throw TemplateError("a comment is not closed") }
                    rest = rest[end.upperBound...]
                    tokens.append(.word("/*"))
                    continue
                }
                tokens.append(try token(&rest))
            }
            if tokens == [.word("/*")] { continue }
            guard !tokens.isEmpty, !tokens.contains(.word("/*")) else {
                let shown = start.prefix(start.count - rest.count).replacing("}}", with: "")
                throw TemplateError("'{{\(shown)}}' names no field, like {{.Name}}")
            }
            parts.append(.action(tokens))
        }
        add(rest, trimsEnd: false)
        return parts
    }

    private static func unescaped(_ text: Substring) -> String {
        var result = ""
        var rest = text
        while let character = rest.popFirst() {
            if character == "\\", let next = rest.first, next == "t" || next == "n" {
                rest.removeFirst()
                result.append(next == "t" ? "\t" : "\n")
            } else {
                result.append(character)
            }
        }
        return result
    }

    private static func isNamePart(_ character: Character) -> Bool {
        character.isLetter || character.isNumber || character == "_"
    }

    private static func token(_ rest: inout Substring) throws(TemplateError) -> Token {
        guard let first = rest.first else { throw TemplateError("'{{' is not closed by '}}'") }
        if TemplateNumber.begins(rest) { return .constant(try TemplateNumber.read(&rest)) }
        switch first {
        case "\"", "`": return .constant(.text(try quoted(&rest, first)))
        case "'": return .constant(.number(try character(&rest)))
        case "(", ")", "|", ",", "=":
            rest.removeFirst()
            return .sign(String(first))
        case ":":
            guard rest.hasPrefix(":=") else { throw TemplateError("':' is not followed by '='") }
            rest = rest.dropFirst(2)
            return .sign(":=")
        case ".": return .field(path(&rest))
        case "$":
            rest.removeFirst()
            let name = rest.prefix(while: isNamePart)
            rest = rest[name.endIndex...]
            return .variable("$" + name, path(&rest))
        default:
            let word = rest.prefix(while: isNamePart)
            guard !word.isEmpty else { throw TemplateError("'\(first)' has no meaning here") }
            rest = rest[word.endIndex...]
            switch word {
            case "true", "false": return .constant(.bool(word == "true"))
            case "nil": return .constant(.null)
            default: break
            }
            return .word(String(word))
        }
    }

    /// `.A.B`: the names after each point.
    private static func path(_ rest: inout Substring) -> [String] {
        var names: [String] = []
        while rest.first == "." {
            let name = rest.dropFirst().prefix { isNamePart($0) || $0 == "-" }
            // `.Name -}}`: the dash is the action's.
            let own = name.hasSuffix("-") && rest[name.endIndex...].hasPrefix("}}") ? name.dropLast() : name
            rest = rest[own.endIndex...]
            if own.isEmpty { break }
            names.append(String(own))
        }
        return names
    }
}
