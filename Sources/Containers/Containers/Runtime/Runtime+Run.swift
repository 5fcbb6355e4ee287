import Glibc
public import Linux
import OCI

extension Runtime {
    /// Makes a container that runs at once (runtime.md, "Create" and "Start").
    ///
    /// - Parameter keepsFailed: whether one that could not be started, or whose poststart hook failed, stays.
    /// - Returns: its first process, a child of the caller.
    public func run(_ request: CreateRequest, keepsFailed: Bool = false) throws -> RunningProcess {
        let hooks = request.bundle.configuration.hooks ?? .init()
        guard hooks.startContainer.isEmpty, !mayLackMemory(request) else {
            return try runByAnother(request, keepsFailed)
        }
        let process = try create(request)
        try orRemove(request.id, keepsFailed) { if !hooks.poststart.isEmpty { try runPoststartHooks(of: request.id) } }
        return process
    }

    private func orRemove<Result>(_ id: String, _ keepsFailed: Bool, _ body: () throws -> Result) throws -> Result {
        do { return try body() } catch {
            if !keepsFailed { try? delete(id, force: true) }
            throw error
        }
    }

    /// Whether the memory that the container is given may be too little to make it. The kernel then kills its first process, and
    /// everybody who shares its memory: who makes it.
    public func mayLackMemory(_ request: CreateRequest) -> Bool {
        guard let limit = request.bundle.configuration.linux?.resources?.memory?.limit, limit > 0 else { return false }
        return limit < Self.ampleMemory
    }

    /// Bytes; many times what a container is made with.
    private static let ampleMemory: Int64 = 16 << 20

    private func runByAnother(_ request: CreateRequest, _ keepsFailed: Bool) throws -> RunningProcess {
        // A startContainer hook is a program of the image's. While it runs, the container's first process is still the one that was made here,
        // with the memory of its maker, which it could reach into. So the maker is another process, which has ended by then.
        var waiting = request
        waiting.waitsForStart = true
        try createElsewhere(waiting)
        return try orRemove(request.id, keepsFailed) {
            guard let identity = try record(of: request.id, for: "run").process else {
                throw RuntimeError("run", request.id, "it has no process")
            }
            // It came to us when its maker ended, and nobody has reaped it: the number is its own.
            guard let descriptor = Procfs.descriptor(of: identity.pid) else {
                throw SystemError("pidfd_open", "process \(identity.pid)")
            }
            let process = RunningProcess(pid: identity.pid, descriptor: descriptor)
            try start(request.id)
            return process
        }
    }

    /// Makes a container by a copy of this process, which ends when it is there.
    public func createElsewhere(_ request: CreateRequest) throws {
        try becomeSubreaper()
        let report = try Pipe()
        let maker = PlainFork.forkBound()
        guard maker >= 0 else { throw SystemError("fork", "this process") }
        if maker == 0 {
            do {
                _ = try create(request)
                WaitingChild.leave()
            } catch {
                try? SystemFile.write(CreationFailure.report(error), to: report.writeEnd, "a report")
                _exit(1)
            }
        }
        let identity = try? ProcessIdentity(of: maker)
        report.closeWriteEnd()
        try awaitReport(report.readEnd, from: maker)
        let problem = try report.readAll()
        let end = try ProcessExit.wait(for: maker)
        if end.succeeded { return }
        guard problem.isEmpty else { throw CreationFailure.error(report: problem) }
        if let identity, (try? directory(of: request.id, for: "remove").record())?.creator == identity {
            try? delete(request.id, force: true)
        }
        let limit = request.bundle.configuration.linux?.resources?.memory?.limit
        throw RuntimeError(
            "create", request.id, "the process that was creating it ended: \(end.ending)",
            advice: limit.map { "the memory limit could be too low: linux.resources.memory.limit is \($0) bytes" })
    }
}

extension Runtime {
    /// Waits for its word, or its end; a signal that is held back here, and asks to end, is passed on to it.
    private func awaitReport(_ report: Int32, from maker: Int32) throws(SystemError) {
        var ready = pollfd(fd: report, events: Int16(POLLIN), revents: 0)
        while try retryingOnInterrupt("poll", "a report", { poll(&ready, 1, 100) }) == 0 {
            let signal = RequestToEnd.pending
            if signal != 0 { Glibc.kill(maker, signal) }
        }
    }
}

/// What a process said that made a container for another.
struct CreationFailure: Error, CustomStringConvertible {
    let description: String

    private static let mark = "\0"

    /// What it was for another process: a failed system call as such, for engines know some by their words.
    static func report(_ error: any Error) -> [UInt8] {
        guard let error = error as? SystemError else { return Array("\(error)".utf8) }
        let parts = [error.operation, error.object, "\(error.errno)", error.stage ?? "", error.advice ?? ""]
        return Array((mark + parts.joined(separator: mark)).utf8)
    }

    static func error(report: String) -> any Error {
        let parts = report.fields(between: "\0").map { String($0) }
        guard parts.count == 6, parts[0].isEmpty, let number = Int32(parts[3]) else {
            return CreationFailure(description: report)
        }
        return SystemError(
            parts[1], parts[2], errno: number, stage: parts[4].isEmpty ? nil : parts[4],
            advice: parts[5].isEmpty ? nil : parts[5])
    }
}
