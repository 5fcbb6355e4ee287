internal import CLinux
internal import Glibc
internal import Linux

/// What a guest is to see of the host, as virtiofs can show it, which shows whole directories and always lets write to them.
///
/// A file, and what is read-only, is therefore mounted below a directory of the driver's, in a mount namespace that only
/// the driver and what it starts see: however they end, the mounts end with the last of them.
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
                throw GuestCommandError("shared directory", "\(share.source) is no directory and no file of this host")
            }
            found.append(HostShare(share: share, isFile: kind == S_IFREG))
        }
        return found
    }

    /// Whether virtiofs cannot show it as it is.
    var isMounted: Bool { isFile || share.readOnly }

    /// The directory that virtiofs is given.
    func directory(_ index: Int, below driver: String) -> String {
        isMounted ? "\(driver)/share\(index)" : share.source
    }

    /// What a shared file is called in that directory (isolab-init's Root knows it).
    static let fileName = "file"

    /// Mounts it. To be called in the namespace of its own.
    func mount(_ index: Int, below driver: String) throws(SystemError) {
        guard isMounted else { return }
        let directory = directory(index, below: driver)
        try SystemFile.makeDirectories(directory, mode: 0o700)
        if isFile {
            // Nothing of the directory is the host's but the file: a guest that fills it fills nothing.
            try retryingOnInterrupt("mount", directory) {
                Glibc.mount("tmpfs", directory, "tmpfs", 0, "mode=755,size=4k,nr_inodes=8")
            }
            let name = "\(directory)/\(Self.fileName)"
            _ = try OwnedDescriptor(opening: name, O_WRONLY | O_CREAT, mode: 0o600)
            try retryingOnInterrupt("mount", directory) { isolab_mount_read_only(directory) }
            try bind(to: name, 0)
        } else {
            try bind(to: directory, UInt(MS_REC))
        }
    }

    private func bind(to target: String, _ flags: UInt) throws(SystemError) {
        try retryingOnInterrupt("mount", share.source) {
            Glibc.mount(share.source, target, nil, UInt(MS_BIND) | flags, nil)
        }
        if share.readOnly { try retryingOnInterrupt("mount_setattr", share.source) { isolab_mount_read_only(target) } }
    }
}
