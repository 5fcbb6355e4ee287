import Containerfiles
import Glibc
import Linux
import OCI

/// A file that ADD fetched, in the workspace of its build.
struct FetchedFile {
    let url: String
    let name: String
    let digest: Digest
    let descriptor: OpenFile

    final class OpenFile {
        let number: Int32
        init(_ descriptor: consuming OwnedDescriptor) { number = descriptor.release() }
        deinit { close(number) }
    }

    /// Fetches it, and compares it with what it must hash to.
    init(_ address: BuildStep.Address, _ workspace: BuildWorkspace, _ fetch: BuildFetch) throws {
        (url, name) = (address.url, address.name)
        let path = try workspace.makeDirectory("fetched") + "/file"
        let file = try OwnedDescriptor(opening: path, O_RDWR | O_CREAT | O_EXCL, mode: 0o600)
        try fetch(address.url, file.number)
        lseek(file.number, 0, SEEK_SET)
        var hasher = ContentHasher(address.checksum?.algorithm ?? .sha256)
        _ = try hasher.update(descriptor: file.number, path)
        lseek(file.number, 0, SEEK_SET)
        digest = hasher.finish()
        descriptor = OpenFile(file)
        if let expected = address.checksum, expected != digest {
            throw BuildError.source(path: url, problem: "its content is \(digest), not \(expected)")
        }
    }
}
