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
        let subject = String(text[middle.upperBound..<end.lowerBound])
        let split = subject.firstIndex(of: "<") ?? subject.endIndex
        // Of several names of an option the last is the long one.
        let name = subject[..<split].parts(between: " ").last.map { "\($0) " } ?? ""
        let expected = words(in: String(text[end.upperBound...])) ?? String(subject[split...])
        let whatFor = expected.isEmpty ? "does not take it" : "expected \(expected)"
        return "\(name)'\(value.displayable())': \(whatFor); see `\(path) --help`"
    }

    /// The words that it takes: `a, b or c`.
    private static func words(in text: String) -> String? {
        guard let start = text.firstRange(of: "Please provide one of ") else { return nil }
        let line = text[start.upperBound...].prefix { $0 != "\n" }
        let words = line.parts(between: "'").enumerated().filter { $0.offset % 2 == 1 }.map { String($0.element) }
        guard let last = words.last, words.count > 1 else { return nil }
        return words.dropLast().joined(separator: ", ") + " or " + last
    }
}
