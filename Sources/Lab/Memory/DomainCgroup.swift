import Linux

/// The cgroup that a libvirt daemon gave one guest, found by the guest's process: the counterpart of `AccountingCgroup`
/// where the sandbox is not isolab's to place.
enum DomainCgroup {
    /// Bytes charged now; `nil` where the daemon gives its guests no memory cgroup of their own.
    static func charge(of pid: Int32) -> UInt64? {
        guard let hierarchy = (try? CgroupLayout.detect())?.hierarchy(of: "memory"),
            let cgroups = try? SystemFile.read("/proc/\(pid)/cgroup"),
            let path = path(in: cgroups, version: hierarchy.version)
        else { return nil }
        let file = hierarchy.version == 2 ? "memory.current" : "memory.usage_in_bytes"
        let text = try? SystemFile.read("\(hierarchy.mountPoint)\(path)/\(file)")
        return text.flatMap { UInt64($0.filter(\.isNumber)) }
    }

    /// From /proc/pid/cgroup (cgroups(7)): the part that is the guest's, without libvirt's own below it (`emulator`,
    /// `libvirt/vcpu0`).
    ///
    /// libvirt names it `machine-qemu\x2d1\x2dNAME.scope` with systemd, else `qemu-1-NAME.libvirt-qemu`.
    static func path(in cgroups: String, version: Int) -> String? {
        for line in cgroups.split(separator: "\n") {
            let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard fields.count == 3 else { continue }
            let isOurs =
                version == 2
                ? fields[0] == "0" && fields[1].isEmpty : fields[1].split(separator: ",").contains("memory")
            guard isOurs else { continue }
            let parts = fields[2].split(separator: "/")
            guard
                let end = parts.firstIndex(where: {
                    ($0.hasPrefix("machine-qemu") && $0.hasSuffix(".scope")) || $0.hasSuffix(".libvirt-qemu")
                })
            else { return nil }
            return "/" + parts[...end].joined(separator: "/")
        }
        return nil
    }
}
