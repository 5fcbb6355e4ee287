import Testing

@testable import Linux

/// Cgroup layouts of other hosts, read from their own words, and what a cgroup becomes on each.
@Suite struct CgroupLayoutTests {
    private static let limits = CgroupLimits(
        memory: 1 << 20, memoryAndSwap: 3 << 20, cpuQuota: 20_000, cpuShares: 1024, processes: 5)

    private static func lines(_ directory: CgroupPlan.Directory) -> [String] {
        directory.settings.map { "\($0.file)=\($0.value)" }
    }

    /// A systemd host: everything on v2, below the root for root and below the own cgroup where delegated.
    @Test func unified() {
        var layout = CgroupLayout(
            mountInformation: """
                24 23 0:22 / /sys rw,nosuid - sysfs sysfs rw
                35 24 0:30 / /sys/fs/cgroup rw,nosuid,nodev,noexec,relatime shared:9 - cgroup2 cgroup2 rw,nsdelegate
                """, ownCgroups: "0::/user.slice/user-1000.slice/run.scope\n")
        #expect(layout.mode == .v2)
        layout.hierarchies[0].controllers = ["cpuset", "cpu", "memory", "pids", "misc"]
        let plan = CgroupPlan(name: "n", limits: Self.limits, layout: layout)
        #expect(plan.directories.map(\.path) == ["/sys/fs/cgroup/isolab/n"])
        #expect(plan.directories[0].controllers == ["cpuset", "cpu", "memory", "pids"])
        #expect(
            Self.lines(plan.directories[0]) == [
                "cpu.max=20000", "cpu.weight=100", "memory.max=1048576", "memory.swap.max=2097152", "pids.max=5",
            ])
        #expect(plan.refusals.isEmpty)
        let delegated = CgroupPlan(name: "n", limits: Self.limits, layout: layout, delegated: true)
        #expect(delegated.directories[0].path == "/sys/fs/cgroup/user.slice/user-1000.slice/run.scope/isolab/n")
    }

    /// Controllers on v1 with a v2 hierarchy beside them; a hierarchy mounted twice counts once.
    @Test func hybrid() {
        let layout = CgroupLayout(
            mountInformation: """
                32 31 0:29 / /cg/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct
                33 31 0:30 / /cg/memory rw - cgroup cgroup rw,memory
                34 31 0:30 / /elsewhere rw - cgroup cgroup rw,memory
                35 31 0:31 / /cg/cpuset rw - cgroup cgroup rw,cpuset
                36 31 0:32 / /cg/systemd rw - cgroup cgroup rw,xattr,name=systemd
                37 31 0:33 / /cg/unified rw - cgroup2 cgroup2 rw
                """, ownCgroups: "4:memory:/deep/er\n1:cpu,cpuacct:/\n0::/\n")
        #expect(layout.mode == .hybrid)
        #expect(layout.hierarchy(of: "memory")?.ownPath == "/deep/er")
        let plan = CgroupPlan(name: "n", limits: Self.limits, layout: layout)
        #expect(
            plan.directories.map(\.path) == [
                "/cg/cpu,cpuacct/isolab/n", "/cg/memory/isolab/n", "/cg/cpuset/isolab/n", "/cg/systemd/isolab/n",
                "/cg/unified/isolab/n",
            ])
        #expect(
            Self.lines(plan.directories[0]) == [
                "cpu.cfs_quota_us=20000", "cpu.shares=1024",
            ])
        #expect(
            Self.lines(plan.directories[1]) == [
                "memory.limit_in_bytes=1048576", "memory.memsw.limit_in_bytes=3145728",
            ])
        #expect(plan.refusals.map(\.field) == ["linux.resources.pids"])
    }

    /// A part's name that begins like another's is not taken for it.
    @Test func partOfTheSameBeginning() {
        let layout = CgroupLayout(
            mountInformation: "40 39 0:30 /docker/abc /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory",
            ownCgroups: "4:memory:/docker/abcdef\n")
        #expect(layout.hierarchies[0].ownPath == "/docker/abcdef")
    }

    /// Inside a container without a cgroup namespace the mount shows a part: the own path is relative to it.
    @Test func partOfAHierarchy() {
        let layout = CgroupLayout(
            mountInformation: "40 39 0:30 /docker/abc /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory",
            ownCgroups: "4:memory:/docker/abc\n")
        #expect(layout.mode == .v1)
        #expect(layout.hierarchies[0].ownPath == "/")
    }

    /// A cpuset is there whether it was asked for or not; what was not asked for is filled as it is made.
    @Test func cpusetIsJoined() {
        let layout = CgroupLayout(hierarchies: [
            CgroupHierarchy(version: 1, controllers: ["cpuset"], mountPoint: "/c", ownPath: "/")
        ])
        let plan = CgroupPlan(name: "n", limits: CgroupLimits(cpus: "0"), layout: layout)
        #expect(plan.directories[0].settings == [.init(file: "cpuset.cpus", value: "0")])
        let idle = CgroupPlan(name: "n", limits: CgroupLimits(), layout: layout)
        #expect(idle.directories.map(\.path) == ["/c/isolab/n"] && idle.directories[0].isDispensable)
    }

    /// v1's shares on v2's scale: both ends and the default land where they mean the same.
    @Test(arguments: [(2, 1), (1024, 100), (262_144, 10_000), (0, 1), (999_999, 10_000)] as [(UInt64, UInt64)])
    func weights(shares: UInt64, weight: UInt64) {
        #expect(CgroupSettings.weight(ofShares: shares) == weight)
    }
}
