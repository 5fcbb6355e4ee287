import Glibc
import Linux

/// A directory of one command's own in which files wait that come from an archive, or go into one.
///
/// It is beside what the container wrote, on the same disk, and goes with the command; what a killed one left the next one removes.
struct CopyStage: ~Copyable {
    let path: String

    private static let beginning = "copy-"

    /// - Parameter directory: of the container's root in the store.
    init(in directory: String) throws {
        for name in try SystemFile.names(in: directory) {
            guard let token = name.rest(after: Self.beginning), let owner = ProcessIdentity(token: String(token)),
                !owner.isAlive
            else { continue }
            try TreeRemoval.remove("\(directory)/\(name)")
        }
        let own = try ProcessIdentity(of: getpid())
        let path = "\(directory)/\(Self.beginning)\(own.token)"
        if mkdir(path, 0o700) != 0 { throw SystemError("mkdir", path) }
        self.path = path
    }

    deinit { try? TreeRemoval.remove(path) }
}
