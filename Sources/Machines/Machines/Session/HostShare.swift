internal import Glibc
internal import Linux

/// What a guest is to see of the host, as virtiofs can show it, which shows whole directories and always lets write to them.
///
/// It is therefore mounted below a directory of the driver's, a file alone and read-only where that is asked for, in a mount
/// namespace that only the driver and what it starts see: however they end, the mounts end with the last of them.
struct HostShare: Equatable {
    let share: GuestCommand.Share
    let isFile: Bool

    /// Finds out what the sources are.
    static func find(_ shares: [GuestCommand.Share]) throws(GuestCommandError) -> [HostShare] {
        var found: [HostShare] = []
        for share in shares {
            var information = stat()
            let isThere = stat(share.source, &information) == 0
            let kind = information.st_mode & S_IFMT
            guard isThere, kind == S_IFDIR || kind == S_IFREG else {
                throw GuestCommandError(
                    "shared directory", "\(share.source) is neither a directory nor a file of this host")
            }
            found.append(HostShare(share: share, isFile: kind == S_IFREG))
        }
        return found
    }

    /// Whether virtiofs cannot show it as it is on the host.
    var isMounted: Bool { isFile || share.readOnly }

    /// The directory that virtiofs is given.
    func directory(_ index: Int, below driver: String) -> String { "\(driver)/share\(index)" }

    /// What a shared file is called in that directory (isolab-init's Root knows it).
    static let fileName = "file"
}
