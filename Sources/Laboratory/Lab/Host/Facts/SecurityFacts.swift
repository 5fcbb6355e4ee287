import Linux
import RunRecord

/// LSMs, seccomp and its compiler, user namespaces, capabilities that even root lacks.
enum SecurityFacts {
    static func read(_ host: HostSource) -> [Fact] {
        let seccomp = "/proc/sys/kernel/seccomp"
        return [
            .known("security modules", host.text("/sys/kernel/security/lsm"), decisive: true),
            .known("seccomp actions", host.text("\(seccomp)/actions_avail")),
            .known("seccomp JIT", compiler(host.text("/proc/sys/net/core/bpf_jit_enable")), decisive: true),
            .known("JIT hardening", host.text("/proc/sys/net/core/bpf_jit_harden")),
            .known("seccomp's speculation default", host.fields("/proc/self/status")["Speculation_Store_Bypass"]),
            .known("user namespaces allowed", host.text("/proc/sys/user/max_user_namespaces")),
            .known("unprivileged user namespaces", unprivileged(host)),
            .known("capabilities missing from the bounding set", missing(host.fields("/proc/self/status")["CapBnd"])),
        ]
    }

    private static func compiler(_ mode: String?) -> String? {
        switch mode {
        case "0": "off"
        case "1": "on"
        case "2": "on, with traces"
        default: mode
        }
    }

    /// Debian's switch and Ubuntu's restriction; kernels without either allow them.
    static func unprivileged(_ host: HostSource) -> String? {
        if host.text("/proc/sys/kernel/unprivileged_userns_clone") == "0" {
            return "refused (kernel.unprivileged_userns_clone)"
        }
        if host.text("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") == "1" {
            return "restricted by AppArmor (kernel.apparmor_restrict_unprivileged_userns)"
        }
        if host.text("/proc/sys/user/max_user_namespaces") == "0" { return "refused (user.max_user_namespaces)" }
        return host.text("/proc/sys/user/max_user_namespaces") == nil ? nil : "allowed"
    }

    /// Names of the capabilities that the bounding set lacks, among those Linux had when isolab was written.
    static func missing(_ bounding: String?) -> String? {
        guard let bounding, let bits = UInt64(bounding, radix: 16) else { return nil }
        let names = CapabilitySet.names.indices.filter { bits & (1 << UInt64($0)) == 0 }.map {
            CapabilitySet.names[$0]
        }
        return names.isEmpty ? "none" : names.joined(separator: ", ")
    }
}
