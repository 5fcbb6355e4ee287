internal import Glibc
internal import Linux

/// A process by its number and the instant of its start: a number alone may be another's by now.
package struct OwnerRecord: Hashable, Sendable {
    package let pid: Int32
    /// Clock ticks after boot (`proc(5)`, /proc/pid/stat, field 22).
    package let start: UInt64

    package init(pid: Int32, start: UInt64) {
        self.pid = pid
        self.start = start
    }

    /// The record of a process that lives now.
    package init?(pid: Int32) {
        guard let status = ProcessStatus(pid: pid) else { return nil }
        self.init(pid: pid, start: status.start)
    }

    package var text: String { "\(pid) \(start)\n" }

    package init?(text: String) {
        let words = text.split(whereSeparator: \.isWhitespace)
        guard words.count == 2, let pid = Int32(words[0]), let start = UInt64(words[1]) else { return nil }
        self.init(pid: pid, start: start)
    }

    /// It still runs (a zombie does not).
    package var isAlive: Bool {
        guard let status = ProcessStatus(pid: pid) else { return false }
        return status.start == start && status.state != "Z"
    }
}

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

/// A directory that says whose it is from the first moment it can be seen: made aside with its record, then renamed.
enum OwnedDirectory {
    static func make(_ path: String) throws(SystemError) {
        try? TreeRemoval.remove(path)
        let slash = path.lastIndex(of: "/") ?? path.startIndex
        let aside = "\(path[..<slash])/.\(path[path.index(after: slash)...]).part"
        try? TreeRemoval.remove(aside)
        // Others may pass through to a directory that lets them; they cannot list it.
        try SystemFile.makeDirectories(String(path[..<slash]), mode: 0o711)
        try SystemFile.makeDirectories(aside, mode: 0o700)
        try WholeFile.replace(aside + "/owner", with: Array((GuestOwner(pid: getpid())?.text ?? "").utf8))
        try retryingOnInterrupt("rename", path) { rename(aside, path) }
    }
}
