/// Flags of `mount(2)`.
public struct MountFlags: OptionSet, Sendable, Hashable, CustomStringConvertible {
    public let rawValue: UInt64

    public init(rawValue: UInt64) { self.rawValue = rawValue }

    public static let readOnly = MountFlags(rawValue: 1)
    public static let noSetUserID = MountFlags(rawValue: 2)
    public static let noDevices = MountFlags(rawValue: 4)
    public static let noExecution = MountFlags(rawValue: 8)
    public static let synchronous = MountFlags(rawValue: 16)
    public static let remount = MountFlags(rawValue: 32)
    public static let mandatoryLocks = MountFlags(rawValue: 64)
    public static let directorySynchronous = MountFlags(rawValue: 128)
    public static let noSymbolicLinks = MountFlags(rawValue: 256)
    public static let noAccessTime = MountFlags(rawValue: 1024)
    public static let noDirectoryAccessTime = MountFlags(rawValue: 2048)
    public static let bind = MountFlags(rawValue: 4096)
    public static let recursive = MountFlags(rawValue: 16384)
    public static let silent = MountFlags(rawValue: 32768)
    public static let unbindable = MountFlags(rawValue: 1 << 17)
    public static let isPrivate = MountFlags(rawValue: 1 << 18)
    public static let follower = MountFlags(rawValue: 1 << 19)
    public static let shared = MountFlags(rawValue: 1 << 20)
    public static let relativeAccessTime = MountFlags(rawValue: 1 << 21)
    public static let inodeVersion = MountFlags(rawValue: 1 << 23)
    public static let strictAccessTime = MountFlags(rawValue: 1 << 24)
    public static let lazyTime = MountFlags(rawValue: 1 << 25)

    /// Whether nothing but propagation is changed.
    public var isPropagationOnly: Bool { !isEmpty && isSubset(of: Self.propagation.union(.recursive)) }

    static let propagation: MountFlags = [.unbindable, .isPrivate, .follower, .shared]

    public var description: String {
        Self.named.filter { contains($0.flag) }.map(\.name).joined(separator: ",")
    }

    private static let named: [(flag: MountFlags, name: String)] = [
        (.readOnly, "ro"), (.noSetUserID, "nosuid"), (.noDevices, "nodev"), (.noExecution, "noexec"),
        (.synchronous, "sync"), (.remount, "remount"), (.directorySynchronous, "dirsync"),
        (.noAccessTime, "noatime"), (.noDirectoryAccessTime, "nodiratime"), (.bind, "bind"), (.recursive, "rec"),
        (.silent, "silent"), (.unbindable, "unbindable"), (.isPrivate, "private"), (.follower, "slave"),
        (.shared, "shared"), (.relativeAccessTime, "relatime"), (.strictAccessTime, "strictatime"),
        (.mandatoryLocks, "mand"), (.noSymbolicLinks, "nosymfollow"), (.inodeVersion, "iversion"),
        (.lazyTime, "lazytime"),
    ]
}

/// Attributes of `mount_setattr(2)`.
public struct MountAttributes: OptionSet, Sendable, Hashable, CustomStringConvertible {
    public let rawValue: UInt64

    public init(rawValue: UInt64) { self.rawValue = rawValue }

    public static let readOnly = MountAttributes(rawValue: 1)
    public static let noSetUserID = MountAttributes(rawValue: 2)
    public static let noDevices = MountAttributes(rawValue: 4)
    public static let noExecution = MountAttributes(rawValue: 8)
    public static let noAccessTime = MountAttributes(rawValue: 0x10)
    public static let strictAccessTime = MountAttributes(rawValue: 0x20)
    /// All access-time modes: must be cleared when one is set.
    public static let accessTime = MountAttributes(rawValue: 0x70)
    public static let noDirectoryAccessTime = MountAttributes(rawValue: 0x80)
    public static let noSymbolicLinks = MountAttributes(rawValue: 0x20_0000)

    public var description: String {
        let named: [(MountAttributes, String)] = [
            (.readOnly, "ro"), (.noSetUserID, "nosuid"), (.noDevices, "nodev"), (.noExecution, "noexec"),
            (.noAccessTime, "noatime"), (.strictAccessTime, "strictatime"), (.noDirectoryAccessTime, "nodiratime"),
            (.noSymbolicLinks, "nosymfollow"),
        ]
        return named.filter { contains($0.0) }.map(\.1).joined(separator: ",")
    }
}
