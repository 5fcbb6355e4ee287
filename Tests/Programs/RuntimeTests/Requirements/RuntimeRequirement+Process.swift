import Glibc
import Linux
import OCI

extension RuntimeRequirement {
    static let process: [RuntimeRequirement] = [
        RuntimeRequirement("config.md, Process", "arguments exactly, empty ones and such with spaces among them") {
            shop in
            let output = try shop.run("") {
                $0.process?.arguments = ["/bin/sh", "-c", "echo $#; printf '<%s>' \"$@\"", "x", "", "a b", "*"]
            }
            try shop.expect(output, is: "3 <><a b><*>")
        },
        RuntimeRequirement("config.md, Process", "the environment exactly, and nothing of the caller's") { shop in
            let output = try shop.run("env") { $0.process?.environment = ["PATH=/bin", "A=b c", "HOME=/x", "EMPTY="] }
            let lines = Set(output.split(separator: "\n")).subtracting(["PWD=/", "SHLVL=1", "OLDPWD=/"])
            try shop.expect(lines == ["PATH=/bin", "A=b c", "HOME=/x", "EMPTY="], "\(lines)")
        },
        RuntimeRequirement("config.md, Process", "the working directory") { shop in
            try shop.run("pwd", says: "/tmp") { $0.process?.workingDirectory = "/tmp" }
        },
        RuntimeRequirement("config.md, POSIX user", "user, group and additional groups") { shop in
            try shop.run("id -u; id -g; grep Groups /proc/self/status", says: "1000 1001 Groups: 7 8") {
                $0.process?.user = .init(uid: 1000, gid: 1001, additionalGids: [7, 8])
            }
        },
        RuntimeRequirement("config.md, POSIX user", "the mask of file modes") { shop in
            try shop.run("umask", says: "0027") { $0.process?.user.umask = 0o027 }
        },
        RuntimeRequirement("config.md, Linux process", "the five sets of capabilities") { shop in
            try shop.run(
                "grep Cap /proc/self/status",
                says:
                    "CapInh: 0000000000002000 CapPrm: 0000000000002000 CapEff: 0000000000002000 CapBnd: 0000000000002021 CapAmb: 0000000000002000"
            ) {
                $0.process?.user.uid = 1000
                $0.process?.capabilities = .init(
                    bounding: ["CAP_NET_RAW", "CAP_CHOWN", "CAP_KILL"], effective: ["CAP_NET_RAW"],
                    permitted: ["CAP_NET_RAW"], inheritable: ["CAP_NET_RAW"], ambient: ["CAP_NET_RAW"])
            }
        },
        RuntimeRequirement("config.md, Linux process", "no new privileges, or new ones, as asked") { shop in
            try shop.run("grep NoNewPrivs /proc/self/status", says: "NoNewPrivs: 1") {
                $0.process?.noNewPrivileges = true
            }
            try shop.run("grep NoNewPrivs /proc/self/status", says: "NoNewPrivs: 0") {
                $0.process?.noNewPrivileges = false
            }
        },
        RuntimeRequirement("config.md, Linux process", "the score by which the kernel chooses whom to kill") { shop in
            try shop.run("cat /proc/self/oom_score_adj", says: "500") { $0.process?.oomScoreAdjustment = 500 }
        },
        RuntimeRequirement("config.md, Linux process", "an AppArmor profile where there is no AppArmor is refused") {
            shop in
            guard !TestHost.securityModules.contains("apparmor") else { return }
            try shop.refuseContainer { $0.process?.apparmorProfile = "acme_secure_profile" }
        },
        RuntimeRequirement("config.md, Hostname", "the container's name") { shop in
            try shop.run("hostname; uname -n", says: "mrsdalloway mrsdalloway") { $0.hostname = "mrsdalloway" }
        },
        RuntimeRequirement("config.md, Root", "a root for reading alone") { shop in
            try shop.run("touch /x 2>/dev/null || echo refused", says: "refused") { $0.root?.readonly = true }
        },
        RuntimeRequirement("config.md, Root", "a root that can be written to") { shop in
            try shop.run("touch /x && echo written", says: "written") { $0.root?.readonly = false }
        },
        RuntimeRequirement("config.md, Root", "a root that is not there is refused") { shop in
            try shop.refuseContainer { $0.root?.path = "/nonexistent/root" }
        },
    ]

    static let processLimits: [RuntimeRequirement] = [
        RuntimeRequirement("config.md, POSIX process", "resource limits, soft and hard") { shop in
            try shop.run("ulimit -n; ulimit -Hn; ulimit -c; ulimit -t", says: "100 200 0 50") {
                $0.process?.resourceLimits = [
                    .init(type: "RLIMIT_NOFILE", soft: 100, hard: 200), .init(type: "RLIMIT_CORE", soft: 0, hard: 0),
                    .init(type: "RLIMIT_CPU", soft: 50, hard: 60),
                ]
            }
        },
        RuntimeRequirement("config.md, POSIX process", "a limit that no kernel has is refused") { shop in
            try shop.refuseContainer { $0.process?.resourceLimits = [.init(type: "RLIMIT_TEST", soft: 1, hard: 1)] }
        },
        RuntimeRequirement("config.md, POSIX process", "one limit given twice is refused") { shop in
            try shop.refuseContainer {
                $0.process?.resourceLimits = [
                    .init(type: "RLIMIT_NOFILE", soft: 64, hard: 64), .init(type: "RLIMIT_NOFILE", soft: 65, hard: 65),
                ]
            }
        },
    ]

    static let hooks: [RuntimeRequirement] = [
        RuntimeRequirement("config.md, POSIX-platform Hooks", "every hook at its place in the order") { shop in
            // Those that run inside, or see the container's tree, write into the root, which is one directory of the host's.
            let inside = "#!/bin/sh\necho startContainer >> /data/order\n"
            try shop.program(inside, at: shop.engine.rootfs + "/bin/inside")
            func outside(_ name: String) throws -> RuntimeConfiguration.Hook {
                let path = try shop.program(
                    "#!/bin/sh\necho \(name) >> '\(shop.engine.rootfs)/data/order'\n", at: "hook-\(name)")
                return .init(path: path)
            }
            let container = try shop.create("echo program >> /data/order; exec sleep 1000") {
                $0.hooks = .init(
                    prestart: [try outside("prestart")], createRuntime: [try outside("createRuntime")],
                    createContainer: [try outside("createContainer")], startContainer: [.init(path: "/bin/inside")],
                    poststart: [try outside("poststart")], poststop: [try outside("poststop")])
            }
            func order() -> [String] {
                Engine.text(shop.engine.rootfs + "/data/order").split(separator: "\n").map(String.init)
            }
            try shop.expect(order() == ["prestart", "createRuntime", "createContainer"], "\(order())")
            try shop.succeed("start", container.id)
            try shop.wait("not all ran: \(order())") { order().count == 6 }
            try shop.expect(order()[3] == "startContainer", "\(order())")
            // The program runs when it is begun and the hook after it: either may write first.
            try shop.expect(Set(order()[4...]) == ["program", "poststart"], "\(order())")
            try shop.succeed("kill", container.id, "KILL")
            try container.awaitStop()
            try shop.succeed("delete", container.id)
            try shop.expect(order().last == "poststop", "\(order())")
        },
        RuntimeRequirement("config.md, POSIX-platform Hooks", "several of one kind in their order") { shop in
            _ = try shop.create("true") {
                $0.hooks = .init(
                    createRuntime: [
                        try shop.hook("1", to: "order"), try shop.hook("2", to: "order"),
                        try shop.hook("3", to: "order"),
                    ])
            }
            try shop.expect(shop.text("order"), is: "1 2 3")
        },
        RuntimeRequirement("config.md, POSIX-platform Hooks", "the container's state on standard input") { shop in
            let container = try shop.create("exec sleep 1000") {
                $0.annotations = ["org.example.hook": "yes"]
                $0.hooks = .init(
                    createRuntime: [try shop.hook("x", to: "creation")], poststart: [try shop.hook("x", to: "start")],
                    poststop: [try shop.hook("x", to: "stop")])
            }
            try shop.succeed("start", container.id)
            try shop.succeed("kill", container.id, "KILL")
            try container.awaitStop()
            try shop.succeed("delete", container.id)
            func state(_ file: String) throws -> ContainerState {
                try ContainerState(json: shop.text("\(file).state").utf8)
            }
            for file in ["creation", "start", "stop"] {
                let state = try state(file)
                try shop.expect(state.id == container.id && state.bundle == container.bundle, "\(file): \(state)")
                try shop.expect(state.annotations["org.example.hook"] == "yes", "\(file): \(state.annotations)")
            }
            try shop.expect(try state("creation").pid ?? 0 > 1, "no pid at createRuntime")
            let statuses = try ["creation", "start", "stop"].map { try state($0).status }
            try shop.expect(statuses == [.creating, .running, .stopped], "\(statuses)")
        },
        RuntimeRequirement("config.md, POSIX-platform Hooks", "arguments and environment of a hook") { shop in
            let file = shop.engine.place + "/told"
            try shop.program("#!/bin/sh\necho \"$1 $2 $A\" > '\(file)'\n", at: "teller")
            _ = try shop.create("true") {
                $0.hooks = .init(
                    createRuntime: [
                        .init(
                            path: shop.engine.place + "/teller", arguments: ["teller", "one", "two"],
                            environment: ["A=three", "PATH=/bin:/usr/bin"])
                    ])
            }
            try shop.expect(Engine.text(file), is: "one two three")
        },
    ]

    static let hookFailures: [RuntimeRequirement] = [
        failure("prestart") { $0.prestart = [$1] }, failure("createRuntime") { $0.createRuntime = [$1] },
        failure("createContainer") { $0.createContainer = [$1] },
        RuntimeRequirement(
            "config.md, POSIX-platform Hooks", "startContainer that fails keeps the program from running"
        ) { shop in
            try shop.program("#!/bin/sh\nexit 1\n", at: shop.engine.rootfs + "/bin/fails")
            let (container, answer) = try shop.attempt("echo ran > /data/ran") {
                $0.hooks = .init(startContainer: [.init(path: "/bin/fails")])
            }
            if answer.status == 0 { _ = try shop.call("start", container.id) }
            usleep(200_000)
            try shop.expect(!SystemFile.exists(shop.engine.rootfs + "/data/ran"), "it ran")
        },
        RuntimeRequirement(
            "config.md, POSIX-platform Hooks", "poststop that fails does not keep the container from being deleted"
        ) { shop in
            let container = try shop.create("true") {
                $0.hooks = .init(poststop: [
                    try shop.hook("1", to: "order", then: "exit 1"), try shop.hook("2", to: "order"),
                ])
            }
            try shop.succeed("start", container.id)
            try container.awaitStop()
            try shop.succeed("delete", container.id)
            try shop.refuse("state", container.id)
            try shop.expect(shop.text("order"), is: "1 2")
        },
        RuntimeRequirement(
            "config.md, POSIX-platform Hooks", "one that takes longer than its timeout fails the creation"
        ) { shop in
            try shop.program("#!/bin/sh\nsleep 30\n", at: "sleeper")
            let path = shop.engine.place + "/sleeper"
            try shop.refuseContainer { $0.hooks = .init(createRuntime: [.init(path: path, timeout: 1)]) }
        },
    ]

    private static func failure(
        _ kind: String,
        _ set: @escaping @Sendable (inout RuntimeConfiguration.Hooks, RuntimeConfiguration.Hook) -> Void
    ) -> RuntimeRequirement {
        RuntimeRequirement("config.md, POSIX-platform Hooks", "\(kind) that fails fails the creation") { shop in
            try shop.refuseContainer("echo ran > /data/ran") {
                var hooks = RuntimeConfiguration.Hooks()
                set(&hooks, try shop.hook("x", to: "order", then: "exit 1"))
                $0.hooks = hooks
            }
            try shop.expect(!SystemFile.exists(shop.engine.rootfs + "/data/ran"), "it ran")
        }
    }
}
