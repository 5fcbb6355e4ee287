import Glibc
import Linux
import OCI

/// What the specification leaves to the command line, and engines expect because their runtimes do so.
extension RuntimeRequirement {
    static let commandLine: [RuntimeRequirement] = [
        RuntimeRequirement("command line, pause", "a created container goes on to its start when it is resumed") {
            shop in
            let container = try shop.create("echo ran; exec sleep 1000")
            try shop.succeed("pause", container.id)
            try shop.succeed("resume", container.id)
            try shop.expect(try container.state().status == .created, "it is \(try container.state().status)")
            try shop.succeed("start", container.id)
            try container.awaitOutput("ran")
        },
        RuntimeRequirement("command line, pause", "a paused container can be deleted by force, created or running") {
            shop in
            for hasBegun in [false, true] {
                let container = try shop.create("exec sleep 1000")
                if hasBegun { try shop.succeed("start", container.id) }
                try shop.succeed("pause", container.id)
                try shop.succeed("delete", "--force", container.id)
                try shop.refuse("state", container.id)
            }
        },
        RuntimeRequirement(
            "config-linux.md, Control groups", "pids: 0 is no limit in a document before 1.3"
        ) { shop in
            try shop.run("(echo forked)", says: "forked") { $0.linux?.resources?.pids = .init(limit: 0) }
        },
        RuntimeRequirement(
            "config-linux.md, Memory",
            "less than a container can be made with is refused with a word, and nothing stays"
        ) { shop in
            let (container, answer) = try shop.attempt("true") { $0.linux?.resources?.memory = .init(limit: 4096) }
            try shop.expect((1...125).contains(answer.status), "it ends with \(answer.status)")
            try shop.expect(answer.complaints.contains("memory"), answer.complaints)
            try shop.refuse("state", container.id)
        },
        RuntimeRequirement("config.md, Hooks", "what they say is not the program's output") { shop in
            let talk = try shop.hook("ran", to: "hooks", then: "echo said")
            try shop.run("echo program", says: "program") {
                $0.hooks = .init(prestart: [talk], createRuntime: [talk], createContainer: [talk], poststart: [talk])
            }
            try shop.expect(shop.text("hooks").split(separator: "\n").count == 4, shop.text("hooks"))
        },
        RuntimeRequirement("config.md, Hooks", "those of the runtime's namespaces run in the bundle") { shop in
            let look = try shop.hook("ran", to: "hooks", then: "pwd >> '\(shop.engine.place)/places'")
            let container = try shop.create("true") { $0.hooks = .init(prestart: [look], createRuntime: [look]) }
            try shop.expect(shop.text("places"), is: "\(container.bundle) \(container.bundle)")
        },
        RuntimeRequirement("config.md, Hooks", "one without an environment has the runtime's") { shop in
            let look = try shop.hook("$place", to: "hooks")
            _ = try shop.create("true") { $0.hooks = .init(createRuntime: [look]) }
            try shop.expect(shop.text("hooks"), is: shop.engine.place)
        },
        RuntimeRequirement("command line, update", "a document that says nothing changes nothing, and succeeds") {
            shop in
            let container = try shop.create("exec sleep 1000") { $0.linux?.resources?.memory = .init(limit: 64 << 20) }
            let file = try shop.engine.write("{}", to: "nothing.json")
            try shop.succeed("update", "--resources", file, container.id)
            let path = try shop.cgroup("memory", of: container.bundle)
            let limit = Engine.text(path + "/memory.limit_in_bytes") + Engine.text(path + "/memory.max")
            try shop.expect(limit, is: "\(64 << 20)")
        },
        RuntimeRequirement(
            "command line, ps",
            "lists who is left of a container without a pid namespace when its first process has ended"
        ) { shop in
            let container = try shop.create("sleep 1000 & exit 0") {
                $0.linux?.namespaces.removeAll { $0.kind == .pid }
            }
            try shop.succeed("start", container.id)
            try container.awaitStop()
            let answer = try shop.succeed("ps", "--format", "json", container.id)
            try shop.expect(answer.output.contains { $0.isNumber }, answer.output)
            try shop.succeed("delete", "--force", container.id)
        },
        RuntimeRequirement("command line, exec", "its own failures are told from a program's 1") { shop in
            let container = try shop.create("exec sleep 1000")
            try shop.succeed("start", container.id)
            try shop.expect(try shop.call("exec", container.id, "/bin/false").status == 1, "false is not 1")
            let answer = try shop.call("exec", container.id, "/bin/not-there")
            try shop.expect(answer.status > 1, "it ends with \(answer.status)")
        },
        RuntimeRequirement("command line, log", "a log that cannot be written fails the command") { shop in
            try shop.refuse("--log", "/not/there/log", "list")
        },
        RuntimeRequirement("command line, --preserve-fds", "a descriptor that is closed is none that fails it") {
            shop in
            try shop.succeed("run", "--preserve-fds", "3", "--bundle", try shop.bundle("true"), shop.name())
        },
        RuntimeRequirement("config.md, Process", "a protection from the kernel's killer that may not be had is refused")
        {
            shop in
            guard !TestHost.mayProtect else { return }
            try shop.refuseContainer { $0.process?.oomScoreAdjustment = -500 }
        },
    ]
}
