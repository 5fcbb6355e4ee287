/// The words of a command line as a POSIX shell would split them: what libvirt prints of QEMU's.
package enum ShellWords {
    package static func split(_ text: String) -> [String] {
        var words: [String] = []
        var word = ""
        var hasWord = false
        var quote: Character?
        var isEscaped = false
        for character in text {
            if isEscaped {
                isEscaped = false
                if character == "\n" { continue }
                // Inside double quotes a backslash is kept before what needs none.
                if quote == "\"" && !"\"\\$`".contains(character) { word.append("\\") }
                word.append(character)
                hasWord = true
            } else if character == "\\" && quote != "'" {
                isEscaped = true
            } else if let open = quote {
                if character == open { quote = nil } else { word.append(character) }
            } else if character == "'" || character == "\"" {
                quote = character
                hasWord = true
            } else if character.isWhitespace {
                if hasWord { words.append(word) }
                word = ""
                hasWord = false
            } else {
                word.append(character)
                hasWord = true
            }
        }
        if hasWord { words.append(word) }
        return words
    }
}
