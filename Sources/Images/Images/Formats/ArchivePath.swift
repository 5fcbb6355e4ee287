/// The name of a file in an archive of images, which is only ever compared with others: no file is made under it.
enum ArchivePath {
    /// The components joined by slashes; nil where the name leads out of the archive or is none.
    static func normalized(_ name: some StringProtocol, from directory: String = "") -> String? {
        guard name.utf8.count <= 4096, !name.utf8.contains(0) else { return nil }
        var parts = directory.split(separator: "/").map(String.init)
        if name.utf8.first == UInt8(ascii: "/") { parts = [] }
        for part in name.split(separator: "/") where part != "." {
            if part == ".." {
                guard parts.popLast() != nil else { return nil }
            } else {
                parts.append(String(part))
            }
        }
        return parts.isEmpty ? nil : parts.joined(separator: "/")
    }

    /// The directory a name is in.
    static func directory(_ path: String) -> String {
        path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ""
    }
}
