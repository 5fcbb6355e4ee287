package import Containerfiles
import Glibc
import Linux

/// The directory a build copies from, and what of it does not count.
package struct BuildContext: Sendable {
    /// Absolute, links resolved.
    package let directory: String
    /// For messages: what users know of it.
    let shownName: String
    package let rules: IgnoreRules
    package let containerfile: Containerfile

    /// Opens a context: reads its Containerfile and its ignore file.
    ///
    /// - Parameters:
    ///   - directory: of the context.
    ///   - file: the Containerfile, relative to the working directory or, where it is not there, to the context, `-` for
    ///     standard input; nil: `Containerfile` or `Dockerfile` in the context.
    package init(directory: String, file: String? = nil) throws(BuildError) {
        try self.init(directory: directory, file: file, name: nil, shown: nil)
    }

    /// - Parameters:
    ///   - name: what errors call the Containerfile; nil: as the user named it.
    ///   - shown: what errors call the context; nil: by its directory.
    init(directory: String, file: String? = nil, name: String?, shown: String?) throws(BuildError) {
        (self.directory, shownName, containerfile, rules) = try BuildError.telling {
            guard let resolved = realpath(directory, nil) else {
                throw BuildError.source(
                    path: directory, problem: "cannot be the build context: \(SystemError.message(errno))")
            }
            defer { free(resolved) }
            // Another text would be another directory.
            guard let root = CallerText.text(resolved) else {
                throw BuildError.source(path: directory, problem: "is in a directory whose name is not UTF-8")
            }
            var status = stat()
            guard stat(root, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
                throw BuildError.source(
                    path: directory,
                    problem: "is not a directory; use -f to name a Containerfile")
            }
            let tree = try OwnedDescriptor(opening: root, O_RDONLY | O_DIRECTORY)
            let place = try Self.place(of: file, in: root, tree.number)
            let content =
                switch place {
                case .standardInput: try Self.standardInput()
                case .own(let path): try Self.bytes(of: path)
                case .context(let path): try Self.bytes(path, root, tree.number) ?? []
                }
            let containerfile = try Containerfile(content, name: name ?? place.name(file))
            return (root, shown ?? "the context \(root)", containerfile, try Self.rules(of: place, root, tree.number))
        }
    }

    /// Where a Containerfile is.
    private enum Place {
        case standardInput
        /// A file that the user named, outside the context.
        case own(String)
        /// In the context, which may be a stranger's: a link in it leads nowhere outside.
        case context(String)

        /// As the user named it, or would.
        func name(_ file: String?) -> String {
            switch self {
            case .standardInput: "standard input"
            case .own(let path), .context(let path): file ?? path
            }
        }
    }

    private static func place(of file: String?, in root: String, _ tree: Int32) throws -> Place {
        guard let file else {
            for name in ["Containerfile", "Dockerfile"] where try exists(name, root, tree) { return .context(name) }
            throw BuildError.source(
                path: root, problem: "has neither a Containerfile nor a Dockerfile; name one by -f")
        }
        if file == "-" { return .standardInput }
        var status = stat()
        if lstat(file, &status) == 0 {
            return inside(file, root).map { .context($0) } ?? .own(file)
        }
        guard !file.hasPrefix("/"), try exists(file, root, tree) else {
            throw BuildError.source(
                path: file, problem: "there is no such Containerfile, nor is it in the context \(root)")
        }
        return .context(file)
    }

    /// A file's path in the context, where the directory that it is named in is there.
    private static func inside(_ file: String, _ root: String) -> String? {
        let slash = file.lastIndex(of: "/")
        let directory = slash.map { $0 == file.startIndex ? "/" : String(file[..<$0]) } ?? "."
        guard let resolved = realpath(directory, nil) else { return nil }
        defer { free(resolved) }
        let found = String(cString: resolved)
        let name = slash.map { String(file[file.index(after: $0)...]) } ?? file
        if found == root { return name }
        let prefix = root == "/" ? root : root + "/"
        guard found.hasPrefix(prefix), !name.isEmpty, name != ".", name != ".." else { return nil }
        return "\(found.dropFirst(prefix.count))/\(name)"
    }

    /// That of this very Containerfile before that of the context, podman's name before Docker's.
    private static func rules(of containerfile: Place, _ root: String, _ tree: Int32) throws -> IgnoreRules {
        let names = [".containerignore", ".dockerignore"]
        switch containerfile {
        case .standardInput: break
        case .own(let path):
            for name in names where SystemFile.exists(path + name) {
                return try IgnoreRules(try bytes(of: path + name), name: path + name)
            }
        case .context(let path):
            for name in names {
                if let content = try bytes(path + name, root, tree) {
                    return try IgnoreRules(content, name: "\(root)/\(path)\(name)")
                }
            }
        }
        for name in names {
            if let content = try bytes(name, root, tree) { return try IgnoreRules(content, name: "\(root)/\(name)") }
        }
        return .none
    }

    private static func exists(_ path: String, _ root: String, _ tree: Int32) throws -> Bool {
        try lookup(path, root, tree) { _ in true } ?? false
    }

    /// A file's content; nil where there is none.
    private static func bytes(_ path: String, _ root: String, _ tree: Int32) throws -> [UInt8]? {
        try lookup(path, root, tree) { file throws(SystemError) in try file.bytes(limit: ContainerfileLimits.fileSize) }
    }

    /// Looks for a file of the context; nil where there is none. A link that leads out of it is told: whoever wrote it meant
    /// something.
    private static func lookup<Result>(
        _ path: String, _ root: String, _ tree: Int32, _ body: (borrowing TreeFile) throws(SystemError) -> Result
    ) throws -> Result? {
        do throws(SystemError) {
            return try body(try TreeFile(path, in: tree, crossesMounts: true))
        } catch {
            guard [ENOENT, ENOTDIR, ELOOP, EXDEV].contains(error.errno) else {
                throw SystemError(error.operation, "\(root)/\(path)", errno: error.errno, advice: error.advice)
            }
            var status = stat()
            if lstat("\(root)/\(path)", &status) == 0 {
                throw BuildError.source(
                    path: "\(root)/\(path)", problem: "links to a file outside the build context, which is not read"
                )
            }
            return nil
        }
    }

    /// A file that the user named, or a pipe that is open.
    private static func bytes(of path: String) throws(SystemError) -> [UInt8] {
        try SystemFile.document(path, limit: ContainerfileLimits.fileSize, takesPipes: true)
    }

    private static func standardInput() throws(SystemError) -> [UInt8] {
        var content: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while content.count <= ContainerfileLimits.fileSize {
            let count = try retryingOnInterrupt("read", "standard input") { read(STDIN_FILENO, &chunk, chunk.count) }
            if count == 0 { break }
            content += chunk.prefix(count)
        }
        return content
    }
}
