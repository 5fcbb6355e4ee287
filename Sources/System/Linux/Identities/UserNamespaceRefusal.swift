import Glibc

/// Why a host makes no user namespace for an ordinary user, and what its administrator can do. Pure but for `detect`.
public struct UserNamespaceRefusal: Equatable, Sendable {
    /// `kernel.apparmor_restrict_unprivileged_userns` (Ubuntu 24.04): made, but without any right in it.
    public var apparmorRestricts: Bool
    /// `kernel.unprivileged_userns_clone` is 0 (Debian's kernels until 10).
    public var isSwitchedOff: Bool
    /// `user.max_user_namespaces`.
    public var limit: UInt64?

    public init(apparmorRestricts: Bool = false, isSwitchedOff: Bool = false, limit: UInt64? = nil) {
        self.apparmorRestricts = apparmorRestricts
        self.isSwitchedOff = isSwitchedOff
        self.limit = limit
    }

    /// This host's.
    static func detect() -> UserNamespaceRefusal {
        func number(_ path: String) -> UInt64? { (try? SystemFile.readNumber("/proc/sys/\(path)")) ?? nil }
        return UserNamespaceRefusal(
            apparmorRestricts: number("kernel/apparmor_restrict_unprivileged_userns") == 1,
            isSwitchedOff: number("kernel/unprivileged_userns_clone") == 0,
            limit: number("user/max_user_namespaces"))
    }

    /// What can be done about an error of clone3(2), unshare(2) or setns(2); nil where nothing is known.
    ///
    /// - Parameter program: isolab's own path, for AppArmor's profile.
    public func advice(_ errno: Int32, program: String) -> String? {
        if limit == 0 {
            return
                "this host allows no user namespaces: sudo sysctl -w user.max_user_namespaces=15000, or run isolab as root"
        }
        if errno == ENOSPC || errno == EUSERS {
            return
                "user.max_user_namespaces\(limit.map { " (\($0))" } ?? "") is reached, or they are nested too deeply"
        }
        guard errno == EPERM || errno == EACCES else { return nil }
        if isSwitchedOff {
            return "sudo sysctl -w kernel.unprivileged_userns_clone=1, or run isolab as root"
        }
        if apparmorRestricts {
            return
                "AppArmor restricts user namespaces: sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0, "
                + "or give \(program) a profile with `userns,`, or run isolab as root"
        }
        return "user namespaces are refused here (a container's seccomp filter, or a chroot): run isolab as root"
    }
}
