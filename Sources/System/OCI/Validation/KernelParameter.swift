/// A kernel parameter of `linux.sysctl`, by a name in either of the two ways in which `sysctl(8)` takes them:
/// `net.ipv4.conf.eth0/1.forwarding` and `net/ipv4/conf/eth0.1/forwarding` are the same.
public struct KernelParameter: Equatable, Sendable {
    /// Below `/proc/sys`.
    public let path: String

    /// Nil where the name does not name a file below `/proc/sys`.
    public init?(_ name: String) {
        guard let separator = name.first(where: { $0 == "." || $0 == "/" }) else { return nil }
        if separator == "/" {
            path = name
        } else {
            path = String(
                name.map { character in
                    switch character {
                    case ".": "/" as Character
                    case "/": "."
                    default: character
                    }
                })
        }
        guard
            path.split(separator: "/", omittingEmptySubsequences: false).allSatisfy({
                !$0.isEmpty && $0 != "." && $0 != ".."
            })
        else { return nil }
    }

    /// The kind of namespace that has the parameter to itself; nil: it is the whole host's.
    public var namespace: RuntimeConfiguration.Namespace.Kind? {
        if path.hasPrefix("net/") { return .network }
        if path.hasPrefix("fs/mqueue/") || Self.ofIPC.contains(path) { return .ipc }
        return Self.ofUTS.contains(path) ? .uts : nil
    }

    private static let ofIPC: Set<String> = [
        "kernel/msgmax", "kernel/msgmnb", "kernel/msgmni", "kernel/sem", "kernel/shmall", "kernel/shmmax",
        "kernel/shmmni", "kernel/shm_rmid_forced",
    ]
    private static let ofUTS: Set<String> = ["kernel/domainname", "kernel/hostname"]
}
