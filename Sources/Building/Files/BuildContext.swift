public import Containerfiles
import Glibc
import Linux

/// The directory a build copies from, and what of it does not count.
public struct BuildContext: Sendable {
    /// Absolute, links resolved.
    public let directory: String
    public let rules: IgnoreRules
    public let containerfile: Containerfile

    /// Opens a context: reads its Containerfile and its ignore file.
    ///
    /// - Parameters:
    ///   - directory: of the context.
    ///   - file: the Containerfile, relative to the working directory or, where it is not there, to the context, `-` for
    ///     standard input; nil: `Containerfile` or `Dockerfile` in the context.
    public init(directory: String, file: String? = nil) throws(BuildError) {
        (self.directory, containerfile, rules) = try BuildError.telling {
            guard let resolved = realpath(directory, nil) else {
                throw BuildError.source(
                    path: directory, problem: "cannot be the context of a build: \(SystemError.message(errno))")
            }
            defer { free(resolved) }
            let root = String(cString: resolved)
            var status = stat()
            guard stat(root, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
                throw BuildError.source(
                    path: directory,
                    problem: "is no directory: a build has one as its context; -f names a Containerfile")
            }
            let path =
                try file.map { try Self.containerfile($0, in: root) }
                ?? Self.first(["Containerfile", "Dockerfile"].map { "\(root)/\($0)" }, in: root)
            let content = try path == "-" ? Self.standardInput() : Self.bytes(of: path)
            let containerfile = try Containerfile(content)
            return (root, containerfile, try Self.rules(of: path, in: root))
        }
    }

    private static func containerfile(_ path: String, in root: String) throws(BuildError) -> String {
        guard path != "-", !SystemFile.exists(path) else { return path }
        guard !path.hasPrefix("/"), SystemFile.exists("\(root)/\(path)") else {
            throw .source(path: path, problem: "there is no such Containerfile, nor is it in the context \(root)")
        }
        return "\(root)/\(path)"
    }

    private static func first(_ paths: [String], in root: String) throws(BuildError) -> String {
        if let path = paths.first(where: SystemFile.exists) { return path }
        throw .source(path: root, problem: "has neither a Containerfile nor a Dockerfile; name one by -f")
    }

    /// That of this very Containerfile before that of the context, podman's name before Docker's.
    private static func rules(of containerfile: String, in root: String) throws -> IgnoreRules {
        let names = [".containerignore", ".dockerignore"]
        let paths = (containerfile == "-" ? [] : names.map { containerfile + $0 }) + names.map { "\(root)/\($0)" }
        guard let path = paths.first(where: SystemFile.exists) else { return .none }
        return try IgnoreRules(try bytes(of: path), name: path)
    }

    private static func bytes(of path: String) throws(SystemError) -> [UInt8] {
        var status = stat()
        guard stat(path, &status) == 0 else { throw SystemError("open", path) }
        // A FIFO would wait, and a device would never end.
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw SystemError("open", path, errno: EINVAL, advice: "it is no file")
        }
        guard status.st_size <= ContainerfileLimits.fileSize else { throw SystemError("read", path, errno: EFBIG) }
        return try SystemFile.bytes(of: path)
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
