import BenchmarkSupport
import Glibc
import Linux

/// An OCI runtime as its command line; or the floor, a C program that makes the system calls of a `run` and nothing else.
final class CommandRuntime {
    let name: String
    private let path: String
    private let root: String
    private let bundles: Bundles
    /// The floor's whole command line; nil for a runtime.
    private let floor: [String]?
    private var count = 0

    /// What it can be asked for.
    var deeds: [Deed] { floor == nil ? Deed.allCases : [.run] }

    /// - Parameters:
    ///   - name: of the lane; two may run the same program.
    ///   - path: the program.
    ///   - floor: the floor's arguments, where it is none.
    init(_ name: String, path: String, _ bundles: Bundles, floor: [String]? = nil) {
        self.name = name
        self.path = path
        self.bundles = bundles
        self.floor = floor
        root = "\(bundles.states)/\(name)"
    }

    /// What its `--version` begins with.
    func version() throws -> String {
        let pipe = try makePipe()
        let process = try ProcessPlan(path, ["--version"]).spawn(StandardStreams(output: pipe.write))
        close(pipe.write)
        let text = readAll(pipe.read).text
        close(pipe.read)
        _ = try process.wait()
        return text.split(separator: "\n").first.map(String.init) ?? ""
    }

    private func nextIdentifier() -> String {
        count += 1
        return "isolab-bench-\(name)-\(count)"
    }

    // MARK: - Deeds

    /// One whole command, or those that belong together: nanoseconds from the call of each to its end, summed.
    func perform(_ deed: Deed, in running: String) throws -> UInt64 {
        switch deed {
        case .version:
            return try timed(["--version"], says: nil)
        case .run:
            return try timed(try run())
        case .exec:
            return try timed(["exec", running] + Bundles.executed)
        case .lifecycle:
            let identifier = nextIdentifier()
            let output = try makePipe()
            defer { close(output.read) }
            let created = try create(identifier, try bundles.make(identifier), output: output.write)
            close(output.write)
            let started = try timed(["start", identifier], says: nil)
            try prove(readAll(output.read).text, "start")
            _ = try ProcessExit.wait(for: created.pid)
            return created.time + started + (try timed(["delete", identifier], says: nil))
        }
    }

    /// A container whose program waits.
    ///
    /// - Returns: its identifier, and how many processes it has left with us besides its own.
    func startWaiting() throws -> (identifier: String, left: Int) {
        let identifier = nextIdentifier()
        let before = try Procfs.descendants(of: getpid()).count
        _ = try create(identifier, try bundles.make(identifier, waits: true), output: -1)
        _ = try timed(["start", identifier], says: nil)
        return (identifier, try Procfs.descendants(of: getpid()).count - before - 1)
    }

    func end(_ identifier: String) throws { _ = try timed(["delete", "--force", identifier], says: nil) }

    /// Whether a container runs within a memory limit.
    func runs(within memory: Int64) throws -> Bool {
        let identifier = nextIdentifier()
        let bundle = try bundles.make(identifier, memory: memory)
        let output = try makePipe()
        let silence = try OwnedDescriptor(opening: "/dev/null", O_WRONLY)
        let process = try plan(["run", "--bundle", bundle, identifier])
            .spawn(StandardStreams(output: output.write, error: silence.number))
        close(output.write)
        let succeeded = try process.wait().succeeded && readAll(output.read).text == Self.proof
        close(output.read)
        if !succeeded {
            _ = try plan(["delete", "--force", identifier])
                .spawn(StandardStreams(output: silence.number, error: silence.number)).wait()
        }
        return succeeded
    }

    /// So many starts, one after another or all at once: nanoseconds from the first call to the last end.
    func series(of count: Int, concurrent: Bool) throws -> UInt64 {
        let plans = try (0..<count).map { _ in plan(try run()) }
        let output = try makePipe()
        let start = HostClock.now()
        var running: [RunningProcess] = []
        for plan in plans {
            running.append(try plan.spawn(StandardStreams(output: output.write)))
            if !concurrent { try checkEnd(of: running.removeLast(), "run") }
        }
        for process in running { try checkEnd(of: process, "run") }
        let end = HostClock.now()
        close(output.write)
        try prove(readAll(output.read).text, "run", count)
        close(output.read)
        return end - start
    }

    // MARK: - Commands

    private func create(
        _ identifier: String, _ bundle: String, output: Int32
    ) throws -> (time: UInt64, pid: Int32) {
        let file = bundle + "/pid"
        let plan = plan(["create", "--bundle", bundle, "--pid-file", file, identifier])
        let start = HostClock.now()
        try checkEnd(of: plan.spawn(StandardStreams(output: output < 0 ? nil : output)), "create")
        let time = HostClock.now() - start
        guard let pid = Int32(try SystemFile.read(file)) else { throw SystemError("read", file, errno: EPROTO) }
        return (time, pid)
    }

    /// The words of a `run` of a bundle of its own.
    private func run() throws -> [String] {
        if let floor { return floor }
        let identifier = nextIdentifier()
        return ["run", "--bundle", try bundles.make(identifier), identifier]
    }

    private func plan(_ arguments: [String]) -> ProcessPlan {
        ProcessPlan(path, floor == nil ? ["--root", root] + arguments : arguments)
    }

    /// - Parameter says: what its output must be; nil for anything.
    private func timed(_ arguments: [String], says expected: String? = proof) throws -> UInt64 {
        let plan = plan(arguments)
        let output = try makePipe()
        defer { close(output.read) }
        let start = HostClock.now()
        let process = try plan.spawn(StandardStreams(output: output.write))
        close(output.write)
        try checkEnd(of: process, arguments[0])
        let time = HostClock.now() - start
        if expected != nil { try prove(readAll(output.read).text, arguments[0]) }
        return time
    }

    /// What the program in the bundle says.
    private static let proof = "ran\n"

    /// A command that failed, or ran nothing, looks fast.
    private func checkEnd(of process: RunningProcess, _ command: String) throws {
        let exit = try process.wait()
        guard exit.succeeded else { throw FailedCommand(runtime: name, command: command, reason: "\(exit.ending)") }
    }

    private func prove(_ output: String, _ command: String, _ count: Int = 1) throws {
        guard output == String(repeating: Self.proof, count: count) else {
            throw FailedCommand(runtime: name, command: command, reason: "its program did not run: '\(output)'")
        }
    }
}

struct FailedCommand: Error, CustomStringConvertible {
    let runtime: String
    let command: String
    let reason: String
    var description: String { "\(runtime) \(command): \(reason)" }
}
