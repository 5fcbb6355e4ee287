extension Unicode.Scalar {
    /// Whether it does something to a terminal or a page instead of being shown: control characters, line separators, and what
    /// turns the direction of writing round.
    package var isSteering: Bool {
        switch value {
        case 0..<0x20, 0x7F..<0xA0, 0x061C, 0x200E...0x200F, 0x2028...0x202E, 0x2066...0x2069: true
        default: false
        }
    }
}

extension String {
    /// A stranger's text as people may see it: a mark stands for each character that would do something instead.
    ///
    /// - Parameter keepingLines: line breaks and tabs stay.
    package func displayable(keepingLines: Bool = false) -> String {
        guard unicodeScalars.contains(where: \.isSteering) else { return self }
        var result = UnicodeScalarView()
        for scalar in unicodeScalars {
            let isKept = !scalar.isSteering || (keepingLines && (scalar == "\n" || scalar == "\t"))
            result.append(isKept ? scalar : "\u{FFFD}")
        }
        return String(result)
    }
}
