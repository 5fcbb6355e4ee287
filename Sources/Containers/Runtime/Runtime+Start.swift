import Glibc
import Linux
import OCI

extension Runtime {
    /// Lets a created container run its program (runtime.md, "Start").
    ///
    /// Returns when the program has been executed and the poststart hooks have ended.
    public func start(_ id: String) throws {
        let directory = try directory(of: id, for: "start")
        let lock = try directory.lock()
        let record = try record(of: id, for: "start")
        let status = status(of: record, directory)
        guard status == .created else {
            throw RuntimeError("start", id, "it is \(status.rawValue), not created")
        }
        try release(directory)
        try runPoststartHooks(record, directory)
        _ = consume lock
    }

    /// The poststart hooks of a container that runs. One that fails ends the container (since 1.3).
    public func runPoststartHooks(of id: String) throws {
        let directory = try directory(of: id, for: "start")
        try runPoststartHooks(try record(of: id, for: "start"), directory)
    }

    private func runPoststartHooks(_ record: ContainerRecord, _ directory: ContainerDirectory) throws {
        guard record.hasPoststartHooks else { return }
        let hooks = try directory.configuration().hooks?.poststart ?? []
        var state = state(of: record, directory)
        state.status = .running
        state.pid = record.process?.pid
        do throws(SystemError) {
            try HookRunner.run(hooks, "poststart", state: state)
        } catch {
            if let process = record.process { try Self.send(SIGKILL, to: process) }
            try cgroup(of: record).kill()
            throw error
        }
    }

    /// Opens the way and waits until the program runs: the report's end of file says so, a report says why not.
    private func release(_ directory: ContainerDirectory) throws(SystemError) {
        let report = try OwnedDescriptor(opening: directory.reportPath, O_RDONLY | O_NONBLOCK)
        _ = fcntl(report.number, F_SETFL, 0)
        let start = try OwnedDescriptor(opening: directory.startPath, O_WRONLY | O_NONBLOCK)
        try SystemFile.write([1], to: start.number, directory.startPath)
        var bytes = [UInt8](repeating: 0, count: 64)
        let count = try retryingOnInterrupt("read", directory.reportPath) { read(report.number, &bytes, 64) }
        if let error = ChildFailure.error(report: Array(bytes.prefix(count)), program: directory.id) { throw error }
    }
}
