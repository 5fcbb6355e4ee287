internal import Linux

/// What /proc/pid/stat says of a process.
package struct ProcessStatus: Hashable, Sendable {
    /// The first fifteen bytes of its program's, or what it calls itself.
    package let name: String
    package let state: Character
    package let parent: Int32
    package let session: Int32
    /// Clock ticks after boot.
    package let start: UInt64

    package init?(pid: Int32) {
        guard let text = try? SystemFile.read("/proc/\(pid)/stat") else { return nil }
        self.init(stat: text)
    }

    /// The name in parentheses may hold anything, so the fields count from the last one that closes.
    init?(stat text: String) {
        guard let end = text.lastIndex(of: ")") else { return nil }
        let fields = text[text.index(after: end)...].split(separator: " ")
        guard fields.count > 19, let state = fields[0].first, let parent = Int32(fields[1]),
            let session = Int32(fields[3]), let start = UInt64(fields[19])
        else { return nil }
        let begin = text.firstIndex(of: "(").map { text.index(after: $0) } ?? text.startIndex
        name = begin < end ? String(text[begin..<end]) : ""
        self.state = state
        self.parent = parent
        self.session = session
        self.start = start
    }
}
