import Linux

/// One side of `isolab cp`, as it is written.
package enum CopyPlace: Equatable, Sendable {
    /// `CONTAINER:PATH`
    case container(String, path: String)
    /// A path of this host.
    case host(String)
    /// `-`: a tar archive on a standard stream.
    case stream

    /// As docker reads it: what begins with `/` or `.` is a path of this host, whatever colons are in it.
    package init(_ text: String) throws(OptionError) {
        guard text != "-" else {
            self = .stream
            return
        }
        guard !text.starts("/"), !text.starts("."), let parts = text.cut(at: ":") else {
            guard !text.isEmpty else { throw OptionError("cp", text, "a path cannot be empty") }
            self = .host(text)
            return
        }
        guard !parts.before.isEmpty, !parts.after.isEmpty else {
            throw OptionError("cp", text, "takes CONTAINER:PATH, or a path of this host, such as ./\(text)")
        }
        self = .container(String(parts.before), path: String(parts.after))
    }
}

/// What of a copy is kept, and how its source is read.
package struct CopyOptions: Equatable, Sendable {
    /// `-a`: owners.
    package var keepsOwners = false
    /// `-L`: of a source that is a link, what it leads to.
    package var followsLink = false

    package init() {}
}

/// A path as the rules of `cp` part it.
struct CopyPath: Equatable {
    let text: String
    /// The last component; `.` and `..` are no names.
    let name: String?
    /// What is before that.
    let parent: String
    /// Whether it says that it is a directory.
    let endsInSlash: Bool

    init(_ text: String) {
        self.text = text
        endsInSlash = text.ends("/")
        var bytes = Substring(text).utf8
        while bytes.count > 1, bytes.last == UInt8(ascii: "/") { bytes = bytes.dropLast() }
        let start = bytes.lastIndex(of: UInt8(ascii: "/")).map { bytes.index(after: $0) } ?? bytes.startIndex
        let last = String(Substring(bytes[start...]))
        name = last.isEmpty || last == "." || last == ".." ? nil : last
        let before = String(Substring(bytes[..<start]))
        parent = before.isEmpty ? "." : before
    }
}
