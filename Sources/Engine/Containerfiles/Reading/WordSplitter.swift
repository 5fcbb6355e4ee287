/// Parts an instruction's text into words. Quotation marks keep words together and stay: substitution takes them off.
enum WordSplitter {
    /// Words as ENV, LABEL and ARG have them.
    static func rawWords(_ text: String, escape: UInt8) -> [String] {
        var words: [String] = []
        var word: [UInt8] = []
        var quote: UInt8?
        var escaped = false
        for byte in text.utf8 {
            if escaped {
                escaped = false
            } else if let open = quote {
                if byte == open { quote = nil }
                // Nothing escapes inside of single ones.
                if byte == escape, open == ASCII.double { escaped = true }
            } else if byte == escape {
                escaped = true
            } else if byte == ASCII.single || byte == ASCII.double {
                quote = byte
            } else if ASCII.isSpace(byte) {
                if !word.isEmpty { words.append(word.text) }
                word = []
                continue
            }
            word.append(byte)
        }
        if !word.isEmpty { words.append(word.text) }
        return words
    }

    /// Flags in front (`--name=value`, `--name`), and what follows them.
    static func flags(_ text: String, escape: UInt8) -> (flags: [String], rest: String) {
        var flags: [String] = []
        var rest = text.utf8[...]
        while true {
            rest = rest.drop(while: ASCII.isSpace)
            guard rest.starts(with: "--".utf8) else { break }
            var end = rest.startIndex
            var quote: UInt8?
            var escaped = false
            while end < rest.endIndex {
                let byte = rest[end]
                if escaped {
                    escaped = false
                } else if byte == escape {
                    escaped = true
                } else if let open = quote {
                    if byte == open { quote = nil }
                } else if byte == ASCII.single || byte == ASCII.double {
                    quote = byte
                } else if ASCII.isSpace(byte) {
                    break
                }
                end = rest.index(after: end)
            }
            let flag = String(decoding: rest[..<end], as: UTF8.self)
            rest = rest[end...]
            // What follows a bare `--` is no flag.
            if flag == "--" { break }
            flags.append(flag)
        }
        return (flags, String(decoding: rest, as: UTF8.self).trimmed)
    }
}
