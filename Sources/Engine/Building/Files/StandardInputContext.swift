import Containerfiles
import Glibc
package import Images
import Layers
import Linux

/// A build's context from standard input: an archive of it, plain or compressed, or a Containerfile alone, as
/// `docker build -` takes them. It is a directory of the store's for as long as the value is there.
package final class StandardInputContext {
    package let context: BuildContext
    private let workspace: BuildWorkspace

    /// Reads standard input to its end.
    ///
    /// - Parameter file: the Containerfile, by its path in the archive; nil: `Containerfile` or `Dockerfile`.
    package init(_ store: ImageStore, file: String? = nil) throws(BuildError) {
        (workspace, context) = try BuildError.telling {
            let workspace = try BuildWorkspace(store)
            let input = try Self.spooled(in: workspace)
            let directory = try workspace.makeDirectory("context")
            if Archive.isArchive(input.number) {
                try Archive.unpack(input.number, into: directory, scratch: workspace.makeDirectory("archive"))
                return (
                    workspace,
                    try BuildContext(
                        directory: directory, file: file.map { "\(directory)/\($0)" }, name: file,
                        shown: "the archive on standard input")
                )
            }
            var status = stat()
            guard fstat(input.number, &status) == 0 else { throw SystemError("fstat", "standard input") }
            guard status.st_size > 0 else {
                throw BuildError.source(
                    path: "standard input", problem: "is empty: it takes a Containerfile, or an archive")
            }
            guard status.st_size <= ContainerfileLimits.fileSize else {
                throw BuildError.source(path: "standard input", problem: "is neither an archive nor a Containerfile")
            }
            guard file == nil else {
                throw BuildError.source(
                    path: "standard input", problem: "is not an archive in which -f could name a Containerfile")
            }
            lseek(input.number, 0, SEEK_SET)
            let path = directory + "/Containerfile"
            let target = try OwnedDescriptor(opening: path, O_WRONLY | O_CREAT | O_EXCL, mode: 0o644)
            try FileContent.copy(input.number, to: target.number, path)
            return (
                workspace,
                try BuildContext(
                    directory: directory, name: "standard input",
                    shown: """
                        the context, which a Containerfile on standard input comes without: use an archive \
                        (tar -c . | isolab build -) or a directory (isolab build -f - DIRECTORY)
                        """)
            )
        }
    }

    /// In a file without a name: an archive is read twice, and a pipe only once.
    private static func spooled(in workspace: BuildWorkspace) throws -> OwnedDescriptor {
        let path = workspace.directory + "/input"
        let file = try OwnedDescriptor(opening: path, O_RDWR | O_CREAT | O_EXCL, mode: 0o600)
        unlink(path)
        var chunk = [UInt8](repeating: 0, count: 256 << 10)
        var total: Int64 = 0
        let limit = LayerLimits().bytes
        while true {
            let count = try retryingOnInterrupt("read", "standard input") { read(STDIN_FILENO, &chunk, chunk.count) }
            if count == 0 { break }
            total += Int64(count)
            guard total <= limit else { throw LayerError(.limitExceeded(.bytes, limit: limit)) }
            try SystemFile.write(Array(chunk.prefix(count)), to: file.number, path)
        }
        lseek(file.number, 0, SEEK_SET)
        return file
    }
}
