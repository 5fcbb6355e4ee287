package import Content
import Glibc
package import Linux
import OCI

/// What a registry keeps: blobs once, by digest (`ContentStore`), and beside them the repositories, which say what is visible
/// where.
///
/// ```
/// <root>/blobs, ingest, leases, locks     the content store
/// <root>/repositories/<name>/_blobs/<algorithm>/<hexadecimal>       empty: the blob was pushed or mounted here
/// <root>/repositories/<name>/_manifests/<algorithm>/<hexadecimal>   the manifest's media type; its bytes are a blob
/// <root>/repositories/<name>/_tags/<tag>                            a digest
/// <root>/repositories/<name>/_referrers/<algorithm>/<hexadecimal>/<algorithm>-<hexadecimal>   a descriptor
/// <root>/aside                            files being written
/// <root>/key                              what makes the names of uploads unguessable, 32 bytes
/// ```
/// No part of a repository's name begins with `_`, so that nothing of it collides. Every file appears whole or not at all, and in
/// an order in which each names only what is there already: content, then links, then tags.
package struct RegistryStore: Sendable {
    package let root: String
    package let content: ContentStore
    /// Signs the names of uploads.
    let key: [UInt8]

    /// Opens the store in a directory, made where it is absent.
    package init(root: String) throws {
        self.root = root
        // What is in it is for those whom the server lets in, not for every user of this machine.
        try StandardDirectories.check(root)
        try SystemFile.makeDirectories(root, mode: 0o700)
        content = try ContentStore(root: root, isPrivate: true)
        for name in ["repositories", "aside"] {
            let path = "\(root)/\(name)"
            try SystemFile.makeDirectories(path, mode: 0o700)
            try retryingOnInterrupt("chmod", path) { chmod(path, 0o700) }
        }
        let path = "\(root)/key"
        if !SystemFile.exists(path) {
            // Of two that start at once, one key wins, and both read it.
            let lock = try FileLock(.exclusive, "\(root)/locks/key")
            defer { withExtendedLifetime(lock) {} }
            if !SystemFile.exists(path) {
                try DurableFile(aside: "\(root)/aside").replace(path, with: RandomBytes.make(32))
            }
        }
        key = try SystemFile.bytes(of: path)
        guard key.count == 32 else {
            throw SystemError(
                "read", path, errno: EINVAL, advice: "remove it; uploads in progress must then start again")
        }
    }

    var files: DurableFile { DurableFile(aside: "\(root)/aside") }

    /// A repository by its name, which may hold nothing yet.
    func repository(_ name: String) -> Repository { Repository(name: name, store: self) }

    /// Shows every repository, in no order.
    func visitRepositories(_ body: (Repository) throws(SystemError) -> Void) throws(SystemError) {
        _ = try firstRepository { repository throws(SystemError) in
            try body(repository)
            return false
        }
    }

    /// A repository that satisfies something, whichever is found first; the search ends with it. Nil where none does.
    func firstRepository(where isWanted: (Repository) throws(SystemError) -> Bool) throws(SystemError) -> Repository? {
        var open = [""]
        while let prefix = open.popLast() {
            let path = "\(root)/repositories/\(prefix)"
            var isRepository = false
            for entry in try Self.names(in: path) {
                if entry.hasPrefix("_") { isRepository = true } else { open.append(prefix + entry + "/") }
            }
            guard isRepository else { continue }
            let found = repository(String(prefix.dropLast()))
            if try isWanted(found) { return found }
        }
        return nil
    }

    /// The repositories that satisfy something, sorted by the bytes of their names.
    func repositories(where isWanted: (Repository) throws(SystemError) -> Bool) throws(SystemError) -> [Repository] {
        var found: [Repository] = []
        try visitRepositories { repository throws(SystemError) in
            if try isWanted(repository) { found.append(repository) }
        }
        return found.sorted { $0.name < $1.name }
    }

    /// The names in a directory; none where it is absent.
    static func names(in path: String) throws(SystemError) -> [String] {
        do throws(SystemError) {
            return try SystemFile.names(in: path)
        } catch {
            guard error.errno == ENOENT else { throw error }
            return []
        }
    }

    /// Whether there is anything in a directory, without reading more of it than that takes; not where it is absent.
    static func holdsAnything(_ path: String) throws(SystemError) -> Bool {
        guard let directory = opendir(path) else {
            if errno == ENOENT { return false }
            throw SystemError("opendir", path)
        }
        defer { closedir(directory) }
        // `.` and `..` are always there.
        return (0..<3).allSatisfy { _ in readdir(directory) != nil }
    }

    /// Removes what a killed process wrote aside.
    package func cleanAside(olderThan seconds: Int) throws(SystemError) {
        for name in try SystemFile.names(in: "\(root)/aside") {
            let path = "\(root)/aside/\(name)"
            var status = stat()
            if lstat(path, &status) == 0, Int(status.st_mtim.tv_sec) < time(nil) - seconds { unlink(path) }
        }
    }
}
