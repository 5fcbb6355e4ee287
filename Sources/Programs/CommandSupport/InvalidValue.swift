import Linux

/// A value that an option or argument does not take.
package enum InvalidValue {
    /// What is said of it; nil of any other error.
    ///
    /// - Parameters:
    ///   - text: what the parser says: `The value 'x' is invalid for '-t, --time <seconds>'`, and of a list of words which these are.
    ///   - path: the command as its user calls it: `isolab image list`.
    package static func problem(in text: String, path: String) -> String? {
        guard let start = text.firstRange(of: "The value '"),
            let middle = text[start.upperBound...].firstRange(of: "' is invalid for '"),
            let end = text[middle.upperBound...].firstRange(of: "'")
        else { return nil }
        let value = String(text[start.upperBound..<middle.lowerBound])
        let option = text[middle.upperBound..<end.lowerBound]
        let split = option.firstIndex(of: "<") ?? option.endIndex
        let described = option[split...]
        // Of several names of an option the last is the long one.
        let name = String(option[..<split]).parts(between: " ").last.map { "\($0) " } ?? ""
        let rest = text[end.upperBound...]
        let subject = "\(name)'\(value.displayable())'"
        // Some options say themselves what they take.
        if rest.starts(with: ": ") { return subject + rest.prefix { $0 != "\n" } }
        let expected = words(in: String(rest)) ?? String(described)
        let whatFor = expected.isEmpty ? "does not take it" : "expected \(expected)"
        return "\(subject): \(whatFor); see `\(path) --help`"
    }

    /// The words that it takes: `a, b or c`.
    private static func words(in text: String) -> String? {
        guard let start = text.firstRange(of: "Please provide one of ") else { return nil }
        let line = text[start.upperBound...].prefix { $0 != "\n" }
        // Each stands between quotation marks; what is between them is a comma, a word, or the full stop.
        let words = String(line).parts(between: "'").enumerated().filter { $0.offset % 2 == 0 }
            .map { String($0.element) }
        guard let last = words.last, words.count > 1 else { return nil }
        return words.dropLast().joined(separator: ", ") + " or " + last
    }
}
