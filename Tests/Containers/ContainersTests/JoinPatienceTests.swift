import Glibc
import Linux
import Testing

@testable import Containers

/// What is on its way into a container is not waited for without end, however it is held up.
@Suite struct JoinPatienceTests {
    @Test func isPatient() {
        let patience = JoinPatience(JoinWatch(), paused: nil, frozen: nil)
        #expect(!patience.isOver())
        #expect(patience.refusal("program") == nil)
    }

    @Test func isLate() {
        let patience = JoinPatience(JoinWatch(limit: 0), paused: nil, frozen: nil)
        #expect(patience.isOver())
        #expect(patience.refusal("program")?.description.contains("did not start within") == true)
    }

    /// A container that is paused makes nobody late; a cgroup that stands still by itself does.
    @Test(
        .enabled(if: geteuid() == 0, "needs root"),
        .enabled(
            if: (try? CgroupLayout.detect()).map { $0.controllers.contains("freezer") || $0.mode == .v2 } ?? false,
            "no freezer"))
    func frozen() throws {
        let cgroup = try Cgroup.create(named: "test-\(getpid())-patience")
        defer { try? cgroup.end() }
        let look = try #require(FreezerLook(cgroup))
        #expect(!look.isFrozen)
        try cgroup.freeze()
        #expect(look.isFrozen)
        let paused = JoinPatience(JoinWatch(limit: 0), paused: look, frozen: nil)
        #expect(!paused.isOver())
        let held = JoinPatience(JoinWatch(patience: 0), paused: nil, frozen: look)
        #expect(held.isOver())
        #expect(held.refusal("program")?.description.contains("have frozen the cgroup") == true)
        try cgroup.thaw()
        #expect(!look.isFrozen)
        #expect(paused.isOver())
        #expect(!JoinPatience(JoinWatch(patience: 0), paused: nil, frozen: look).isOver())
    }
}
