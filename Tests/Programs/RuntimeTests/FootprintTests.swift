import Glibc
import Linux
import OCI
import Testing

/// What a container costs besides its program.
@Suite(.enabled(if: TestHost.canRun, TestHost.reason)) struct FootprintTests {
    let engine: Engine

    init() throws { engine = try Engine() }

    /// A limit leaves the program what it says: building the container is not charged to it.
    @Test(.enabled(if: TestHost.hasController("memory"), "needs the memory controller")) func runsWithinHalfAMebibyte()
        throws
    {
        let limit: Int64 = 512 << 10
        let answer = try engine.run(
            "echo ran; cat /sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/memory.max"
        ) {
            $0.linux?.resources?.memory = .init(limit: limit)
        }
        #expect(answer.output == "ran\n\(limit)\n", "\(answer.complaints)")
    }

    /// Nobody waits beside a container that has been started: what called the runtime is its only keeper.
    @Test func nothingStaysBesideAContainer() throws {
        let container = try engine.started("exec sleep 1000")
        let keepers = try Procfs.processes().filter { pid in
            ((try? SystemFile.read("/proc/\(pid)/cmdline")) ?? "").contains(engine.root)
        }
        #expect(keepers == [])
        #expect(Engine.processes(of: container.id).count == 1)
        try container.remove()
    }
}
