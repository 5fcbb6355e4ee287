import Glibc
import Testing

@testable import Linux

/// What only a host with everything on cgroup v2 can show: its controllers at work. CI runs these in a guest of its own
/// (`ForeignHostTests`).
@Suite(
    .enabled(if: geteuid() == 0, "needs root"),
    .enabled(
        if: (try? CgroupLayout.detect()).map { $0.mode == .v2 && $0.controllers.contains("memory") } == true,
        "[host] needs a host with its controllers on cgroup v2"))
struct UnifiedCgroupTests {
    let layout: CgroupLayout

    init() throws { layout = try CgroupLayout.detect() }

    private func create(_ name: String, _ limits: CgroupLimits) throws -> Cgroup {
        try Cgroup.create(named: "test-\(getpid())-\(name)", limits: limits, layout: layout)
    }

    /// Runs a shell script inside to its end; its output.
    private func run(_ script: String, in cgroup: Cgroup) throws -> String {
        let pipe = try Pipe()
        let process = try ProcessPlan("/bin/sh", ["-c", script])
            .spawn(StandardStreams(output: pipe.writeEnd, error: pipe.writeEnd), in: cgroup)
        pipe.closeWriteEnd()
        let text = try pipe.readAll()
        _ = try process.wait()
        return text
    }

    /// Each limit stands in the kernel's file, in its words; controllers were enabled all the way down.
    @Test func limitsStand() throws {
        var limits = CgroupLimits(
            memory: 64 << 20, memoryAndSwap: 80 << 20, cpuQuota: 20_000, cpuPeriod: 50_000, cpuShares: 512,
            processes: 9,
            cpus: "0", memoryNodes: "0", unified: [.init(file: "memory.high", value: "60000000")])
        limits.memoryReservation = 1 << 20
        limits.cpuBurst = 1000
        limits.hugepages = [.init(size: "2MB", limit: 4 << 20)]
        let place = try CgroupPlace("/test-\(getpid())-limits/below/it")
        let cgroup = try Cgroup.create(CgroupPlan(place: place, limits: limits, layout: layout))
        let path = try #require(cgroup.unified).path
        let expected = [
            "memory.max": "67108864", "memory.swap.max": "16777216", "memory.low": "1048576", "memory.high": "59998208",
            "cpu.max": "20000 50000", "cpu.max.burst": "1000", "cpu.weight": "59", "pids.max": "9", "cpuset.cpus": "0",
            "cpuset.mems": "0", "hugetlb.2MB.max": "4194304", "hugetlb.2MB.rsvd.max": "4194304",
        ]
        for (file, value) in expected { #expect(try SystemFile.read("\(path)/\(file)") == value + "\n", "\(file)") }
        #expect(cgroup.warnings.isEmpty)
        try cgroup.remove()
        #expect(!SystemFile.exists("/sys/fs/cgroup/test-\(getpid())-limits"))
    }

    /// A group that wants more than its quota is held back, and the figures say so.
    @Test func quotaThrottles() throws {
        let cgroup = try create("quota", CgroupLimits(cpuQuota: 2_000, cpuPeriod: 10_000))
        defer { try? cgroup.remove() }
        let process = try ProcessPlan("/bin/sh", ["-c", "while :; do :; done"]).spawn(in: cgroup)
        var figures = try cgroup.statistics()
        for _ in 0..<6000 {
            guard figures.cpu.throttling.throttledPeriods < 3 else { break }
            usleep(10_000)
            figures = try cgroup.statistics()
        }
        #expect(figures.cpu.throttling.throttledPeriods >= 3)
        #expect(figures.cpu.throttling.throttledTime > 0)
        #expect(figures.cpu.usage.total > 0)
        try cgroup.kill()
        _ = try process.wait()
    }

    /// The process that would be one too many cannot be made.
    @Test func processLimit() throws {
        let cgroup = try create("pids", CgroupLimits(processes: 3))
        defer { try? cgroup.remove() }
        let text = try run("for i in 1 2 3; do sleep 60 > /dev/null 2>&1 & done; echo all", in: cgroup)
        #expect(text.contains("ork"))
        #expect(!text.contains("all"))
        try cgroup.kill()
    }

    /// A limit of none leaves room for the one that was born there (clone3 counts it before it is in).
    @Test func noProcessBesides() throws {
        let cgroup = try create("pids-0", CgroupLimits(processes: 0))
        defer { try? cgroup.remove() }
        let process = try ProcessPlan("/bin/true").spawn(in: cgroup)
        #expect(try process.wait().succeeded)
    }

    /// A new limit below what is in use is refused where it was asked to be checked; unchecked, the kernel would kill.
    @Test func checkedUpdate() throws {
        let cgroup = try create("check", CgroupLimits(memory: 256 << 20))
        defer { try? cgroup.remove() }
        let process = try ProcessPlan("/bin/sleep", ["60"]).spawn(in: cgroup)
        var limits = CgroupLimits(memory: 4096)
        limits.checksMemoryBeforeUpdate = true
        let error = #expect(throws: SystemError.self) { try cgroup.apply(limits) }
        #expect(error?.errno == EBUSY)
        let path = try #require(cgroup.unified).path
        #expect(try SystemFile.readNumber(path + "/memory.max") == 256 << 20)
        // Swap alone is counted from the memory limit that stands.
        try cgroup.apply(CgroupLimits(memoryAndSwap: 300 << 20))
        #expect(try SystemFile.readNumber(path + "/memory.swap.max") == 44 << 20)
        try cgroup.kill()
        _ = try process.wait()
    }

    /// A delegated cgroup with processes of its own gets children with limits: the processes move into a leaf, and the next
    /// cgroup goes beside that leaf, not into it.
    @Test func noInternalProcesses() throws {
        let own = try Cgroup.create(
            CgroupPlan(place: CgroupPlace("/test-\(getpid())-own"), limits: CgroupLimits(), layout: layout))
        let process = try ProcessPlan("/bin/sleep", ["60"]).spawn(in: own)
        var delegated = layout
        delegated.hierarchies[0].ownPath = "/test-\(getpid())-own"
        let limits = CgroupLimits(memory: 32 << 20, processes: 5)
        let first = try Cgroup.create(CgroupPlan(name: "a", limits: limits, layout: delegated, delegated: true))
        let moved = try SystemFile.read("/proc/\(process.pid)/cgroup")
        #expect(moved.hasPrefix("0::/test-\(getpid())-own/isolab-others"))
        delegated.hierarchies[0].ownPath += "/isolab-others"
        let second = try Cgroup.create(CgroupPlan(name: "b", limits: limits, layout: delegated, delegated: true))
        #expect(second.unified?.path == "/sys/fs/cgroup/test-\(getpid())-own/isolab/b")
        try first.remove()
        try second.remove()
        try own.kill()
        _ = try process.wait()
        try own.remove()
    }

    /// A container that made cgroups with controllers of its own can have no process beside them: one that joins it later is born
    /// where its first process is.
    @Test func joiningADividedCgroup() throws {
        let cgroup = try create("divided", CgroupLimits(processes: 20))
        defer { try? cgroup.remove() }
        let first = try ProcessPlan("/bin/sleep", ["60"]).spawn(in: cgroup)
        let path = try #require(cgroup.unified).path
        try SystemFile.makeDirectories(path + "/init.scope")
        try SystemFile.write("\(first.pid)", to: path + "/init.scope/cgroup.procs")
        try SystemFile.write("+pids", to: path + "/cgroup.subtree_control")
        #expect(throws: SystemError.self) { try ProcessPlan("/bin/sleep", ["60"]).spawn(in: cgroup) }
        // Opened for the process inside, the way leads to its cgroup.
        let entry = try cgroup.openEntry(beside: first.pid)
        let target = try #require(realpath("/proc/self/fd/\(entry.unified)", nil))
        #expect(String(cString: target) == path + "/init.scope")
        free(target)
        try cgroup.kill()
        _ = try first.wait()
    }

    /// A user who was given the cgroup can make others below it, but not lift its limits.
    @Test func givenAway() throws {
        let cgroup = try create("given", CgroupLimits(processes: 20))
        defer { try? cgroup.remove() }
        try cgroup.delegate(to: 65534)
        let path = try #require(cgroup.unified).path
        func owner(_ file: String) -> UInt32 {
            var status = stat()
            return lstat(path + file, &status) == 0 ? status.st_uid : .max
        }
        for file in ["", "/cgroup.procs", "/cgroup.threads", "/cgroup.subtree_control"] {
            #expect(owner(file) == 65534)
        }
        for file in ["/pids.max", "/memory.max", "/cgroup.freeze"] { #expect(owner(file) == 0) }
    }

    /// What v2 does not have is refused before anything is made.
    @Test func refusals() throws {
        var limits = CgroupLimits(unified: [.init(file: "nosuch.max", value: "1")])
        #expect(throws: SystemError.self) { try create("refused", limits) }
        limits = CgroupLimits()
        limits.swappiness = 10
        #expect(throws: SystemError.self) { try create("refused", limits) }
        #expect(!SystemFile.exists("/sys/fs/cgroup/isolab/test-\(getpid())-refused"))
    }
}

/// The same as an ordinary user to whom a cgroup was delegated.
@Suite(
    .enabled(
        if: geteuid() != 0 && (try? CgroupLayout.detect())?.mode == .v2,
        "[host] needs an ordinary user with a cgroup v2 of its own"))
struct DelegatedCgroupTests {
    /// An ordinary user's cgroup is below its own, with limits in force, and goes; device rules are left to who may make nodes.
    @Test func limitsOfAnOrdinaryUser() throws {
        let layout = try CgroupLayout.detect()
        let own = try #require(layout.unified).ownPath.replacing("/isolab-others", with: "")
        let plan = CgroupPlan(
            place: try CgroupPlace("/one/two"),
            limits: CgroupLimits(memory: 32 << 20, processes: 4, deviceRules: [.init(allow: false)]), layout: layout,
            delegated: true)
        let cgroup = try Cgroup.create(plan)
        let path = try #require(cgroup.unified).path
        #expect(path == "/sys/fs/cgroup\(own)/one/two")
        #expect(try SystemFile.readNumber(path + "/memory.max") == 32 << 20)
        #expect(try SystemFile.readNumber(path + "/pids.max") == 4)
        #expect(cgroup.warnings.count == 1 && cgroup.warnings[0].hasPrefix("linux.resources.devices"))
        let process = try ProcessPlan("/bin/sleep", ["60"]).spawn(in: cgroup)
        #expect(try cgroup.processes() == [process.pid])
        try cgroup.freeze()
        #expect(try cgroup.isFrozen())
        try cgroup.kill()
        #expect(try process.wait().ending == .signalled(SIGKILL, coreDumped: false))
        try cgroup.remove()
        #expect(!SystemFile.exists("/sys/fs/cgroup\(own)/one"))
    }
}

/// An ordinary user to whom nothing was delegated, on any layout.
@Suite(.enabled(if: geteuid() != 0, "[user] needs an ordinary user")) struct UndelegatedCgroupTests {
    /// At the hierarchies' roots an ordinary user may do nothing: without limits it runs in no cgroup of its own, with a
    /// limit it does not run.
    @Test func notDelegated() throws {
        let layout = try CgroupLayout.detect()
        let plan = CgroupPlan(name: "free", limits: CgroupLimits(), layout: layout)
        let free = try Cgroup.create(plan)
        #expect(free.directories.isEmpty && free.warnings.count == plan.directories.count)
        let process = try ProcessPlan("/bin/true").spawn(in: free)
        #expect(try process.wait().succeeded)
        let error = #expect(throws: SystemError.self) {
            try Cgroup.create(CgroupPlan(name: "bound", limits: CgroupLimits(processes: 4), layout: layout))
        }
        #expect(error?.errno == EACCES)
    }
}
