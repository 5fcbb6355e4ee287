/// The options of a mount as `mount(8)` and the OCI runtime specification spell them, sorted by who takes them.
public struct MountOptions: Equatable, Sendable {
    /// For `mount(2)`.
    public var flags: MountFlags = []
    /// What was asked to be off (`rw`, `suid`, `dev`, `exec`): cleared where a bind mount would inherit it.
    public var cleared: MountFlags = []
    /// Propagation, set by a call of its own after the mount.
    public var propagation: MountFlags = []
    /// Attributes asked for recursively (`rro`, `rnosuid`, …).
    public var recursive: MountAttributes = []
    /// For the file system itself, joined by commas.
    public var data: String = ""
    /// `tmpcopyup` and `copy-symlink` and the like, which no system call takes: not supported, and said so by the plan.
    public var unsupported: [String] = []

    /// Sorts options, later ones overruling earlier ones (runtime-spec, config.md, "Linux mount options").
    public init(_ options: [String]) {
        var data: [String] = []
        for option in options {
            if let (set, flag) = Self.flags[option] {
                if set {
                    flags.insert(flag)
                    cleared.remove(flag)
                } else {
                    flags.remove(flag)
                    cleared.insert(flag)
                }
            } else if let flag = Self.propagations[option] {
                propagation = flag
            } else if let attribute = Self.recursives[option] {
                recursive.insert(attribute)
            } else if option == "defaults" || option.isEmpty {
                continue
            } else if Self.unknownToTheKernel.contains(option) {
                unsupported.append(option)
            } else {
                data.append(option)
            }
        }
        self.data = data.joined(separator: ",")
    }

    private static let flags: [String: (Bool, MountFlags)] = [
        "ro": (true, .readOnly), "rw": (false, .readOnly),
        "nosuid": (true, .noSetUserID), "suid": (false, .noSetUserID),
        "nodev": (true, .noDevices), "dev": (false, .noDevices),
        "noexec": (true, .noExecution), "exec": (false, .noExecution),
        "sync": (true, .synchronous), "async": (false, .synchronous),
        "dirsync": (true, .directorySynchronous), "remount": (true, .remount),
        "noatime": (true, .noAccessTime), "atime": (false, .noAccessTime),
        "nodiratime": (true, .noDirectoryAccessTime), "diratime": (false, .noDirectoryAccessTime),
        "relatime": (true, .relativeAccessTime), "norelatime": (false, .relativeAccessTime),
        "strictatime": (true, .strictAccessTime), "nostrictatime": (false, .strictAccessTime),
        "bind": (true, .bind), "rbind": (true, [.bind, .recursive]), "silent": (true, .silent),
        "loud": (false, .silent),
    ]

    private static let propagations: [String: MountFlags] = [
        "private": .isPrivate, "rprivate": [.isPrivate, .recursive],
        "shared": .shared, "rshared": [.shared, .recursive],
        "slave": .follower, "rslave": [.follower, .recursive],
        "unbindable": .unbindable, "runbindable": [.unbindable, .recursive],
    ]

    private static let recursives: [String: MountAttributes] = [
        "rro": .readOnly, "rnosuid": .noSetUserID, "rnodev": .noDevices, "rnoexec": .noExecution,
        "rnoatime": .noAccessTime, "rnodiratime": .noDirectoryAccessTime, "rnosymfollow": .noSymbolicLinks,
    ]

    private static let unknownToTheKernel: Set<String> = [
        "tmpcopyup", "copy-symlink", "src-nofollow", "idmap", "ridmap",
    ]

    /// The flags of `mount(2)` that a bind mount's `mount_setattr(2)` must set.
    public var attributes: MountAttributes {
        var result: MountAttributes = []
        for (flag, attribute) in Self.counterparts where flags.contains(flag) { result.insert(attribute) }
        return result
    }

    /// Those it must clear.
    public var clearedAttributes: MountAttributes {
        var result: MountAttributes = []
        for (flag, attribute) in Self.counterparts where cleared.contains(flag) { result.insert(attribute) }
        if attributes.contains(.noAccessTime) || attributes.contains(.strictAccessTime) { result.insert(.accessTime) }
        return result
    }

    private static let counterparts: [(MountFlags, MountAttributes)] = [
        (.readOnly, .readOnly), (.noSetUserID, .noSetUserID), (.noDevices, .noDevices),
        (.noExecution, .noExecution), (.noAccessTime, .noAccessTime), (.strictAccessTime, .strictAccessTime),
        (.noDirectoryAccessTime, .noDirectoryAccessTime),
    ]
}
