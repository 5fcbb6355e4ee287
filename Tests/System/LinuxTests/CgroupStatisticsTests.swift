import Glibc
import Testing

@testable import Linux

/// A cgroup's figures from the texts of both versions' files, as recorded, and from this host.
@Suite struct CgroupStatisticsTests {
    /// A directory of files that were.
    private static func files(_ texts: [String: String]) -> CgroupFiles {
        { (name: String) throws(SystemError) -> String? in texts[name] }
    }

    @Test func recordedV2() throws {
        var statistics = CgroupStatistics()
        let texts = [
            "cpu.stat": """
            usage_usec 1234
            user_usec 1000
            system_usec 234
            nr_periods 10
            nr_throttled 3
            throttled_usec 55
            nr_bursts 0
            """,
            "cpuset.cpus.effective": "0-2,5\n", "cpuset.mems.effective": "0\n", "memory.current": "4096\n",
            "memory.max": "max\n", "memory.peak": "8192\n", "memory.swap.current": "100\n", "memory.swap.max": "200\n",
            "memory.stat": "anon 1000\nfile 2000\nkernel 300\n",
            "memory.events": "low 0\nhigh 0\nmax 7\noom 1\noom_kill 1\n",
            "pids.current": "3\n", "pids.max": "max\n",
            "io.stat": "8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=5 dios=6\n254:16 \n",
            "memory.pressure": """
            some avg10=1.50 avg60=0.10 avg300=0.18 total=7340663
            full avg10=0.00 avg60=0.07 avg300=0.14 total=6138323
            """,
        ]
        try statistics.read(v2: Self.files(texts))
        #expect(statistics.cpu.usage.total == 1_234_000)
        #expect(statistics.cpu.usage.system == 234_000 && statistics.cpu.usage.user == 1_000_000)
        #expect(statistics.cpu.throttling == .init(periods: 10, throttledPeriods: 3, throttledTime: 55_000))
        #expect(statistics.cpu.pressure == nil)
        #expect(statistics.cpuset.processors == [0, 1, 2, 5] && statistics.cpuset.memoryNodes == [0])
        #expect(statistics.memory.usage == .init(limit: .max, usage: 4096, maximum: 8192, failures: 7))
        #expect(statistics.memory.swap == .init(limit: .max, usage: 4196))
        #expect(statistics.memory.cache == 2000 && statistics.memory.kernel?.usage == 300)
        #expect(statistics.processes == .init(current: 3, limit: nil))
        #expect(statistics.blockIO.serviceBytes.map(\.operation) == ["Read", "Write", "Discard"])
        #expect(statistics.blockIO.serviced.map(\.value) == [3, 4, 6])
        #expect(statistics.blockIO.serviced.allSatisfy { $0.major == 8 && $0.minor == 0 })
        #expect(statistics.memory.pressure?.some == .init(avg10: 1.5, avg60: 0.1, avg300: 0.18, total: 7_340_663))
        let pages = ["hugetlb.2MB.current": "2097152\n", "hugetlb.2MB.events": "max 4\n"]
        try statistics.readHugepages(
            version: 2, names: ["hugetlb.2MB.current", "hugetlb.2MB.rsvd.current"], Self.files(pages))
        #expect(statistics.hugepages == ["2MB": .init(usage: 2 << 20, failures: 4)])
    }

    @Test func recordedV1() throws {
        var statistics = CgroupStatistics()
        let texts = [
            "cpuacct.usage": "769842\n", "cpuacct.usage_user": "500000\n", "cpuacct.usage_sys": "269842\n",
            "cpuacct.usage_percpu": "365077 404765 \n", "cpuacct.usage_all": "cpu user system\n0 1 4\n1 2 5\n",
            "cpu.stat": "nr_periods 5\nnr_throttled 2\nthrottled_time 99\n",
            "memory.usage_in_bytes": "4096\n", "memory.limit_in_bytes": "9223372036854771712\n",
            "memory.max_usage_in_bytes": "8192\n", "memory.failcnt": "1\n", "memory.memsw.usage_in_bytes": "5000\n",
            "memory.memsw.limit_in_bytes": "65536\n", "memory.stat": "cache 12\nrss 34\nhierarchical_memory_limit 56\n",
            "pids.current": "2\n", "pids.max": "100\n",
            "blkio.throttle.io_service_bytes_recursive": "8:0 Read 4096\n8:0 Write 1\n8:0 Total 4097\nTotal 4097\n",
            "blkio.throttle.io_serviced_recursive": "8:0 Read 1\nTotal 1\n",
        ]
        for controller in ["cpu", "cpuacct", "memory", "pids", "blkio", "freezer"] {
            try statistics.read(v1: controller, Self.files(texts))
        }
        #expect(statistics.cpu.usage.perProcessor == [365_077, 404_765])
        #expect(statistics.cpu.usage.systemPerProcessor == [4, 5] && statistics.cpu.usage.userPerProcessor == [1, 2])
        #expect(statistics.cpu.usage.total == 769_842 && statistics.cpu.usage.system == 269_842)
        #expect(statistics.cpu.throttling == .init(periods: 5, throttledPeriods: 2, throttledTime: 99))
        #expect(
            statistics.memory.usage == .init(limit: 9_223_372_036_854_771_712, usage: 4096, maximum: 8192, failures: 1))
        #expect(statistics.memory.swap.limit == 65536 && statistics.memory.swap.usage == 5000)
        #expect(statistics.memory.kernel == nil && statistics.memory.raw["rss"] == 34)
        #expect(statistics.processes == .init(current: 2, limit: 100))
        #expect(statistics.blockIO.serviceBytes.map(\.operation) == ["Read", "Write", "Total"])
    }

    /// Texts that no kernel writes leave nothing behind, and harm nobody.
    @Test(arguments: ["", "\n\n", "a b c", "8:0", "8: Read 1", "1-99999999999", "0-4294967295", "some avg10=x", "-1"])
    func nonsense(text: String) {
        #expect(CgroupText.keyed(text).isEmpty && CgroupText.columns(text).isEmpty)
        #expect(CgroupText.list(text).count <= 1)
        #expect(CgroupText.blockIO(v1: text).isEmpty)
        #expect(CgroupText.blockIO(v2: text).bytes.isEmpty)
        #expect(CgroupText.pressure(text) == nil)
    }

    /// On this host: what runs inside is counted, and a cgroup that is gone is an error, not zeros.
    @Test(.enabled(if: geteuid() == 0, "needs root")) func measured() throws {
        let cgroup = try Cgroup.create(named: "test-\(getpid())-statistics", limits: CgroupLimits(processes: 30))
        let pipe = try Pipe()
        let process = try ProcessPlan(
            "/bin/sh", ["-c", "i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; echo; sleep 60"]
        )
        .spawn(StandardStreams(output: pipe.writeEnd), in: cgroup)
        pipe.closeWriteEnd()
        var byte: UInt8 = 0
        #expect(read(pipe.readEnd, &byte, 1) == 1)
        let statistics = try cgroup.statistics()
        #expect(statistics.cpu.usage.total > 0)
        if cgroup.directory(of: "memory") != nil {
            #expect(try #require(statistics.memory.usage.usage) > 0)
            // v1 writes the greatest number of whole pages for no limit.
            #expect(statistics.memory.usage.limit >= 1 << 62)
            #expect(!statistics.memory.raw.isEmpty)
        }
        if cgroup.directory(of: "pids") != nil { #expect(statistics.processes.limit == 30) }
        if cgroup.unified != nil, SystemFile.exists("/proc/pressure/cpu") {
            #expect(statistics.cpu.pressure?.some != nil)
        }
        try cgroup.kill()
        _ = try process.wait()
        try cgroup.remove()
        let error = #expect(throws: SystemError.self) { try cgroup.statistics() }
        #expect(error?.errno == ENOENT)
    }

    /// The watch wakes up when the kernel kills for memory, says so with the number, and says when the cgroup is gone.
    @Test(
        .enabled(if: geteuid() == 0, "needs root"),
        .enabled(
            if: (try? CgroupLayout.detect())?.controllers.contains("memory") == true, "needs a memory controller"))
    func outOfMemory() throws {
        let cgroup = try Cgroup.create(
            named: "test-\(getpid())-oom", limits: CgroupLimits(memory: 16 << 20, memoryAndSwap: 16 << 20))
        defer { try? cgroup.remove() }
        var watch = try OutOfMemoryWatch(cgroup)
        #expect(try watch.read() == .nothing)
        // tail keeps the endless last line in memory; its parent sees it die.
        let process = try ProcessPlan("/bin/sh", ["-c", "tail /dev/zero; sleep 60"])
            .spawn(StandardStreams(error: open("/dev/null", O_WRONLY | O_CLOEXEC)), in: cgroup)
        var told = false
        while !told {
            var ready = pollfd(fd: watch.number, events: Int16(POLLIN), revents: 0)
            try #require(poll(&ready, 1, 30_000) == 1)
            if case .outOfMemory = try watch.read() { told = true }
        }
        // v1 tells before the kill is done.
        var kills: UInt64 = 0
        for _ in 0..<5000 {
            guard kills == 0 else { break }
            kills = try cgroup.outOfMemoryKills() ?? 0
            usleep(1000)
        }
        #expect(kills == 1)
        try cgroup.kill()
        _ = try process.wait()
        try cgroup.remove()
        #expect(try watch.read() == .gone)
    }
}
