import Glibc
import Linux
import OCI
import TestSupport
import Testing

/// Limits at their ends: none at all, and too little to begin with.
@Suite(
    .enabled(if: TestHost.canRun, TestHost.reason),
    .enabled(if: TestHost.hasController("memory") && TestHost.hasController("pids"), "no memory or pids controller"))
struct LimitTests {
    let engine: Engine

    init() throws { engine = try Engine() }

    private func value(_ container: Container, _ file: String) -> String {
        guard let hierarchy = TestHost.layout?.hierarchy(of: "pids") else { return "" }
        return Engine.text("\(hierarchy.mountPoint)/\(Cgroup.base)/\(container.id)/\(file)")
    }

    /// `pids.limit` 0 is no limit in documents before 1.3, which had to have one, and a limit since; `update` means it as the
    /// container's document does.
    @Test func noProcesses() throws {
        let old = try engine.started("sh -c 'echo forked'; exec sleep 1000") {
            $0.ociVersion = "1.0.2-dev"
            $0.linux?.resources?.pids = .init(limit: 0)
        }
        try old.awaitOutput("forked")
        #expect(value(old, "pids.max") == "max\n")
        #expect(try old.call("update", "--pids-limit", "9").status == 0)
        #expect(value(old, "pids.max") == "9\n")
        #expect(try old.call("update", "--pids-limit", "0").status == 0)
        #expect(value(old, "pids.max") == "max\n")
        try old.remove()

        let new = try engine.created("true") { $0.linux?.resources?.pids = .init(limit: -1) }
        #expect(value(new, "pids.max") == "max\n")
        #expect(try new.call("update", "--pids-limit", "0").status == 0)
        #expect(value(new, "pids.max") == "0\n")
        try new.remove()
    }

    /// A memory limit that the container cannot even be made with: an error that names it, in the log as well, and nothing stays.
    @Test(arguments: ["create", "run"], [4096, 50_000]) func tooLittleMemory(command: String, bytes: Int64) throws {
        let id = engine.name()
        let log = engine.place + "/log"
        let bundle = try engine.bundle(
            engine.configuration("true") { $0.linux?.resources?.memory = .init(limit: bytes) })
        let answer = try engine.run(
            [Engine.program, "--root", engine.root, "--log", log, command, "--bundle", bundle, id])
        // A kernel that counts little of what is done for a process may have come as far as the program, which is killed.
        if answer.status == 137, command == "run" {
            #expect(answer.complaints == "")
        } else {
            #expect(answer.status == 1)
            #expect(answer.complaints.contains("memory"), "\(answer.complaints)")
            #expect(Engine.text(log).contains("memory"))
        }
        #expect(engine.traces(of: id) == [])
    }

    /// Little memory changes nothing else: the program runs, its status is told, and one that is not there is told as engines know it.
    @Test func littleMemory() throws {
        func run(_ script: String, _ arguments: [String]? = nil) throws -> Engine.Answer {
            try engine.run(script) {
                $0.linux?.resources?.memory = .init(limit: 8 << 20)
                if let arguments { $0.process?.arguments = arguments }
            }
        }
        let ended = try run("echo ran; exit 3")
        #expect(ended.output == "ran\n" && ended.status == 3, "\(ended.complaints)")
        let absent = try run("", ["/bin/not-there"])
        #expect(absent.status == 1 && absent.complaints.contains("no such file or directory"), "\(absent.complaints)")
        let container = try engine.started("echo ran; exec sleep 1000") {
            $0.linux?.resources?.memory = .init(limit: 8 << 20)
        }
        try container.awaitOutput("ran")
        try container.remove()
    }

    /// Another process makes it then, and ends with the command that is killed, with all that it has made.
    @Test func makerOfLittleMemory() throws {
        let bundle = try engine.bundle(
            engine.configuration("true") {
                $0.linux?.resources?.memory = .init(limit: 8 << 20)
                $0.hooks = .init(createRuntime: [
                    .init(path: "/bin/sh", arguments: ["sh", "-c", "touch \(engine.place)/begun; exec sleep 60"])
                ])
            })
        let id = engine.name()
        let words = [Engine.program, "--root", engine.root, "create", "--bundle", bundle, id]
        let (process, streams) = try engine.begin(words)
        try Eventually.holds("the hook runs: \(streams.complaints)") { SystemFile.exists(engine.place + "/begun") }
        try process.kill()
        _ = try process.wait(for: words.joined(separator: " "), within: 60)
        try Eventually.holds("its maker ends") { try engine.call("state", id).output.contains("stopped") }
        #expect(try engine.call("delete", id).status == 0)
        #expect(engine.traces(of: id) == [])
    }

    /// `update` takes sizes with units; what says nothing changes nothing, and succeeds.
    @Test func updateByWords() throws {
        let container = try engine.created("true") { $0.linux?.resources?.memory = .init(limit: 100 << 20) }
        let hierarchy = try #require(TestHost.layout?.hierarchy(of: "memory"))
        func limit() -> String {
            let directory = "\(hierarchy.mountPoint)/\(Cgroup.base)/\(container.id)"
            return Engine.text(directory + "/memory.limit_in_bytes") + Engine.text(directory + "/memory.max")
        }
        for (word, bytes) in [("70m", 70 << 20), ("80MiB", 80 << 20), ("0.5g", 512 << 20), ("83886080", 80 << 20)] {
            let answer = try container.call("update", "--memory", word)
            #expect(answer.status == 0, "\(answer.complaints)")
            #expect(limit() == "\(bytes)\n", "\(word)")
        }
        for words in [
            [], ["--memory", "0"], ["--cpu-quota", "0"], ["--kernel-memory", "1m"], ["--blkio-weight", "0"],
        ] {
            let answer = try engine.call(["update"] + words + [container.id])
            #expect(answer.status == 0, "\(words): \(answer.complaints)")
            #expect(answer.complaints.contains("memory.kernel") == words.contains("--kernel-memory"))
            #expect(limit() == "\(80 << 20)\n")
        }
        #expect(try container.call("update", "-r", "-", input: "{}").status == 0)
        let wrong = try container.call("update", "-r", "-", input: #"{"pids": {"limit": "x"}}"#)
        #expect(wrong.status == 1 && wrong.complaints.contains("standard input: pids.limit"), "\(wrong.complaints)")
        let mixed = try container.call("update", "--memory", "10m", "--memory-swap", "5m")
        #expect(mixed.status == 1 && mixed.complaints.contains("memory.swap"), "\(mixed.complaints)")
        for answer in [wrong, mixed] { #expect(!answer.complaints.contains(".json"), "\(answer.complaints)") }
        for word in ["70x", "m", "-2", "9999999p", "1..2m", ""] {
            let answer = try container.call("update", "--memory", word)
            #expect(answer.status == 1 && answer.complaints.contains("--memory"), "'\(word)': \(answer.complaints)")
        }
        try container.remove()
    }
}
