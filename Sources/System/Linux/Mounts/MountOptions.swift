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
    public var recursiveCleared: MountAttributes = []
    /// For the file system itself, joined by commas.
    public var data: String = ""
    /// `tmpcopyup`: a new tmpfs begins with what it covers.
    public var copiesUp = false
    /// `idmap` and `ridmap`: ids are mapped, of the mount or of all below it.
    public var mapsIdentities = false
    public var mapsIdentitiesDeeply = false
    /// What `idmap=` names in place of the container's ids: `uids=0-1000-10#…;gids=…`.
    public var identityMappings: String?

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
            } else if let (set, attribute) = Self.recursives[option] {
                if set {
                    recursive.insert(attribute)
                    recursiveCleared.remove(attribute)
                } else {
                    recursive.remove(attribute)
                    recursiveCleared.insert(attribute)
                }
            } else if option == "defaults" || option.isEmpty {
                continue
            } else if option == "tmpcopyup" {
                copiesUp = true
            } else if option == "idmap" || option == "ridmap" {
                mapsIdentities = true
                mapsIdentitiesDeeply = option == "ridmap"
            } else if let mappings = option.rest(after: "idmap=") ?? option.rest(after: "ridmap=") {
                mapsIdentities = true
                mapsIdentitiesDeeply = option.starts("ridmap=")
                identityMappings = String(mappings)
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
        "loud": (false, .silent), "mand": (true, .mandatoryLocks), "nomand": (false, .mandatoryLocks),
        "iversion": (true, .inodeVersion), "noiversion": (false, .inodeVersion),
        "lazytime": (true, .lazyTime), "nolazytime": (false, .lazyTime),
        "nosymfollow": (true, .noSymbolicLinks), "symfollow": (false, .noSymbolicLinks),
    ]

    private static let propagations: [String: MountFlags] = [
        "private": .isPrivate, "rprivate": [.isPrivate, .recursive],
        "shared": .shared, "rshared": [.shared, .recursive],
        "slave": .follower, "rslave": [.follower, .recursive],
        "unbindable": .unbindable, "runbindable": [.unbindable, .recursive],
    ]

    private static let recursives: [String: (Bool, MountAttributes)] = [
        "rro": (true, .readOnly), "rrw": (false, .readOnly),
        "rnosuid": (true, .noSetUserID), "rsuid": (false, .noSetUserID),
        "rnodev": (true, .noDevices), "rdev": (false, .noDevices),
        "rnoexec": (true, .noExecution), "rexec": (false, .noExecution),
        "rnodiratime": (true, .noDirectoryAccessTime), "rdiratime": (false, .noDirectoryAccessTime),
        "rnosymfollow": (true, .noSymbolicLinks), "rsymfollow": (false, .noSymbolicLinks),
        "rnoatime": (true, .noAccessTime), "ratime": (false, .noAccessTime),
        "rstrictatime": (true, .strictAccessTime), "rnostrictatime": (false, .strictAccessTime),
        // The kernel's default among the three access-time modes.
        "rrelatime": (false, .accessTime), "rnorelatime": (true, .strictAccessTime),
    ]

    /// Every option that is not the file system's own, sorted: what `features` says is understood.
    public static var names: [String] {
        (Array(flags.keys) + propagations.keys + recursives.keys + ["defaults", "tmpcopyup", "idmap", "ridmap"])
            .sorted()
    }

    /// Whether anything is asked for recursively.
    public var changesDeeply: Bool { !recursive.isEmpty || !recursiveCleared.isEmpty }

    /// The recursive attributes to clear: one of the access-time modes is set only where the others go.
    public var recursiveClearedAttributes: MountAttributes {
        // The kernel takes the three together or not at all.
        recursive.union(recursiveCleared).isDisjoint(with: .accessTime)
            ? recursiveCleared : recursiveCleared.union(.accessTime)
    }

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
        (.noDirectoryAccessTime, .noDirectoryAccessTime), (.noSymbolicLinks, .noSymbolicLinks),
    ]
}
