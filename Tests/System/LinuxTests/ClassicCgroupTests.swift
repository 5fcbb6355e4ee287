import Glibc
import Testing

@testable import Linux

/// Cgroup v1 as distributions mounted it, every controller, some two in one hierarchy. CI runs these in a guest of its own
/// (`ForeignHostTests`).
@Suite(
    .enabled(if: geteuid() == 0, "needs root"),
    .enabled(
        if: (try? CgroupLayout.detect()).map { layout in
            ["cpu", "cpuset", "memory", "pids", "hugetlb", "net_cls", "net_prio", "rdma"].allSatisfy {
                layout.hierarchy(of: $0)?.version == 1
            }
        } == true, "[host] needs every controller on cgroup v1"))
struct ClassicCgroupTests {
    /// Each limit stands in the kernel's file; what the kernel has no file for is said.
    @Test func limitsStand() throws {
        var limits = CgroupLimits(
            memory: 64 << 20, memoryAndSwap: 80 << 20, cpuQuota: 20_000, cpuPeriod: 50_000, cpuShares: 512,
            processes: 9,
            cpus: "0")
        limits.memoryReservation = 1 << 20
        limits.swappiness = 7
        limits.kernelTCPMemory = 8 << 20
        limits.disablesOutOfMemoryKiller = true
        limits.cpuBurst = 1000
        limits.cpuIdle = 0
        limits.hugepages = [.init(size: "2MB", limit: 4 << 20)]
        limits.networkClass = 0x10_0001
        limits.networkPriorities = [.init(interface: "lo", priority: 5)]
        let place = try CgroupPlace("/test-\(getpid())-limits/below/it")
        let plan = CgroupPlan(place: place, limits: limits, layout: try CgroupLayout.detect())
        #expect(plan.refusals.isEmpty)
        let cgroup = try Cgroup.create(plan)
        let expected = [
            ("memory", "memory.limit_in_bytes", "67108864"), ("memory", "memory.memsw.limit_in_bytes", "83886080"),
            ("memory", "memory.soft_limit_in_bytes", "1048576"), ("memory", "memory.swappiness", "7"),
            ("memory", "memory.kmem.tcp.limit_in_bytes", "8388608"), ("cpu", "cpu.cfs_quota_us", "20000"),
            ("cpu", "cpu.cfs_period_us", "50000"), ("cpu", "cpu.cfs_burst_us", "1000"), ("cpu", "cpu.shares", "512"),
            ("pids", "pids.max", "9"), ("cpuset", "cpuset.cpus", "0"), ("cpuset", "cpuset.mems", "0"),
            ("hugetlb", "hugetlb.2MB.limit_in_bytes", "4194304"),
            ("hugetlb", "hugetlb.2MB.rsvd.limit_in_bytes", "4194304"), ("net_cls", "net_cls.classid", "1048577"),
        ]
        for (controller, file, value) in expected {
            let path = try #require(cgroup.directory(of: controller)).path
            #expect(try SystemFile.read("\(path)/\(file)") == value + "\n", "\(file)")
        }
        let memory = try #require(cgroup.directory(of: "memory")).path
        #expect(try SystemFile.read(memory + "/memory.oom_control").contains("oom_kill_disable 1"))
        let priorities = try #require(cgroup.directory(of: "net_prio")).path
        #expect(try SystemFile.read(priorities + "/net_prio.ifpriomap").contains("lo 5"))
        // Neither CFQ nor BFQ, and no realtime groups in a distribution's kernel: asked for, they are refused.
        var weighted = CgroupLimits()
        weighted.blockIO = .init(weight: 500)
        var realtime = CgroupLimits()
        realtime.realtimeRuntime = 1000
        for (limits, field) in [(weighted, "blockIO.weight"), (realtime, "cpu.realtimeRuntime")] {
            let error = #expect(throws: SystemError.self) { try cgroup.apply(limits) }
            #expect(error?.description.contains("linux.resources.\(field)") == true)
        }
        let process = try ProcessPlan("/bin/sleep", ["60"]).spawn(in: cgroup)
        for directory in cgroup.directories { #expect(try Cgroup.processes(in: directory.path) == [process.pid]) }
        let figures = try cgroup.statistics()
        #expect(figures.memory.usage.limit == 64 << 20 && figures.processes == .init(current: 1, limit: 9))
        #expect(figures.hugepages["2MB"] != nil && figures.cpuset.processors == [0])
        try cgroup.kill()
        _ = try process.wait()
        try cgroup.remove()
        for directory in plan.directories {
            for path in directory.own + [directory.path] { #expect(!SystemFile.exists(path)) }
        }
    }
}
