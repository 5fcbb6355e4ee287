import Linux

/// Paths of a container as a configuration writes them: `//dev`, `/dev/.` and `/x/../dev` are the same place, and must be known
/// for it wherever places are compared.
enum ContainerPath {
    /// Absolute, without empty parts and dots, which are taken away as they are written (as by runc).
    static func clean(_ path: String) -> String {
        // Most are so already.
        guard needsCleaning(path) else { return path }
        var parts: [Substring] = []
        for part in path.parts(between: "/") where part != "." {
            if part == ".." { _ = parts.popLast() } else { parts.append(part) }
        }
        return "/" + parts.joined(separator: "/")
    }

    /// By its first byte: a slash may be one character with what follows it.
    static func isAbsolute(_ path: String) -> Bool { path.utf8.first == UInt8(ascii: "/") }

    /// Whether a path is another or below it; both are clean.
    static func contains(_ directory: String, _ path: String) -> Bool {
        if directory == "/" { return true }
        let (path, directory) = (path.utf8, directory.utf8)
        guard path.starts(with: directory) else { return false }
        let rest = path.dropFirst(directory.count)
        return rest.isEmpty || rest.first == UInt8(ascii: "/")
    }

    /// The directory that a clean path is in.
    static func parent(of path: String) -> String {
        let bytes = path.utf8
        guard let slash = bytes.lastIndex(of: UInt8(ascii: "/")), slash != bytes.startIndex else { return "/" }
        return String(path[..<slash])
    }

    private static func needsCleaning(_ path: String) -> Bool {
        var previous: UInt8?
        for byte in path.utf8 {
            if previous == nil, byte != UInt8(ascii: "/") { return true }
            if previous == UInt8(ascii: "/"), byte == UInt8(ascii: "/") || byte == UInt8(ascii: ".") { return true }
            previous = byte
        }
        return previous == nil || previous == UInt8(ascii: "/") && path.utf8.count > 1
    }
}
