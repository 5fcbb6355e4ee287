import Glibc
import Linux
import OCI

extension RuntimeRequirement {
    static let lifecycle: [RuntimeRequirement] = [
        RuntimeRequirement("runtime.md, Create", "the program does not run before start") { shop in
            let container = try shop.create("echo ran > /data/ran")
            usleep(200_000)
            try shop.expect(!SystemFile.exists(shop.engine.rootfs + "/data/ran"), "it ran")
            try shop.succeed("start", container.id)
            try shop.wait("it does not run") { SystemFile.exists(shop.engine.rootfs + "/data/ran") }
        },
        RuntimeRequirement("runtime.md, Create", "a name that is taken is refused, and its container stays as it is") {
            shop in
            let container = try shop.create("exec sleep 1000")
            let again = try shop.call("create", "--bundle", try shop.bundle("true"), container.id)
            try shop.expect(again.status != 0, "it is taken twice")
            try shop.expect(try container.state().status == .created, "the first is \(try container.state().status)")
        },
        RuntimeRequirement("runtime.md, Create", "a name must be given") { shop in
            try shop.refuse("create", "--bundle", try shop.bundle("true"))
        },
        RuntimeRequirement("runtime.md, Create", "a bundle without config.json is refused") { shop in
            let id = shop.name()
            try shop.refuse("create", "--bundle", shop.engine.place, id)
            try shop.refuse("state", id)
        },
        RuntimeRequirement("runtime.md, Create", "later changes to config.json have no effect on the container") {
            shop in
            let container = try shop.create("echo first; exec sleep 1000")
            try SystemFile.replace(
                container.bundle + "/config.json", with: try shop.configuration("echo second").json())
            try shop.succeed("start", container.id)
            try container.awaitOutput("first\n")
        },
        RuntimeRequirement("runtime.md, Create", "--pid-file holds the number that state tells") { shop in
            let id = shop.name()
            let file = shop.engine.place + "/pid"
            let words = ["create", "--bundle", try shop.bundle("exec sleep 1000"), "--pid-file", file, id]
            try shop.expect(try shop.call(words).status == 0, "create fails")
            let state = try ContainerState(json: try shop.succeed("state", id).output.utf8)
            try shop.expect(Engine.text(file), is: "\(state.pid ?? -1)")
        },
        RuntimeRequirement("runtime.md, Start", "the program that was asked for runs") { shop in
            try shop.run("echo $0 $#", says: "/bin/sh 0")
        },
        RuntimeRequirement("runtime.md, Start", "refused of a container that is not there") { shop in
            try shop.refuse("start", "nobody-\(getpid())")
        },
        RuntimeRequirement("runtime.md, Start", "refused of one that runs, which runs on") { shop in
            let container = try shop.create("exec sleep 1000")
            try shop.succeed("start", container.id)
            try shop.refuse("start", container.id)
            try shop.expect(try container.state().status == .running, "it is \(try container.state().status)")
        },
        RuntimeRequirement("runtime.md, Start", "refused of one that has stopped") { shop in
            let container = try shop.create("true")
            try shop.succeed("start", container.id)
            try container.awaitStop()
            try shop.refuse("start", container.id)
        },
        RuntimeRequirement("runtime.md, Start", "a program that is not there fails create or start") { shop in
            try shop.refuseContainer { $0.process?.arguments = ["/bin/not-there"] }
        },
        RuntimeRequirement(
            "runtime.md, State", "ociVersion, id, bundle, annotations, status and pid of a created container"
        ) { shop in
            let container = try shop.create("exec sleep 1000") { $0.annotations = ["org.example.a": "b \"c\""] }
            let state = try container.state()
            try shop.expect(state.id == container.id && state.bundle == container.bundle, "\(state)")
            try shop.expect(state.annotations["org.example.a"] == "b \"c\"", "\(state.annotations)")
            try shop.expect(state.ociVersion.hasPrefix("1."), state.ociVersion)
            try shop.expect(state.status == .created, state.status.rawValue)
            let pid = state.pid ?? 0
            try shop.expect(kill(pid, 0) == 0 && pid > 1, "no process \(pid)")
        },
        RuntimeRequirement("runtime.md, State", "created, then running, then stopped") { shop in
            let container = try shop.create("exec sleep 1000")
            try shop.expect(try container.state().status == .created, "not created")
            try shop.succeed("start", container.id)
            try shop.expect(try container.state().status == .running, "not running")
            try shop.succeed("kill", container.id, "KILL")
            try container.awaitStop()
        },
        RuntimeRequirement("runtime.md, State", "refused of a container that is not there") { shop in
            try shop.refuse("state", "nobody-\(getpid())")
        },
        RuntimeRequirement("runtime.md, Kill", "the signal that was asked for arrives") { shop in
            let container = try shop.create("trap 'echo got; exit' USR1; echo ready; while :; do sleep 0.05; done")
            try shop.succeed("start", container.id)
            try container.awaitOutput("ready")
            try shop.succeed("kill", container.id, "USR1")
            try container.awaitOutput("got")
        },
        RuntimeRequirement("runtime.md, Kill", "signals by number, and of a created container too") { shop in
            let container = try shop.create("exec sleep 1000")
            try shop.succeed("kill", container.id, "9")
            try container.awaitStop()
        },
        RuntimeRequirement("runtime.md, Kill", "refused of one that has stopped") { shop in
            let container = try shop.create("true")
            try shop.succeed("start", container.id)
            try container.awaitStop()
            try shop.refuse("kill", container.id, "KILL")
        },
        RuntimeRequirement("runtime.md, Kill", "refused of a container that is not there") { shop in
            try shop.refuse("kill", "nobody-\(getpid())", "KILL")
        },
    ]

    static let deletion: [RuntimeRequirement] = [
        RuntimeRequirement("runtime.md, Delete", "nothing of the container stays: no state, no cgroup") { shop in
            let container = try shop.create("true")
            let cgroup = try shop.cgroup("memory", of: container.bundle)
            try shop.expect(SystemFile.exists(cgroup), "there was no cgroup")
            try shop.succeed("start", container.id)
            try container.awaitStop()
            try shop.succeed("delete", container.id)
            try shop.refuse("state", container.id)
            try shop.expect(!SystemFile.exists(cgroup), "the cgroup stays")
        },
        RuntimeRequirement("runtime.md, Delete", "the name can be used again") { shop in
            let container = try shop.create("true")
            try shop.succeed("start", container.id)
            try container.awaitStop()
            try shop.succeed("delete", container.id)
            try shop.succeed("create", "--bundle", container.bundle, container.id)
        },
        RuntimeRequirement("runtime.md, Delete", "refused of one that runs, which runs on") { shop in
            let container = try shop.create("exec sleep 1000")
            try shop.succeed("start", container.id)
            try shop.refuse("delete", container.id)
            try shop.expect(try container.state().status == .running, "it is \(try container.state().status)")
        },
        RuntimeRequirement("runtime.md, Delete", "refused of one that was created and has not stopped") { shop in
            let container = try shop.create("exec sleep 1000")
            try shop.refuse("delete", container.id)
            try shop.expect(try container.state().status == .created, "it is gone")
        },
        RuntimeRequirement("runtime.md, Delete", "refused of a container that is not there") { shop in
            try shop.refuse("delete", "nobody-\(getpid())")
        },
        RuntimeRequirement(
            "runtime.md, Delete", "what the runtime did not make stays: the bundle, and a volume's files"
        ) { shop in
            let container = try shop.create("echo kept > /data/kept")
            try shop.succeed("start", container.id)
            try container.awaitStop()
            try shop.succeed("delete", container.id)
            try shop.expect(Engine.text(shop.engine.rootfs + "/data/kept"), is: "kept")
            try shop.expect(SystemFile.exists(container.bundle + "/config.json"), "the bundle is gone")
        },
    ]

    static let documents: [RuntimeRequirement] = [
        RuntimeRequirement("config.md, Specification version", "another major version is refused") { shop in
            try shop.refuseContainer { $0.ociVersion = "2.0.0" }
        },
        RuntimeRequirement("config.md, Specification version", "what is no version is refused") { shop in
            try shop.refuseContainer { $0.ociVersion = "one" }
        },
        RuntimeRequirement("config.md, Extensibility", "members that nobody knows are passed over") { shop in
            let document = try shop.configuration("echo known").json()
            let text =
                "{\"org.example.unknown\": {\"x\": [1]}, " + String(decoding: document.dropFirst(), as: UTF8.self)
            let bundle = try shop.engine.bundle(Array(text.utf8))
            let id = shop.name()
            try shop.expect(try shop.call("run", "--bundle", bundle, id).output, is: "known")
        },
        RuntimeRequirement("config.md, Process", "a process without arguments is refused") { shop in
            try shop.refuseContainer { $0.process?.arguments = [] }
        },
        RuntimeRequirement("config.md, Process", "a relative working directory is refused") { shop in
            try shop.refuseContainer { $0.process?.workingDirectory = "tmp" }
        },
        RuntimeRequirement("config.md, Process", "a terminal that nobody takes is refused") { shop in
            try shop.refuseContainer { $0.process?.terminal = true }
        },
        RuntimeRequirement("features.md", "features are a document of the specification's") { shop in
            let answer = try shop.succeed("features")
            let features = try Features(json: answer.output.utf8)
            try shop.expect(!features.ociVersionMin.isEmpty && features.hooks?.isEmpty == false, answer.output)
        },
    ]
}
