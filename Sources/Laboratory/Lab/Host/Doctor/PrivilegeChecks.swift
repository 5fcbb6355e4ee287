import Glibc
import Linux

/// Root, and what even root may lack.
enum PrivilegeChecks {
    static func all() -> [Capability] {
        let bounding = HostSource.host.fields("/proc/self/status")["CapBnd"].flatMap { UInt64($0, radix: 16) }
        return [root(isRoot: geteuid() == 0, bounding: bounding)]
    }

    static func root(isRoot: Bool, bounding: UInt64?) -> Capability {
        guard isRoot else {
            return Capability(
                "root", .missing, "an ordinary user: the container lanes of isolab bench need root",
                remedy: "sudo isolab bench", needed: true)
        }
        let missing = bounding.map { String($0, radix: 16) }.flatMap(SecurityFacts.missing) ?? "none"
        if missing == "none" { return Capability("root", .works, "root with every capability", needed: true) }
        if missing.split(separator: ", ").contains("CAP_SYS_ADMIN") {
            return Capability(
                "root", .missing, "root of a container that lacks \(missing)",
                remedy: "run isolab outside the container, or give the container --privileged", needed: true)
        }
        return Capability("root", .limited, "root, but its bounding set lacks \(missing)", needed: true)
    }
}

/// Each kind of namespace, by making one.
enum NamespaceChecks {
    /// - Parameter entry: joins a user namespace, in which an ordinary user may make the others; empty: as he is.
    static func all(inside entry: [ChildStep] = []) -> [Capability] {
        Namespaces.named.map { kind in
            do throws(SystemError) {
                let isInside = !entry.isEmpty && kind.namespace != .user
                if isInside || kind.namespace == .time {
                    // clone3(2) cannot make one of time for a child that shares its parent's memory.
                    try ChildAttempt.run((isInside ? entry : []) + [.unshare(kind.namespace)])
                } else {
                    try ChildAttempt.run([], in: kind.namespace)
                }
                return Capability(
                    "namespace \(kind.name)", .works, isInside ? "one was made, in a user namespace" : "one was made",
                    needed: isNeeded(kind.namespace))
            } catch {
                return Capability(
                    "namespace \(kind.name)", .missing, "\(error)",
                    remedy: remedy(kind.namespace, error.errno), needed: isNeeded(kind.namespace))
            }
        }
    }

    /// The user namespace has a lane of its own; the rest is what a container is.
    private static func isNeeded(_ namespace: Namespaces) -> Bool { namespace != .user && namespace != .time }

    private static func remedy(_ namespace: Namespaces, _ errno: Int32) -> String {
        switch (errno, namespace) {
        case (EPERM, .user): "sudo sysctl -w kernel.unprivileged_userns_clone=1"
        case (EPERM, _): "sudo isolab doctor"
        case (ENOSPC, _): "sudo sysctl -w user.max_user_namespaces=10000 (and the limits beside it)"
        case (EINVAL, _): "a kernel with this namespace (CONFIG_NAMESPACES)"
        default: ""
        }
    }
}
