import Glibc
import Linux

/// What a layer's removals become on disk.
public enum WhiteoutForm: Equatable, Sendable {
    /// For overlayfs: a character device 0/0 for a removal, `trusted.overlay.opaque=y` on a directory that hides all below.
    case overlay
    /// The same with `user.overlay.opaque`, which overlayfs reads when mounted with `userxattr`: in user namespaces.
    case userOverlay

    /// The extended attribute of an opaque directory (Linux, Documentation/filesystems/overlayfs.rst).
    var opaqueAttribute: String {
        switch self {
        case .overlay: "trusted.overlay.opaque"
        case .userOverlay: "user.overlay.opaque"
        }
    }
}

/// What becomes of the devices in a layer.
public enum DevicePolicy: Equatable, Sendable {
    case create
    /// They are left out and counted: a container's /dev is mounted over them anyway.
    case omit
    case refuse
}

/// How layers are unpacked.
public struct UnpackOptions: Equatable, Sendable {
    public var whiteouts: WhiteoutForm
    public var ownership: Ownership
    public var devices: DevicePolicy
    public var limits: LayerLimits
    /// Whether the directory itself keeps its owner, mode and times, whatever an entry for it (`./`) says.
    public var keepsRoot = false
    /// Whether every name is a file's: an archive of files, in which no name removes anything.
    package var hasNoWhiteouts = false

    public init(
        whiteouts: WhiteoutForm = .overlay, ownership: Ownership = .recorded, devices: DevicePolicy = .create,
        limits: LayerLimits = LayerLimits()
    ) {
        self.whiteouts = whiteouts
        self.ownership = ownership
        self.devices = devices
        self.limits = limits
    }

    /// What the caller is able to do: everything as root of the host; without devices and `trusted.` attributes as root of
    /// a user namespace; all files its own as an ordinary user.
    public static var possible: UnpackOptions {
        if StandardDirectories.isHostRoot { return UnpackOptions() }
        return UnpackOptions(
            whiteouts: .userOverlay, ownership: geteuid() == 0 ? .recorded : .own, devices: .omit)
    }
}
