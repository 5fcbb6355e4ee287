import Linux
import RunRecord

/// Version of the control groups, their controllers, and whether moving processes among them waits for RCU.
enum CgroupFacts {
    static func read(_ host: HostSource) -> [Fact] {
        guard let mounts = host.text("/proc/self/mountinfo") else {
            return [.known("layout", nil, decisive: true)]
        }
        let layout = CgroupLayout(mountInformation: mounts, ownCgroups: host.text("/proc/self/cgroup") ?? "")
        let unified = layout.unified.flatMap { host.text("\($0.mountPoint)/cgroup.controllers") }
        let version1 = layout.hierarchies.filter { $0.version == 1 }.flatMap(\.controllers)
        return [
            Fact("layout", layout.mode.rawValue, decisive: true),
            .known("v2 controllers", layout.unified == nil ? "no v2 hierarchy" : unified ?? "none", decisive: true),
            .known("v1 controllers", version1.isEmpty ? "none" : version1.joined(separator: " "), decisive: true),
            Fact("favordynmods", mounts.contains("favordynmods") ? "on" : "off", decisive: true),
            .known("own cgroup", layout.unified?.ownPath ?? layout.hierarchies.first?.ownPath),
        ]
    }
}
