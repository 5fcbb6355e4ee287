import Glibc
import Linux

/// Whose a store is. Layers of root of the host have owners, devices and attributes that no user namespace has, and those of a
/// user namespace are other owners' to the host: neither may unpack, or read, what is the other's.
enum StoreOwner {
    /// Stands in stores that are unpacked in a user namespace.
    private static let marker = "user-namespace"

    /// - Parameter isNew: nothing is in it yet; whoever asks becomes its owner.
    /// - Throws: where it is another's, with what to do.
    static func check(_ root: String, isNew: Bool) throws(SystemError) {
        var status = stat()
        guard stat(root, &status) == 0 else { throw SystemError("stat", root) }
        guard status.st_uid == geteuid() else {
            throw refusal(root, "it belongs to user \(status.st_uid)")
        }
        let path = "\(root)/\(marker)"
        if isNew, !StandardDirectories.isHostRoot {
            _ = try OwnedDescriptor(opening: path, O_WRONLY | O_CREAT | O_NOFOLLOW, mode: 0o600)
        }
        let isMarked = SystemFile.exists(path)
        guard isMarked != StandardDirectories.isHostRoot else {
            throw refusal(
                root, isMarked ? "its layers belong to a user namespace" : "its layers belong to root of the host")
        }
    }

    private static func refusal(_ root: String, _ reason: String) -> SystemError {
        SystemError(
            "open the image store", root, errno: EPERM,
            advice: "\(reason): run isolab as its owner, or set ISOLAB_DATA to another directory")
    }
}
