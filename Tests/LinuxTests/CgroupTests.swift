import Glibc
import Linux
import Testing

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

    /// A name that is taken is refused, and the cgroup that has it stays as it was.
    @Test func takenName() throws {
        let name = "test-\(getpid())-taken"
        let first = try Cgroup.create(named: name)
        let error = #expect(throws: SystemError.self) { try Cgroup.create(named: name) }
        #expect(error?.errno == EEXIST)
        for directory in first.directories { #expect(SystemFile.exists(directory.path)) }
        try first.remove()
    }
}
