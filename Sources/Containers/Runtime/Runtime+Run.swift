import CLinux
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
        guard hooks.startContainer.isEmpty else { return try runByAnother(request, keepsFailed) }
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

    private func runByAnother(_ request: CreateRequest, _ keepsFailed: Bool) throws -> RunningProcess {
        // Such a hook is a program of the image's. While it runs, the container's first process is still the one that was made here,
        // with the memory of its maker, which it could reach into. So the maker is another process, which has ended by then.
        var waiting = request
        waiting.waitsForStart = true
        try createElsewhere(waiting)
        return try orRemove(request.id, keepsFailed) {
            guard let identity = try record(of: request.id, for: "run").process else {
                throw RuntimeError("run", request.id, "it has no process")
            }
            // It came to us when its maker ended, and nobody has reaped it: the number is its own.
            let descriptor = isolab_pidfd_open(identity.pid)
            guard descriptor >= 0 else { throw SystemError("pidfd_open", "process \(identity.pid)") }
            let process = RunningProcess(pid: identity.pid, descriptor: OwnedDescriptor(owning: descriptor))
            try start(request.id)
            return process
        }
    }

    /// Makes a container by a copy of this process, which ends when it is there.
    private func createElsewhere(_ request: CreateRequest) throws {
        try becomeSubreaper()
        let report = try Pipe()
        let maker = isolab_fork()
        guard maker >= 0 else { throw SystemError("fork", "this process") }
        if maker == 0 {
            do {
                _ = try create(request)
                WaitingChild.leave()
            } catch {
                try? SystemFile.write(Array("\(error)".utf8), to: report.writeEnd, "a report")
                _exit(1)
            }
        }
        report.closeWriteEnd()
        let problem = try report.readAll()
        guard try ProcessExit.wait(for: maker).succeeded else { throw CreationFailure(description: problem) }
    }
}

/// What a process said that made a container for another.
struct CreationFailure: Error, CustomStringConvertible {
    let description: String
}
