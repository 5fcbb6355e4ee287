/// Puts the lines of a Containerfile together: parser directives, comments, continuation, here-documents.
///
/// As BuildKit reads them: `# escape=` counts only above everything else; comments and, as it warns, empty lines may stand
/// inside a continued instruction; a continuation's mark that is escaped itself is none.
struct LineReader {
    private(set) var escape = ASCII.backslash
    private let lines: [ArraySlice<UInt8>]
    private var next = 0

    init(_ bytes: [UInt8]) throws(ContainerfileError) {
        guard bytes.count <= ContainerfileLimits.fileSize else {
            throw ContainerfileError("is greater than \(ContainerfileLimits.fileSize >> 20) MiB")
        }
        var content = bytes[...]
        if content.starts(with: [0xEF, 0xBB, 0xBF]) { content = content.dropFirst(3) }
        var lines = content.split(separator: ASCII.newline, omittingEmptySubsequences: false)
        if lines.last?.isEmpty == true { lines.removeLast() }
        self.lines = lines
        for (index, line) in lines.enumerated() {
            guard !line.contains(0) else {
                throw ContainerfileError(line: index + 1, "contains a zero byte, so it is not text")
            }
            guard String(validating: line, as: UTF8.self) != nil else {
                throw ContainerfileError(line: index + 1, "is not UTF-8")
            }
        }
        try readDirectives()
    }

    /// `# key=value` lines at the very top.
    private mutating func readDirectives() throws(ContainerfileError) {
        var seen: Set<String> = []
        while next < lines.count {
            let line = lines[next].trimmed
            guard line.first == ASCII.hash else { return }
            let parts = line.dropFirst().split(separator: ASCII.equals, maxSplits: 1).map(\.trimmed.text)
            guard parts.count == 2, ["escape", "syntax", "check"].contains(parts[0].lowercased()) else { return }
            let key = parts[0].lowercased()
            guard seen.insert(key).inserted else {
                throw ContainerfileError(line: next + 1, "the directive \(key) is given twice")
            }
            if key == "escape" {
                guard parts[1] == "\\" || parts[1] == "`" else {
                    throw ContainerfileError(line: next + 1, "escape is \\ or `, not \(parts[1])")
                }
                escape = parts[1].utf8.first ?? ASCII.backslash
            }
            next += 1
        }
    }

    /// The next instruction; nil at the end.
    mutating func read() throws(ContainerfileError) -> LogicalLine? {
        while next < lines.count {
            let start = next
            let first = lines[next].drop(while: ASCII.isBlank)
            next += 1
            if first.first == ASCII.hash { continue }
            var (text, continues) = withoutContinuation(first)
            while continues, next < lines.count {
                let line = lines[next]
                next += 1
                let content = line.trimmed
                if content.isEmpty || content.first == ASCII.hash { continue }
                let (rest, more) = withoutContinuation(line)
                text += rest
                continues = more
            }
            let trimmed = text.trimmed
            if trimmed.isEmpty { continue }
            var result = LogicalLine(line: start + 1, text: trimmed.text)
            try readHeredocs(of: &result)
            return result
        }
        return nil
    }

    /// A line without its end and its continuation's mark, and whether it had one.
    private func withoutContinuation(_ line: ArraySlice<UInt8>) -> (text: [UInt8], continues: Bool) {
        var end = line.endIndex
        while end > line.startIndex, ASCII.isBlank(line[end - 1]) { end -= 1 }
        guard end > line.startIndex, line[end - 1] == escape else {
            return (Array(line.last == ASCII.carriageReturn ? line.dropLast() : line), false)
        }
        guard end - 1 == line.startIndex || line[end - 2] != escape else { return (Array(line), false) }
        return (Array(line[..<(end - 1)]), true)
    }

    private mutating func readHeredocs(of instruction: inout LogicalLine) throws(ContainerfileError) {
        guard InstructionLine(instruction.text).takesHeredocs(escape: escape) else { return }
        var documents = HereDocument.announced(in: instruction.text, escape: escape)
        for index in documents.indices {
            var isTerminated = false
            while next < lines.count, !isTerminated {
                var line = lines[next]
                next += 1
                if line.last == ASCII.carriageReturn { line = line.dropLast() }
                let terminator = documents[index].stripsTabs ? line.drop { $0 == ASCII.tab } : line
                isTerminated = terminator.elementsEqual(documents[index].name.utf8)
                if !isTerminated { documents[index].content += lines[next - 1].text + "\n" }
            }
            guard isTerminated else {
                throw ContainerfileError(
                    line: instruction.line, "the here-document \(documents[index].name) has no end")
            }
        }
        instruction.heredocs = documents
    }
}

/// A line parted into the instruction's name, its flags and the rest.
struct InstructionLine {
    /// In capitals.
    var name: String
    /// All after the name, trimmed.
    var rest: String

    init(_ text: String) {
        let end = text.utf8.firstIndex(where: ASCII.isSpace) ?? text.utf8.endIndex
        name = text[..<end].uppercased()
        rest = String(text[end...]).trimmed
    }

    /// RUN, COPY and ADD in any form but JSON, also behind ONBUILD.
    func takesHeredocs(escape: UInt8) -> Bool {
        if name == "ONBUILD" {
            let triggered = InstructionLine(rest)
            return !triggered.isOnBuild && triggered.takesHeredocs(escape: escape)
        }
        // Most lines announce none: what they are need not be known.
        guard ["RUN", "COPY", "ADD"].contains(name), rest.utf8.contains(UInt8(ascii: "<")) else { return false }
        return JSONForm.elements(WordSplitter.flags(rest, escape: escape).rest) == nil
    }

    private var isOnBuild: Bool { name == "ONBUILD" }
}
