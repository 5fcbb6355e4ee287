import Glibc

/// An overlay file system to be: layers, and a directory of its own that takes what is written (Linux,
/// Documentation/filesystems/overlayfs.rst).
///
/// The layers are numbered names in one directory, links mostly: mount(2) takes a page of options, which 60 whole paths would
/// not fit.
public struct OverlayMount: Equatable, Sendable {
    /// The directory that holds the layers as `0`, the lowest, to `count - 1`.
    public var stack: String
    /// How many layers there are; at least one, at most 500.
    public var count: Int
    /// What is written; nil: nothing can be.
    public var upper: String?
    /// Where the kernel prepares what it puts in `upper`: an empty directory of the same file system.
    public var work: String?
    /// Leaves out the syncs that matter only for what shall outlive a power cut; such a mount's `upper` cannot be mounted a
    /// second time.
    public var isVolatile: Bool

    public init(stack: String, count: Int, upper: String? = nil, work: String? = nil, isVolatile: Bool = false) {
        self.stack = stack
        self.count = count
        self.upper = upper
        self.work = work
        self.isVolatile = isVolatile
    }

    /// The options for mount(2).
    ///
    /// - Parameters:
    ///   - prefix: what leads to `stack`, with a slash at its end; empty where it is the working directory.
    ///   - userAttributes: in a user namespace, where only `user.` attributes may be set.
    public func options(prefix: String = "", userAttributes: Bool) -> String {
        var options = "lowerdir=" + (0..<count).reversed().map { prefix + String($0) }.joined(separator: ":")
        if let upper, let work {
            options += ",upperdir=\(Self.escaped(upper)),workdir=\(Self.escaped(work))"
            if isVolatile { options += ",volatile" }
        }
        // Files whose content is elsewhere, or whose names are other than their places', could not be read as layers.
        return options + (userAttributes ? ",userxattr" : ",redirect_dir=off,metacopy=off")
    }

    /// A colon parts layers and a comma options: both are escaped in a path.
    public static func escaped(_ path: String) -> String {
        var result = ""
        for character in path {
            if character == ":" || character == "," || character == "\\" { result.append("\\") }
            result.append(character)
        }
        return result
    }

    /// Mounts it in the caller's mount namespace, where it stays until it is unmounted (`unmount`), a reboot at the latest.
    public func mount(at target: String) throws(SystemError) {
        let directory = try OwnedDescriptor(opening: stack, OwnedDescriptor.pathOnly | O_DIRECTORY)
        let options = options(
            prefix: "/proc/self/fd/\(directory.number)/", userAttributes: !StandardDirectories.isHostRoot)
        guard options.utf8.count < Int(getpagesize()) else {
            throw SystemError(
                "mount", target, errno: E2BIG, advice: "the image has too many layers to be mounted on the host")
        }
        if Glibc.mount("overlay", target, "overlay", 0, options) != 0 {
            throw SystemError("mount", "overlay on \(target)")
        }
    }

    /// Takes a mount away; one that is busy goes when its last user does.
    public static func unmount(_ target: String) throws(SystemError) {
        if umount2(target, Int32(MNT_DETACH)) != 0, errno != EINVAL, errno != ENOENT {
            throw SystemError("umount", target)
        }
    }
}
