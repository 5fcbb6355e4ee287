import Glibc

extension Procfs {
    /// The number that `/dev/stdin`, `/dev/fd/N`, `/proc/self/fd/N` and links to them mean; nil of another path. To open them would be
    /// to open the file anew, at its start, or to wait for a FIFO's other end; to replace it would take it from whoever has it open.
    static func ownDescriptor(at path: String) -> Int32? {
        var path = path
        for _ in 0..<40 {
            let slash = path.lastIndex(of: "/")
            let name = slash.map { path[path.index(after: $0)...] } ?? path[...]
            let parent = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
            guard let resolved = realpath(parent, nil) else { return nil }
            defer { free(resolved) }
            let directory = String(cString: resolved)
            if directory == "/proc/\(getpid())/fd" { return Int32(name) }
            guard let target = try? Procfs.readLink(path) else { return nil }
            path = target.starts("/") ? target : "\(directory)/\(target)"
        }
        return nil
    }
}
