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
    /// What a program prints, both streams together; nil where it is absent, fails or takes over twenty seconds: a cold QEMU on a
    /// slow host takes some.
    var output: @Sendable (_ words: [String]) -> String?

    /// This machine.
    static let host = HostSource(
        text: { path in (try? SystemFile.read(path)).map(trimmed) },
        names: { path in (try? SystemFile.names(in: path)) ?? [] },
        link: { path in try? Procfs.readLink(path) },
        output: { words in HostProgram.output(words) })

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

/// Programs asked about themselves.
enum HostProgram {
    /// Runs a program found in PATH and answers what it printed.
    static func output(_ words: [String], seconds: Int32 = 20) -> String? {
        guard let program = words.first, let file = temporaryFile(),
            let nothing = try? OwnedDescriptor(opening: "/dev/null", O_RDONLY),
            let process = try? ProcessPlan(program, Array(words.dropFirst())).spawn(
                StandardStreams(input: nothing.number, output: file.number, error: file.number))
        else { return nil }
        var end = pollfd(fd: process.pidfd, events: Int16(POLLIN), revents: 0)
        if poll(&end, 1, seconds * 1000) != 1 { try? process.kill() }
        guard let exit = try? process.wait(), exit.succeeded else { return nil }
        var bytes = [UInt8](repeating: 0, count: 16 * 1024)
        let count = pread(file.number, &bytes, bytes.count, 0)
        return trimmed(String(decoding: bytes.prefix(max(count, 0)), as: UTF8.self))
    }

    /// The path of a program in PATH.
    static func path(_ name: String) -> String? { ProcessPlan.path(of: name) }

    /// Output goes through a nameless file, so that no full pipe can hold a program up.
    private static func temporaryFile() -> OwnedDescriptor? {
        var template = Array("/tmp/isolab-XXXXXX".utf8CString)
        let number = mkstemp(&template)
        guard number >= 0 else { return nil }
        _ = fcntl(number, F_SETFD, FD_CLOEXEC)
        unlink(template)
        return OwnedDescriptor(owning: number)
    }
}
