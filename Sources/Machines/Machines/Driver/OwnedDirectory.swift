internal import Glibc
internal import Linux

/// A directory that says whose it is from the first moment it can be seen: made aside with its record, then renamed.
enum OwnedDirectory {
    /// What its file `owner` says.
    static func text(_ owner: ProcessIdentity) -> String { "\(owner.pid) \(owner.startTime)\n" }

    static func owner(_ text: String) -> ProcessIdentity? {
        let words = text.split(whereSeparator: \.isWhitespace)
        guard words.count == 2, let pid = Int32(words[0]), let start = UInt64(words[1]) else { return nil }
        return ProcessIdentity(pid: pid, startTime: start)
    }

    static func make(_ path: String) throws(SystemError) {
        try? TreeRemoval.remove(path)
        let slash = path.lastIndex(of: "/") ?? path.startIndex
        let aside = "\(path[..<slash])/.\(path[path.index(after: slash)...]).part"
        try? TreeRemoval.remove(aside)
        // Others may pass through to a directory that lets them; they cannot list it.
        try SystemFile.makeDirectories(String(path[..<slash]), mode: 0o711)
        try SystemFile.makeDirectories(aside, mode: 0o700)
        try WholeFile.replace(aside + "/owner", with: Array(text(try ProcessIdentity(of: getpid())).utf8))
        try retryingOnInterrupt("rename", path) { rename(aside, path) }
    }
}
