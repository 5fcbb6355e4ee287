/// One instruction as written: its lines put together, comments left out, and the documents that follow it.
struct LogicalLine: Equatable {
    /// Of its first line, from 1.
    var line: Int
    /// Trimmed; not empty.
    var text: String
    var heredocs: [HereDocument] = []
}

/// `<<EOF`: text that follows an instruction (BuildKit, "Here-Documents").
package struct HereDocument: Equatable, Sendable {
    package var name: String
    /// Whether variables in it are replaced: not where the name has quotation marks.
    package var expands: Bool
    /// `<<-`: tabs at the start of its lines do not count.
    package var stripsTabs: Bool
    /// As written, with the newline of its last line.
    package var content = ""

    /// Reads `<<NAME`, `<<-NAME`, `<<"NAME"`, with a descriptor's number before it; nil where a word is something else.
    init?(word: String) {
        var rest = word.utf8[...].drop(while: ASCII.isDigit)
        guard rest.starts(with: "<<".utf8) else { return nil }
        rest = rest.dropFirst(2)
        stripsTabs = rest.first == ASCII.dash
        if stripsTabs { rest = rest.dropFirst() }
        guard !rest.isEmpty, !rest.contains(UInt8(ascii: "<")) else { return nil }
        var name: [UInt8] = []
        var quote: UInt8?
        var escaped = false
        var quoted = false
        for byte in rest {
            if escaped {
                name.append(byte)
                escaped = false
            } else if let open = quote {
                if byte == open { quote = nil } else { name.append(byte) }
            } else if byte == ASCII.single || byte == ASCII.double {
                quote = byte
                quoted = true
            } else if byte == ASCII.backslash {
                escaped = true
                quoted = true
            } else {
                name.append(byte)
            }
        }
        guard quote == nil, !name.isEmpty, !name.contains(where: ASCII.isSpace) else { return nil }
        self.name = name.text
        expands = !quoted
    }

    /// The content as the instruction has it.
    package var strippedContent: String {
        guard stripsTabs else { return content }
        return content.utf8.split(separator: ASCII.newline, omittingEmptySubsequences: false)
            .map { $0.drop { $0 == ASCII.tab }.text }.joined(separator: "\n")
    }

    /// The documents a line announces, in their order: words outside of quotation marks that begin with `<<`.
    static func announced(in text: String, escape: UInt8) -> [HereDocument] {
        guard text.utf8.contains(UInt8(ascii: "<")) else { return [] }
        return WordSplitter.rawWords(text, escape: escape).compactMap(HereDocument.init(word:))
    }
}
