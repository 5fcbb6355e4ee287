import Content
import Glibc
import Images
import Layers
import Linux

/// Where one build writes before it is an image: a directory in the image store that is locked as long as the build runs.
///
/// However a build ends, nothing of it stays: it removes the directory, or, if it was killed, the next command does, which
/// finds the lock free. Its mounts are in a namespace of its own.
final class BuildWorkspace {
    let directory: String
    private let lock: FileLock
    private var number = 0

    static func folder(of store: ImageStore) -> String { store.builds }

    init(_ store: ImageStore) throws {
        let folder = Self.folder(of: store)
        try SystemFile.makeDirectories(folder, mode: 0o700)
        try store.removeAbandonedBuilds()
        let name = "\(getpid())-\(HostClock.now())"
        // The lock is beside the directory and comes first: a directory without a locked one is nobody's.
        lock = try FileLock(.exclusive, "\(folder)/\(name).lock", removing: true)
        directory = "\(folder)/\(name)"
        if mkdir(directory, 0o700) != 0 { throw SystemError("mkdir", directory) }
    }

    deinit { try? TreeRemoval.remove(directory) }

    /// A directory of its own for a step.
    func makeDirectory(_ purpose: String, mode: mode_t = 0o700) throws(SystemError) -> String {
        number += 1
        let path = "\(directory)/\(number)-\(purpose)"
        if mkdir(path, mode) != 0 { throw SystemError("mkdir", path) }
        // Whatever the umask took away.
        chmod(path, mode)
        return path
    }
}
