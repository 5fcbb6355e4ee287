import Glibc
import Linux
import OCI
import Testing

/// Containers whose cgroup is frozen, by `pause` or by somebody else: what they are said to be, and that they can be ended.
@Suite(
    .enabled(if: TestHost.canRun, TestHost.reason),
    .enabled(if: TestHost.hasController("freezer") || TestHost.layout?.mode == .v2, "no freezer"))
struct FreezeTests {
    let engine: Engine

    init() throws { engine = try Engine() }

    /// The directory that freezes a container, and what is written there for it.
    private func freezer(of id: String) throws -> (directory: String, file: String, freeze: String) {
        if let hierarchy = TestHost.layout?.hierarchy(of: "freezer"), hierarchy.version == 1 {
            return ("\(hierarchy.mountPoint)/\(Cgroup.base)/\(id)", "freezer.state", "FROZEN")
        }
        let unified = try #require(TestHost.layout?.unified)
        return ("\(unified.mountPoint)/\(Cgroup.base)/\(id)", "cgroup.freeze", "1")
    }

    /// A created container can be paused; it starts when it has been resumed, and not before.
    @Test func created() throws {
        let container = try engine.created("echo ran; exec sleep 1000")
        #expect(try container.call("pause").status == 0)
        #expect(container.status == .paused)
        let refusal = try container.call("start")
        #expect(refusal.status == 1)
        #expect(refusal.complaints.contains("it is paused, not created; resume it first"), "\(refusal.complaints)")
        #expect(try container.call("resume").status == 0)
        #expect(container.status == .created)
        #expect(try container.call("start").status == 0)
        try container.awaitOutput("ran")
        try container.remove()
    }

    /// Whoever has frozen it, and whether it has begun: SIGKILL ends it, and so does a forced deletion.
    @Test(arguments: [false, true], ["pause", "by hand", "below"]) func ends(hasBegun: Bool, how: String) throws {
        for isKilled in [true, false] {
            let container = try hasBegun ? engine.started("exec sleep 1000") : engine.created("exec sleep 1000")
            let (directory, file, freeze) = try freezer(of: container.id)
            switch how {
            case "pause": #expect(try container.call("pause").status == 0)
            case "by hand": try SystemFile.write(freeze, to: "\(directory)/\(file)")
            default:
                let pid = try #require(try container.state().pid)
                try SystemFile.makeDirectories(directory + "/below")
                try SystemFile.write("\(pid)", to: directory + "/below/cgroup.procs")
                try SystemFile.write(freeze, to: "\(directory)/below/\(file)")
            }
            if isKilled {
                #expect(try engine.call("kill", container.id, "KILL").status == 0)
                try container.awaitEnd()
            }
            try container.remove()
        }
    }

    /// A frozen cgroup above cannot be thawed from here: that is said, by whatever waits for it. A signal that was sent waits as well, and is
    /// no failure.
    @Test(.enabled(if: TestHost.layout?.hierarchy(of: "freezer")?.version == 1, "[host] no freezer on v1"))
    func fromAbove() throws {
        let above = "isolab-freeze-\(engine.name())"
        let container = try engine.started("exec sleep 1000") { $0.linux?.cgroupsPath = "/\(above)/c" }
        let hierarchy = try #require(TestHost.layout?.hierarchy(of: "freezer"))
        let file = "\(hierarchy.mountPoint)/\(above)/freezer.state"
        try SystemFile.write("FROZEN", to: file)
        for words in [["resume", container.id], ["kill", container.id, "KILL"], ["delete", "--force", container.id]] {
            let answer = try engine.call(words)
            #expect(answer.status == (words[0] == "kill" ? 0 : 1), "\(words)")
            #expect(answer.complaints.contains("a cgroup above it is frozen"), "\(words): \(answer.complaints)")
            #expect(!answer.complaints.contains("cannot kill"), "\(words): \(answer.complaints)")
            #expect(container.status == .paused)
        }
        // It has been killed, and only cannot end before that.
        try SystemFile.write("THAWED", to: file)
        try container.awaitEnd()
        try container.remove()
    }
}
