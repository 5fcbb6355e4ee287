import Foundation
import Testing

@testable import Linux

@Suite(.enabled(if: geteuid() == 0, "needs root")) struct CgroupTests {
    /// A process is in its cgroup from its first instruction; figures are read; kill and remove leave nothing.
    @Test func lifeOfACgroup() throws {
        let cgroup = try Cgroup.create(named: "test-\(getpid())-life", limits: CgroupLimits(processes: 20))
        try #require(!cgroup.directories.isEmpty)
        let process = try ProcessPlan("/bin/sh", ["-c", "sleep 60 & sleep 60"]).spawn(in: cgroup)
        #expect(try cgroup.processes().contains(process.pid))
        if let memory = cgroup.directory(of: "memory") {
            #expect(try SystemFile.read("\(memory.path)/cgroup.procs").contains("\(process.pid)"))
            #expect(try #require(try cgroup.memoryCurrent()) > 0)
        }
        try cgroup.kill()
        #expect(try process.wait().ending == .signalled(SIGKILL, coreDumped: false))
        try cgroup.remove()
        for directory in cgroup.directories { #expect(!SystemFile.exists(directory.path)) }
        // Removing what is gone is no error.
        try cgroup.remove()
    }

    /// Every hierarchy is joined, whatever is asked for: the root of a cgroup namespace would be the host's in one that is left
    /// out. A cpuset of v1 is filled first, also below directories that somebody made and left empty.
    @Test(
        .enabled(
            if: (try? CgroupLayout.detect())?.hierarchy(of: "cpuset")?.version == 1, "[host] needs cgroup v1's cpuset"),
        arguments: [false, true])
    func everyHierarchy(parentIsEmpty: Bool) throws {
        let layout = try CgroupLayout.detect()
        let above = "test-\(getpid())-every-\(parentIsEmpty)"
        let root = try #require(layout.hierarchy(of: "cpuset")).mountPoint
        if parentIsEmpty { try #require(mkdir("\(root)/\(above)", 0o755) == 0) }
        defer { rmdir("\(root)/\(above)") }
        let cgroup = try Cgroup.create(try Self.plan("/\(above)/one"))
        #expect(cgroup.directories.count == layout.hierarchies.count)
        let process = try ProcessPlan("/bin/sleep", ["60"]).spawn(in: cgroup)
        for line in try SystemFile.read("/proc/\(process.pid)/cgroup").split(separator: "\n") {
            #expect(line.hasSuffix("/\(above)/one"), "\(line)")
        }
        let cpuset = try #require(cgroup.directory(of: "cpuset")).path
        for file in ["cpuset.cpus", "cpuset.mems"] {
            #expect(try SystemFile.read("\(cpuset)/\(file)") == SystemFile.read("\(root)/\(file)"))
        }
        // And narrowed later as if it had been asked for.
        try cgroup.apply(CgroupLimits(cpus: "0"))
        #expect(try SystemFile.read("\(cpuset)/cpuset.cpus") == "0\n")
        try cgroup.end()
        _ = try process.wait()
    }

    /// A limit for which there is no controller in the cgroup is refused by an update: success would say that it holds.
    @Test func updateOfWhatCannotBe() throws {
        var cgroup = try Cgroup.create(named: "test-\(getpid())-without")
        let whole = cgroup
        defer { try? whole.remove() }
        cgroup.directories = cgroup.directories.filter { !$0.controllers.contains("pids") && $0.version == 1 }
        let error = #expect(throws: SystemError.self) { try cgroup.apply(CgroupLimits(processes: 5)) }
        #expect(
            error?.description
                == "set linux.resources.pids: there is no pids controller here to enforce this limit")
        // Having no limit takes none.
        try cgroup.apply(CgroupLimits(processes: CgroupLimits.unlimited))
    }

    /// A controller of v2 that was enabled for others after the cgroup was made, or beside it, can limit it, too.
    @Test(
        .enabled(
            if: (try? CgroupLayout.detect())?.hierarchy(of: "hugetlb")?.version == 2
                && SystemFile.exists("/sys/kernel/mm/hugepages/hugepages-2048kB"),
            "[host] needs the hugetlb controller on cgroup v2, and pages of 2 MiB"))
    func updateByAControllerOfOthers() throws {
        var limits = CgroupLimits()
        limits.hugepages = [.init(size: "2MB", limit: 4 << 20)]
        let made = try Cgroup.create(named: "test-\(getpid())-pages", limits: limits)
        defer { try? made.remove() }
        // As it is written down of one that was made without such a limit.
        var cgroup = made
        for index in cgroup.directories.indices { cgroup.directories[index].controllers.removeAll { $0 == "hugetlb" } }
        limits.hugepages = [.init(size: "2MB", limit: 2 << 20)]
        try cgroup.apply(limits)
        let path = try #require(made.unified).path
        #expect(try SystemFile.read(path + "/hugetlb.2MB.max") == "2097152\n")
    }

    /// A name that is taken is refused, and the cgroup that has it stays as it was.
    @Test func takenName() throws {
        let name = "test-\(getpid())-taken"
        let first = try Cgroup.create(named: name)
        let error = #expect(throws: SystemError.self) { try Cgroup.create(named: name) }
        #expect(error?.errno == EEXIST)
        for directory in first.directories { #expect(SystemFile.exists(directory.path)) }
        try first.remove()
    }

    private static func plan(_ path: String, _ limits: CgroupLimits = CgroupLimits()) throws -> CgroupPlan {
        CgroupPlan(place: try CgroupPlace(path), limits: limits, layout: try CgroupLayout.detect())
    }

    /// A cgroup at a place of its own takes the directories made above it along when it goes, except where others moved in;
    /// what would be made is known before.
    @Test func parentsGoAsWell() throws {
        let top = "test-\(getpid())-parents"
        let plan = try Self.plan("/\(top)/a/one", CgroupLimits(processes: 5))
        let foreseen = Cgroup(foreseen: plan)
        let one = try Cgroup.create(plan)
        #expect(foreseen == one)
        let two = try Cgroup.create(try Self.plan("/\(top)/a/two"))
        #expect(two.directories.allSatisfy { $0.made.isEmpty && !$0.found })
        try one.remove()
        for directory in two.directories { #expect(SystemFile.exists(directory.path)) }
        try two.remove()
        try one.remove()
        let parents = plan.directories.flatMap(\.own)
        #expect(parents.count == 2 * plan.directories.count)
        for parent in parents { #expect(!SystemFile.exists(parent)) }
    }

    /// A directory that is there is taken where nobody is in it, and stays; one with processes is refused.
    @Test func foundDirectory() throws {
        let first = try Cgroup.create(try Self.plan("/test-\(getpid())-found"))
        defer { try? first.remove() }
        let second = try Cgroup.create(try Self.plan("/test-\(getpid())-found"))
        #expect(second.directories.allSatisfy { $0.found })
        try second.remove()
        for directory in first.directories { #expect(SystemFile.exists(directory.path)) }
        let process = try ProcessPlan("/bin/sleep", ["60"]).spawn(in: first)
        let error = #expect(throws: SystemError.self) {
            try Cgroup.create(try Self.plan("/test-\(getpid())-found"))
        }
        #expect(error?.errno == EEXIST)
        try process.kill(SIGKILL)
        _ = try process.wait()
    }

    /// What is frozen does nothing until it is thawed, and dies frozen when it is killed; cgroups below count as well.
    @Test func freezing() throws {
        let cgroup = try Cgroup.create(named: "test-\(getpid())-freeze")
        defer { try? cgroup.remove() }
        #expect(try !cgroup.isFrozen())
        let pipe = try Linux.Pipe()
        let script = "while read x; do echo $x; done"
        let input = try Linux.Pipe()
        let process = try ProcessPlan("/bin/sh", ["-c", script])
            .spawn(StandardStreams(input: input.readEnd, output: pipe.writeEnd), in: cgroup)
        pipe.closeWriteEnd()
        try cgroup.freeze()
        #expect(try cgroup.isFrozen())
        #expect(write(input.writeEnd, "a\n", 2) == 2)
        var ready = pollfd(fd: pipe.readEnd, events: Int16(POLLIN), revents: 0)
        #expect(poll(&ready, 1, 50) == 0)
        try cgroup.thaw()
        #expect(try !cgroup.isFrozen())
        #expect(poll(&ready, 1, 10_000) == 1)
        try cgroup.freeze()
        try cgroup.kill()
        #expect(try process.wait().ending == .signalled(SIGKILL, coreDumped: false))
        let frozen = try cgroup.isFrozen()
        #expect(!frozen || cgroup.directory(of: "freezer")?.version != 1)
    }

    /// Processes in cgroups that a container made inside its own are found, signalled and killed, and the cgroups removed.
    @Test func nestedCgroups() throws {
        let name = "test-\(getpid())-nested"
        let cgroup = try Cgroup.create(named: name)
        let inner = try Cgroup.create(try Self.plan("\(name)/x/y"))
        let pipe = try Linux.Pipe()
        let process = try ProcessPlan(
            "/bin/sh", ["-c", "exec 2>/dev/null; trap 'echo term' TERM; echo up; while :; do sleep 0.05; done"]
        )
        .spawn(StandardStreams(output: pipe.writeEnd), in: inner)
        pipe.closeWriteEnd()
        var byte = [UInt8](repeating: 0, count: 3)
        #expect(read(pipe.readEnd, &byte, 3) == 3)
        #expect(try !cgroup.processes().contains(process.pid))
        #expect(try cgroup.processes(recursive: true).contains(process.pid))
        try cgroup.kill(signal: SIGTERM)
        #expect(read(pipe.readEnd, &byte, 3) == 3)
        try cgroup.kill(signal: SIGKILL)
        #expect(try process.wait().ending == .signalled(SIGKILL, coreDumped: false))
        try cgroup.remove()
        for directory in inner.directories { #expect(!SystemFile.exists(directory.path)) }
        for directory in cgroup.directories { #expect(!SystemFile.exists(directory.path)) }
    }

    /// The end of a cgroup is the end of everybody in it, below it as well; the end of an empty one, or one that is gone, is
    /// nothing but that.
    @Test func ending() throws {
        let name = "test-\(getpid())-ending"
        let cgroup = try Cgroup.create(named: name)
        let inner = try Cgroup.create(try Self.plan("\(name)/x"))
        // v2 takes nobody into a cgroup that passes controllers on to those below it: a second one beside stands for it.
        let beside = try Cgroup.create(try Self.plan("\(name)/y"))
        let process = try ProcessPlan("/bin/sh", ["-c", "sleep 60 & sleep 60"]).spawn(in: beside)
        let below = try ProcessPlan("sleep", ["60"]).spawn(in: inner)
        try cgroup.end()
        for process in [process, below] {
            #expect(try process.wait().ending == .signalled(SIGKILL, coreDumped: false))
        }
        for directory in cgroup.directories { #expect(!SystemFile.exists(directory.path)) }
        try cgroup.end()

        let empty = try Cgroup.create(named: name)
        try empty.end()
        for directory in empty.directories { #expect(!SystemFile.exists(directory.path)) }
    }

    /// Limits change while it lives: memory with swap up and down in one go, though v1 allows either order only one way.
    @Test(
        .enabled(if: (try? CgroupLayout.detect())?.controllers.contains("memory") == true, "needs a memory controller"))
    func updating() throws {
        let cgroup = try Cgroup.create(
            named: "test-\(getpid())-update",
            limits: CgroupLimits(
                memory: 64 << 20, memoryAndSwap: 64 << 20, cpuQuota: 50_000, cpuPeriod: 100_000, processes: 10))
        defer { try? cgroup.remove() }
        let memory = try #require(cgroup.directory(of: "memory"))
        let file = memory.path + (memory.version == 1 ? "/memory.limit_in_bytes" : "/memory.max")
        for bytes in [128 << 20, 32 << 20, 256 << 20] as [UInt64] {
            try cgroup.apply(CgroupLimits(memory: bytes, memoryAndSwap: bytes))
            #expect(try SystemFile.readNumber(file) == bytes)
        }
        try cgroup.apply(CgroupLimits(memory: CgroupLimits.unlimited, memoryAndSwap: CgroupLimits.unlimited))
        #expect((try SystemFile.readNumber(file) ?? .max) > 1 << 60)
        // What nothing was said of stays.
        let pids = try #require(cgroup.directory(of: "pids"))
        #expect(try SystemFile.readNumber(pids.path + "/pids.max") == 10)
        try cgroup.apply(CgroupLimits(processes: CgroupLimits.unlimited))
        #expect(try SystemFile.read(pids.path + "/pids.max") == "max\n")
        try cgroup.apply(CgroupLimits(cpuPeriod: 20_000))
        let cpu = try #require(cgroup.directory(of: "cpu"))
        if cpu.version == 1 {
            #expect(try SystemFile.readNumber(cpu.path + "/cpu.cfs_quota_us") == 50_000)
            #expect(try SystemFile.readNumber(cpu.path + "/cpu.cfs_period_us") == 20_000)
        } else {
            #expect(try SystemFile.read(cpu.path + "/cpu.max") == "50000 20000\n")
        }
    }

    /// Written down and read again it is the same cgroup, to be killed and removed by another process; a record that was tampered
    /// with is refused.
    @Test func writtenDown() throws {
        let cgroup = try Cgroup.create(try Self.plan("/test-\(getpid())-written/down"))
        let record = try JSONEncoder().encode(cgroup)
        let again = try JSONDecoder().decode(Cgroup.self, from: record)
        #expect(again == cgroup)
        let process = try ProcessPlan("/bin/sleep", ["60"]).spawn(in: cgroup)
        try again.kill()
        #expect(try process.wait().ending == .signalled(SIGKILL, coreDumped: false))
        try again.remove()
        for directory in cgroup.directories {
            for path in [directory.path] + directory.made { #expect(!SystemFile.exists(path)) }
        }
        let text = String(decoding: record, as: UTF8.self).replacingOccurrences(of: "\\/", with: "/")
        for path in ["relative", "/", "/etc/../x", "/a//b", ""] {
            let altered = text.replacingOccurrences(of: cgroup.directories[0].path, with: path)
            #expect(altered != text)
            #expect(throws: DecodingError.self) {
                try JSONDecoder().decode(Cgroup.self, from: Data(altered.utf8))
            }
        }
    }

    /// A block device of this host, whole: partitions cannot be throttled.
    private static let blockDevice: (major: UInt32, minor: UInt32)? = {
        for name in (try? SystemFile.names(in: "/sys/block")) ?? [] {
            let numbers = ((try? SystemFile.read("/sys/block/\(name)/dev")) ?? "").split { $0 == ":" || $0 == "\n" }
            if numbers.count == 2, let major = UInt32(numbers[0]), let minor = UInt32(numbers[1]), major != 7 {
                return (major, minor)
            }
        }
        return nil
    }()

    /// The greatest rates of a block device stand in the kernel's files, and go with a rate of 0.
    @Test(
        .enabled(if: blockDevice != nil, "needs a block device"),
        .enabled(
            if: (try? CgroupLayout.detect())?.controllers.contains { $0 == "blkio" || $0 == "io" } == true,
            "[host] needs cgroup v1's blkio or cgroup v2's io controller"))
    func ratesOfABlockDevice() throws {
        let (major, minor) = try #require(Self.blockDevice)
        var device = CgroupLimits.BlockIO.Device(major: major, minor: minor)
        device.readBytes = 1 << 20
        device.writeRequests = 77
        var limits = CgroupLimits()
        limits.blockIO = .init(devices: [device])
        let cgroup = try Cgroup.create(named: "test-\(getpid())-rates", limits: limits)
        defer { try? cgroup.remove() }
        let name = "\(major):\(minor)"
        func text(_ file: String) throws -> String {
            let path = try #require(cgroup.directory(of: "blkio") ?? cgroup.directory(of: "io")).path
            return try SystemFile.read("\(path)/\(file)")
        }
        let classic = cgroup.directory(of: "blkio") != nil
        if classic {
            #expect(try text("blkio.throttle.read_bps_device") == "\(name) 1048576\n")
            #expect(try text("blkio.throttle.write_iops_device") == "\(name) 77\n")
        } else {
            #expect(try text("io.max") == "\(name) rbps=1048576 wbps=max riops=max wiops=77\n")
        }
        device.readBytes = 0
        device.writeRequests = 0
        limits.blockIO = .init(devices: [device])
        try cgroup.apply(limits)
        for file in classic ? ["blkio.throttle.read_bps_device", "blkio.throttle.write_iops_device"] : ["io.max"] {
            #expect(try text(file) == "")
        }
    }

    /// Cgroups that somebody inside has nested until no path reaches them go with theirs, and whoever is in the innermost.
    @Test(.timeLimit(.minutes(1))) func nestedBeyondEveryPath() throws {
        let cgroup = try Cgroup.create(named: "test-\(getpid())-deep")
        let process = try ProcessPlan("/bin/sleep", ["60"]).spawn(in: cgroup)
        for directory in cgroup.directories { try nest(process.pid, below: directory.path) }
        #expect(try cgroup.processes(recursive: true) == [process.pid])
        #expect(rmdir(try #require(cgroup.directories.first).path) != 0, "nothing is nested")
        try cgroup.end()
        #expect(try process.wait().ending == .signalled(SIGKILL, coreDumped: false))
        for directory in cgroup.directories { #expect(!SystemFile.exists(directory.path)) }
    }

    /// Moves a process into a cgroup that no path reaches.
    private func nest(_ process: Int32, below path: String) throws {
        var here = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        try #require(here >= 0)
        for _ in 0..<50 {
            let name = String(repeating: "n", count: 120)
            guard mkdirat(here, name, 0o755) == 0 else { break }
            let next = openat(here, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
            close(here)
            here = next
        }
        CgroupTree.write("\(process)", to: "cgroup.procs", in: here)
        close(here)
    }

    /// A controller that a cgroup of v2 can pass on here.
    private static let passedOn = (try? CgroupLayout.detect())?.unified?.controllers.first {
        ["pids", "hugetlb"].contains($0)
    }

    /// Where a container's cgroup may have no processes of its own any more, the one that its first process is in is found, though no
    /// path reaches it. Naive, by path, it is not, and whoever is to be born inside is refused (EBUSY).
    @Test(.timeLimit(.minutes(1)), .enabled(if: passedOn != nil, "[host] needs a controller on cgroup v2"))
    func joiningBeyondEveryPath() throws {
        let controller = try #require(Self.passedOn)
        let file = controller == "pids" ? "pids.max" : "hugetlb.2MB.max"
        let cgroup = try Cgroup.create(
            try Self.plan("/test-\(getpid())-beyond", CgroupLimits(unified: [.init(file: file, value: "max")])))
        defer { try? cgroup.end() }
        let first = try ProcessPlan("/bin/sleep", ["60"]).spawn(in: cgroup)
        let path = try #require(cgroup.unified).path
        try nest(first.pid, below: path)
        try SystemFile.write("+\(controller)", to: path + "/cgroup.subtree_control")
        let process = try ProcessPlan("/bin/sleep", ["60"]).spawn()
        defer {
            process.end()
            first.end()
        }
        #expect(throws: SystemError.self, "the negative control is let in") {
            try SystemFile.write("\(process.pid)", to: path + "/cgroup.procs")
        }
        let entry = try cgroup.openEntry(beside: first.pid)
        try CgroupTree.put("\(process.pid)", to: "cgroup.procs", in: entry.unified, path)
        #expect(CgroupTree.read("cgroup.procs", in: entry.unified) == "\(first.pid)\n\(process.pid)\n")
    }

    /// Whoever stands still in a nested cgroup that was frozen from inside dies all the same.
    @Test(
        .timeLimit(.minutes(1)),
        .enabled(
            if: (try? CgroupLayout.detect())?.hierarchy(of: "freezer")?.version == 1, "[host] needs cgroup v1's freezer"
        ))
    func frozenBelow() throws {
        let cgroup = try Cgroup.create(named: "test-\(getpid())-frozen")
        let nested = try #require(cgroup.directory(of: "freezer")).path + "/nested"
        try #require(mkdir(nested, 0o755) == 0 && mkdir(nested + "/more", 0o755) == 0)
        let process = try ProcessPlan("/bin/sleep", ["60"]).spawn(in: cgroup)
        try SystemFile.write("\(process.pid)", to: nested + "/more/cgroup.procs")
        for path in [nested, nested + "/more"] { try SystemFile.write("FROZEN", to: path + "/freezer.state") }
        kill(process.pid, SIGKILL)
        usleep(100_000)
        #expect(try process.poll() == nil, "the negative control does not hold: it dies while it is frozen")
        try cgroup.end()
        #expect(try process.wait().ending == .signalled(SIGKILL, coreDumped: false))
        #expect(!SystemFile.exists(nested))
    }
}
