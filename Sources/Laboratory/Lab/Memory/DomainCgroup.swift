import Linux

/// The cgroup that a libvirt daemon gave one guest, found by the guest's process: the counterpart of `AccountingCgroup`
/// where the sandbox is not isolab's to place.
enum DomainCgroup {
    /// Bytes charged now; `nil` where the daemon gives its guests no memory cgroup of their own.
    static func charge(of pid: Int32) -> UInt64? {
        MemoryCgroup.number(of: pid, files: ("memory.usage_in_bytes", "memory.current"), place: path)
    }

    /// The directory of that cgroup.
    static func directory(of pid: Int32) -> String? {
        guard let hierarchy = (try? CgroupLayout.detect())?.hierarchy(of: "memory"),
            let cgroups = try? SystemFile.read("/proc/\(pid)/cgroup"),
            let path = path(in: cgroups, version: hierarchy.version)
        else { return nil }
        return hierarchy.mountPoint + path
    }

    /// From /proc/pid/cgroup (cgroups(7)): the part that is the guest's, without libvirt's own below it (`emulator`,
    /// `libvirt/vcpu0`).
    ///
    /// libvirt names it `machine-qemu\x2d1\x2dNAME.scope` with systemd, else `qemu-1-NAME.libvirt-qemu`.
    static func path(in cgroups: String, version: Int) -> String? {
        let parts = MemoryCgroup.path(in: cgroups, version: version)?.split(separator: "/") ?? []
        let end = parts.firstIndex {
            ($0.hasPrefix("machine-qemu") && $0.hasSuffix(".scope")) || $0.hasSuffix(".libvirt-qemu")
        }
        return end.map { "/" + parts[...$0].joined(separator: "/") }
    }
}
