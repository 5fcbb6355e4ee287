import Linux

/// What a step came to on this host.
package struct Observation: Sendable {
    /// What the command printed, errors included, in order.
    package let output: String
    package let status: Int32
    /// What the look from outside printed.
    package let outside: String
    /// Whether root runs the lesson.
    package let isRoot: Bool

    package init(
        output: String, status: Int32 = 0, outside: String = "", isRoot: Bool = false
    ) {
        self.output = output
        self.status = status
        self.outside = outside
        self.isRoot = isRoot
    }

    package var lines: [String] { Self.lines(of: output) }

    package static func lines(of text: String) -> [String] { text.parts(between: "\n").map(String.init) }

    /// The words of the first line that begins with a word, without that; a colon or an equals sign after it is not part of it.
    package func words(after key: String) -> [String]? { Self.words(after: key, in: output) }

    package static func words(after key: String, in text: String) -> [String]? {
        for line in lines(of: text) {
            let words = line.split { $0 == " " || $0 == "\t" || $0 == "=" }.map(String.init)
            guard let first = words.first, first == key || first == key + ":" else { continue }
            return Array(words.dropFirst())
        }
        return nil
    }

    /// The first word of them.
    package func value(_ key: String) -> String? { words(after: key)?.first }

    package func outsideValue(_ key: String) -> String? { Self.words(after: key, in: outside)?.first }

    /// For claims: nil where it holds, else the reason with what was printed.
    package func check(_ holds: Bool, _ reason: String) -> String? {
        guard !holds else { return nil }
        let shown = lines.suffix(3).joined(separator: " / ")
        return shown.isEmpty ? "\(reason); nothing was printed" : "\(reason); printed: \(shown)"
    }

    /// For claims: whether the output holds a text.
    package func holds(_ text: String) -> String? { check(output.contains(text), "'\(text)' is not in the output") }
}
