import Glibc
import Linux
import OCI
import TestSupport

/// A runtime to be examined, by its command line, and the tools for it.
final class RuntimeFixture {
    /// A runtime of this host's.
    struct Subject: Sendable {
        let name: String
        let words: [String]

        static let own = Subject(name: "isolab-runtime", words: [Engine.program])

        /// One of others; some refuse a v2 hierarchy beside v1's, and do not see it here.
        static func peer(_ name: String) -> Subject? {
            guard let path = ProcessPlan.path(of: name) else { return nil }
            let script = "! mountpoint -q /sys/fs/cgroup/unified || umount /sys/fs/cgroup/unified; exec \"$@\""
            return Subject(name: name, words: ["unshare", "--mount", "sh", "-c", script, "sh", path])
        }

        static let peers = ["crun", "runc"].compactMap { peer($0) }
    }

    let engine: Engine
    private let subject: Subject
    private var identifiers: [String] = []
    /// The directory above its containers' cgroups, which not every runtime removes.
    private let parent: String

    init(_ subject: Subject) throws {
        self.subject = subject
        engine = try Engine()
        parent = "/isolab-requirements-\(engine.name())"
    }

    deinit {
        for id in identifiers { _ = try? call("delete", "--force", id) }
        for hierarchy in TestHost.layout?.hierarchies ?? [] { rmdir(hierarchy.mountPoint + parent) }
    }

    // MARK: - Calls

    @discardableResult
    func call(_ words: String...) throws -> Engine.Answer { try call(words) }

    func call(_ words: [String]) throws -> Engine.Answer {
        try engine.run(subject.words + ["--root", engine.root] + words)
    }

    /// Its name and version, as it says them.
    var version: String {
        let line = (try? call("--version"))?.output.split(separator: "\n").first ?? ""
        return String(line.replacing(" version", with: ""))
    }

    /// A call that must succeed.
    @discardableResult
    func succeed(_ words: String...) throws -> Engine.Answer {
        let answer = try call(words)
        try expect(answer.status == 0, "\(words.first ?? "") fails: \(answer.complaints.suffix(300))")
        return answer
    }

    /// A call that must fail.
    @discardableResult
    func refuse(_ words: String...) throws -> Engine.Answer {
        let answer = try call(words)
        try expect(answer.status != 0, "\(words.first ?? "") succeeds")
        return answer
    }

    func expect(_ condition: Bool, _ problem: @autoclosure () throws -> String) throws {
        if !condition { throw Unmet(description: try problem()) }
    }

    /// - Parameter what: what is said, of whatever kind.
    func expect(_ what: some StringProtocol, is wanted: String) throws {
        let said = what.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        try expect(said == wanted, "'\(said.prefix(200))' and not '\(wanted)'")
    }

    /// Waits up to ten seconds for what is bound to come.
    func wait(_ problem: String, _ condition: () throws -> Bool) throws {
        for _ in 0..<1000 {
            if try condition() { return }
            usleep(10_000)
        }
        throw Unmet(description: problem)
    }

    // MARK: - Containers

    /// A document that every runtime takes: Docker's container, by the version that all know.
    func configuration(
        _ script: String, _ change: (inout RuntimeConfiguration) throws -> Void = { _ in }
    ) rethrows -> RuntimeConfiguration {
        try engine.configuration(script) {
            $0.ociVersion = "1.0.2"
            $0.linux?.cgroupsPath = "\(parent)/\(engine.name())"
            try change(&$0)
        }
    }

    func bundle(
        _ script: String, _ change: (inout RuntimeConfiguration) throws -> Void = { _ in }
    ) throws -> String { try engine.bundle(try configuration(script, change)) }

    func name() -> String {
        let id = engine.name()
        identifiers.append(id)
        return id
    }

    /// Runs a script to its end, by `create`, `start`, and `delete`; answers what it said.
    @discardableResult
    func run(
        _ script: String, _ change: (inout RuntimeConfiguration) throws -> Void = { _ in }
    ) throws -> String {
        let container = try create(script, change)
        try succeed("start", container.id)
        try container.awaitStop()
        return container.streams.output
    }

    /// A container that was created.
    struct Made {
        let shop: RuntimeFixture
        let id: String
        let bundle: String
        let streams: Streams

        func state() throws -> ContainerState {
            try ContainerState(json: try shop.succeed("state", id).output.utf8)
        }

        func awaitStop() throws {
            try shop.wait("it does not stop; it said \(streams.output.suffix(200)) \(streams.complaints.suffix(200))") {
                try state().status == .stopped
            }
        }

        func awaitOutput(_ text: String) throws {
            try shop.wait(
                "it does not say '\(text)' but \(streams.output.suffix(200)) \(streams.complaints.suffix(200))"
            ) { streams.output.contains(text) }
        }
    }

    func create(
        _ script: String, _ change: (inout RuntimeConfiguration) throws -> Void = { _ in }
    ) throws -> Made {
        let (container, answer) = try attempt(script, change)
        try expect(answer.status == 0, "create fails: \(answer.complaints.suffix(300))")
        return container
    }

    func attempt(
        _ script: String, _ change: (inout RuntimeConfiguration) throws -> Void = { _ in }
    ) throws -> (container: Made, answer: Engine.Answer) {
        let bundle = try bundle(script, change)
        let id = name()
        let streams = try engine.streams(input: "")
        let words = subject.words + ["--root", engine.root, "create", "--bundle", bundle, id]
        let exit = try engine.plan(words).spawn(streams.standard).wait(for: words.joined(separator: " "), within: 60)
        return (
            Made(shop: self, id: id, bundle: bundle, streams: streams),
            Engine.Answer(status: exit.shellStatus, output: streams.output, complaints: streams.complaints)
        )
    }

    /// A container that cannot be made or started, and nothing of it stays that `state` would show.
    func refuseContainer(
        _ script: String = "true", _ change: (inout RuntimeConfiguration) throws -> Void
    ) throws {
        let (container, answer) = try attempt(script, change)
        if answer.status == 0 {
            let start = try call("start", container.id)
            try expect(start.status != 0, "it is made and started")
        } else {
            try refuse("state", container.id)
        }
    }

    /// Runs a script and says nothing but what must come out.
    func run(
        _ script: String, says wanted: String, _ change: (inout RuntimeConfiguration) throws -> Void = { _ in }
    ) throws { try expect(try run(script, change), is: wanted) }

    /// Makes a program. Another process writes it: of ours a copy may be about to become a program somewhere, and have the file open
    /// for writing meanwhile, which then cannot be executed.
    @discardableResult
    func program(_ text: String, at name: String) throws -> String {
        let source = try engine.write(text, to: name + ".text")
        let path = String(source.dropLast(5))
        let answer = try engine.run(["install", "-m", "755", source, path])
        try expect(answer.status == 0, answer.complaints)
        return path
    }

    /// A program of the host's that appends a line to a file, for hooks.
    func hook(_ line: String, to file: String, then: String = "") throws -> RuntimeConfiguration.Hook {
        let path = try program(
            "#!/bin/sh\ncat > '\(engine.place)/\(file).state'\necho \(line) >> '\(engine.place)/\(file)'\n\(then)\n",
            at: "hook-\(UInt32.random(in: 0...UInt32.max))")
        return RuntimeConfiguration.Hook(path: path)
    }

    func text(_ file: String) -> String { Engine.text("\(engine.place)/\(file)") }

    /// The cgroup of a configuration in the hierarchy of a controller.
    func cgroup(_ controller: String, of bundle: String) throws -> String {
        let configuration = try RuntimeConfiguration(json: try SystemFile.bytes(of: bundle + "/config.json"))
        guard let hierarchy = TestHost.layout?.hierarchy(of: controller) else {
            throw Unmet(description: "there is no \(controller) controller here")
        }
        return hierarchy.mountPoint + (configuration.linux?.cgroupsPath ?? "")
    }
}
