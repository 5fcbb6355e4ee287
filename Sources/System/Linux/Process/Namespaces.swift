/// Kinds of namespace, as the CLONE_NEW… bits of `clone3(2)` and `unshare(2)`.
public struct Namespaces: OptionSet, Sendable, Hashable, CustomStringConvertible {
    public let rawValue: UInt64

    public init(rawValue: UInt64) { self.rawValue = rawValue }

    /// Not of `clone(2)`, whose exit signal has the bit; entered by execve.
    public static let time = Namespaces(rawValue: 0x80)
    public static let mount = Namespaces(rawValue: 0x0002_0000)
    public static let cgroup = Namespaces(rawValue: 0x0200_0000)
    public static let uts = Namespaces(rawValue: 0x0400_0000)
    public static let ipc = Namespaces(rawValue: 0x0800_0000)
    public static let user = Namespaces(rawValue: 0x1000_0000)
    public static let pid = Namespaces(rawValue: 0x2000_0000)
    public static let network = Namespaces(rawValue: 0x4000_0000)

    /// Each kind with its name in /proc/<pid>/ns.
    public static let named: [(namespace: Namespaces, name: String)] = [
        (.mount, "mnt"), (.cgroup, "cgroup"), (.uts, "uts"), (.ipc, "ipc"), (.user, "user"), (.pid, "pid"),
        (.network, "net"), (.time, "time"),
    ]

    public var description: String {
        Self.named.filter { contains($0.namespace) }.map(\.name).joined(separator: ",")
    }
}
