import Linux
import Statistics

/// Text for a terminal of known width: what it takes on the screen, cut, padded, wrapped, coloured.
package struct TerminalText {
    package var width: Int
    package var colour: Bool

    package init(width: Int, colour: Bool) {
        self.width = width
        self.colour = colour
    }

    package enum Style: String {
        case bold = "1"
        case faint = "2"
        case red = "31"
        case green = "32"
        case yellow = "33"
        case blue = "34"
        case magenta = "35"
        case cyan = "36"
    }

    package func styled(_ text: String, _ styles: Style...) -> String {
        guard colour, !styles.isEmpty, !text.isEmpty else { return text }
        return "\u{1B}[\(styles.map(\.rawValue).joined(separator: ";"))m\(text)\u{1B}[0m"
    }

    /// Without control characters: a lane's name or reason must not drive the reader's terminal.
    package static func clean(_ text: String) -> String {
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            result.append(scalar.isSteering ? (scalar == "\n" || scalar == "\t" ? " " : "\u{FFFD}") : scalar)
        }
        return String(result)
    }

    /// Columns a text takes: East Asian wide characters take two, combining ones none.
    package static func columns(_ text: String) -> Int {
        text.reduce(0) { sum, character in
            guard let scalar = character.unicodeScalars.first else { return sum }
            let wide =
                (0x1100...0x115f).contains(scalar.value) || (0x2e80...0xa4cf).contains(scalar.value)
                || (0xac00...0xd7a3).contains(scalar.value) || (0xf900...0xfaff).contains(scalar.value)
                || (0xfe30...0xfe6f).contains(scalar.value) || (0xff00...0xff60).contains(scalar.value)
                || (0x1f300...0x1faff).contains(scalar.value) || (0x20000...0x3fffd).contains(scalar.value)
            return sum + (wide ? 2 : 1)
        }
    }

    /// Cut with an ellipsis to so many columns.
    package static func cut(_ text: String, _ limit: Int) -> String {
        guard columns(text) > limit else { return text }
        guard limit > 0 else { return "" }
        var result = ""
        var used = 0
        for character in text {
            let needed = columns(String(character))
            if used + needed > limit - 1 { break }
            result.append(character)
            used += needed
        }
        return result + "…"
    }

    /// Exactly so many columns: cut or padded.
    package static func pad(_ text: String, _ width: Int, right: Bool = false) -> String {
        let text = cut(clean(text), width)
        let space = String(repeating: " ", count: max(width - columns(text), 0))
        return right ? space + text : text + space
    }

    /// Lines of at most the width, broken between words, continued under an indent; a word that is longer than a line is broken, too:
    /// a path is still whole.
    package func wrap(_ text: String, indent: Int = 0, first: Int = 0) -> [String] {
        var lines: [String] = []
        var line = String(repeating: " ", count: first)
        var empty = true
        for word in Self.clean(text).split(separator: " ").map(String.init) {
            let room = width - Self.columns(line) - (empty ? 0 : 1)
            if Self.columns(word) > room && !empty {
                lines.append(line)
                line = String(repeating: " ", count: indent)
                empty = true
            }
            line += empty ? "" : " "
            for character in word {
                if Self.columns(line) + Self.columns(String(character)) > width, !line.allSatisfy({ $0 == " " }) {
                    lines.append(line)
                    line = String(repeating: " ", count: indent)
                }
                line.append(character)
            }
            empty = false
        }
        return lines + [line]
    }

    /// A bar of so many columns at most, in eighths of a column.
    static func bar(_ share: Double, _ width: Int) -> String {
        let eighths = Int(within: (min(max(share, 0), 1) * Double(width) * 8).rounded())
        let rest = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"][eighths % 8]
        let bar = String(repeating: "█", count: eighths / 8) + rest
        return bar.isEmpty ? "▏" : bar
    }
}
