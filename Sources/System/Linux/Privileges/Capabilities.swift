import CLinux

/// A set of capabilities (`capabilities(7)`) as the bits the kernel takes.
public struct CapabilitySet: OptionSet, Sendable, Hashable, CustomStringConvertible {
    public let rawValue: UInt64

    public init(rawValue: UInt64) { self.rawValue = rawValue }

    /// The names in the kernel's order: a capability's number is its place here (<linux/capability.h>).
    public static let names: [String] = [
        "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_SETGID",
        "CAP_SETUID", "CAP_SETPCAP", "CAP_LINUX_IMMUTABLE", "CAP_NET_BIND_SERVICE", "CAP_NET_BROADCAST",
        "CAP_NET_ADMIN", "CAP_NET_RAW", "CAP_IPC_LOCK", "CAP_IPC_OWNER", "CAP_SYS_MODULE", "CAP_SYS_RAWIO",
        "CAP_SYS_CHROOT", "CAP_SYS_PTRACE", "CAP_SYS_PACCT", "CAP_SYS_ADMIN", "CAP_SYS_BOOT", "CAP_SYS_NICE",
        "CAP_SYS_RESOURCE", "CAP_SYS_TIME", "CAP_SYS_TTY_CONFIG", "CAP_MKNOD", "CAP_LEASE", "CAP_AUDIT_WRITE",
        "CAP_AUDIT_CONTROL", "CAP_SETFCAP", "CAP_MAC_OVERRIDE", "CAP_MAC_ADMIN", "CAP_SYSLOG", "CAP_WAKE_ALARM",
        "CAP_BLOCK_SUSPEND", "CAP_AUDIT_READ", "CAP_PERFMON", "CAP_BPF", "CAP_CHECKPOINT_RESTORE",
    ]

    /// The capability of a name, with or without `CAP_`, in any case; nil where there is none.
    public init?(named name: String) {
        let upper = name.uppercased()
        let full = upper.starts("CAP_") ? upper : "CAP_" + upper
        guard let number = Self.names.firstIndex(of: full) else { return nil }
        self.init(rawValue: 1 << UInt64(number))
    }

    /// The union of names, and those that are not capabilities.
    public static func parse(_ names: [String]) -> (set: CapabilitySet, unknown: [String]) {
        var set: CapabilitySet = []
        var unknown: [String] = []
        for name in names {
            if let one = CapabilitySet(named: name) { set.formUnion(one) } else { unknown.append(name) }
        }
        return (set, unknown)
    }

    /// What the calling thread could ever give to a child: its bounding set. A specification that asks for more cannot
    /// have it, on hosts that are containers themselves.
    public static func boundingSet() -> CapabilitySet {
        var set: UInt64 = 0
        for number in 0..<64 {
            let has = isolab_bounding_set_has(Int32(number))
            // Past the last capability of this kernel.
            if has < 0 { break }
            if has == 1 { set |= 1 << UInt64(number) }
        }
        return CapabilitySet(rawValue: set)
    }

    /// The names of the members, `CAP_…`.
    public var memberNames: [String] {
        Self.names.enumerated().filter { rawValue >> UInt64($0.offset) & 1 == 1 }.map(\.element)
    }

    public var description: String {
        isEmpty ? "none" : memberNames.map { String($0.dropFirst(4)).lowercased() }.joined(separator: ",")
    }
}
