import Glibc
import Linux

/// Where host facts come from: files of the kernel, symbolic links, and what programs say of themselves.
///
/// Closures, so that the facts of other kinds of machine are tested from recorded texts. Whatever is absent is nil or
/// empty; nothing here throws.
struct HostSource: Sendable {
    /// The whole text of a file, without white space at its ends.
    var text: @Sendable (_ path: String) -> String?
    /// The names in a directory, sorted.
    var names: @Sendable (_ path: String) -> [String]
    /// Where a symbolic link points.
    var link: @Sendable (_ path: String) -> String?
    /// What a program prints.
    var ask: @Sendable (_ words: [String]) -> ProgramAnswer

    /// This machine.
    static let host = HostSource(
        text: { path in (try? SystemFile.read(path)).map(trimmed) },
        names: { path in (try? SystemFile.names(in: path)) ?? [] },
        link: { path in try? Procfs.readLink(path) },
        ask: { words in ProgramAnswer(to: words) })

    /// What a program prints; nil for every other answer.
    func output(_ words: [String]) -> String? { ask(words).text }

    /// A number in a file that holds nothing else.
    func number(_ path: String) -> Int? { text(path).flatMap { Int($0) } }

    /// The word in brackets of files such as `always [madvise] never`.
    func chosen(_ path: String) -> String? {
        guard let text = text(path) else { return nil }
        guard let open = text.firstIndex(of: "["), let close = text[open...].firstIndex(of: "]") else { return text }
        return String(text[text.index(after: open)..<close])
    }

    /// `Name : value` lines (cpuinfo, meminfo, status) of the first paragraph.
    func fields(_ path: String) -> [String: String] {
        guard let text = text(path) else { return [:] }
        return Self.fields(text)
    }

    static func fields(_ text: some StringProtocol) -> [String: String] {
        var result: [String: String] = [:]
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.isEmpty { break }
            guard let colon = line.firstIndex(of: ":") else { continue }
            let name = trimmed(line[..<colon])
            if result[name] == nil { result[name] = trimmed(line[line.index(after: colon)...]) }
        }
        return result
    }
}

/// Without white space at either end.
func trimmed(_ text: some StringProtocol) -> String {
    let start = text.drop { $0.isWhitespace }
    guard let last = start.lastIndex(where: { !$0.isWhitespace }) else { return "" }
    return String(start[...last])
}
