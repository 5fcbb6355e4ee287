import Glibc
public import Linux
public import OCI
import Seccomp

/// An OCI runtime: containers that outlive the command that makes them, kept on disk (runtime.md, "Lifecycle").
///
/// Every operation is one command's work: it reads what the disk and the kernel say, does its part and leaves a truth
/// behind that the next command can read, whenever it is killed.
public struct Runtime: Sendable {
    public let store: ContainerStore
    /// Compiled profiles.
    let seccomp: SeccompProgramCache
    /// Takes a line about something that was asked for and could not be had.
    let warn: @Sendable (String) -> Void
    /// Takes a line about what is done, for whoever looks for a fault.
    let trace: @Sendable (String) -> Void
    /// What hooks without an environment of their own have; nil: this process's own.
    var hookEnvironment: [String]?

    /// - Parameters:
    ///   - root: where containers are kept (`--root`).
    ///   - warn: called for what the specification lets a runtime do without.
    ///   - trace: called for what is done.
    public init(
        root: String = Runtime.standardRoot, warn: @escaping @Sendable (String) -> Void = { _ in },
        trace: @escaping @Sendable (String) -> Void = { _ in }
    ) throws(SystemError) {
        store = try ContainerStore(path: root)
        seccomp = SeccompProgramCache(directory: StandardDirectories.cache + "/seccomp")
        self.warn = warn
        self.trace = trace
    }

    /// Keeps this process's environment for hooks that have none of their own, where there are such: whoever makes a process in a
    /// container forgets his own before.
    public mutating func keepEnvironment(forHooksOf request: CreateRequest) {
        guard let hooks = request.bundle.configuration.hooks else { return }
        let outside = hooks.prestart + hooks.createRuntime + hooks.poststart + hooks.poststop
        if outside.contains(where: { $0.environment == nil }) { hookEnvironment = ProcessPlan.ownEnvironment() }
    }

    /// `/run/isolab/containers` as root.
    public static var standardRoot: String { StandardDirectories.state + "/containers" }

    /// The greatest version of the specification whose documents it takes.
    public static let specificationVersion = RuntimeConfiguration.specificationVersion

    // MARK: - State

    /// A container as it is now (runtime.md, "Query State").
    public func state(of id: String) throws -> ContainerState {
        let directory = try directory(of: id, for: "show")
        guard let record = try directory.record() else {
            return ContainerState(id: id, status: .stopped, bundle: "")
        }
        return state(of: record, directory)
    }

    /// Every container, by name. One that goes while we look is passed over, and so is, with a warning, one whose record
    /// cannot be read: it must not hide the others.
    public func list() throws -> [ContainerState] {
        try store.containers().compactMap { directory in
            do {
                guard let record = try directory.record() else {
                    return directory.exists ? ContainerState(id: directory.id, status: .stopped, bundle: "") : nil
                }
                return state(of: record, directory)
            } catch {
                if directory.exists { warn("\(error)") }
                return nil
            }
        }
    }

    func state(of record: ContainerRecord, _ directory: ContainerDirectory) -> ContainerState {
        let status = status(of: record, directory)
        return ContainerState(
            ociVersion: record.ociVersion, id: record.id, status: status,
            pid: status == .stopped || status == .creating ? 0 : record.process?.pid, bundle: record.bundle,
            annotations: record.annotations, rootfs: record.rootfs, created: record.created, owner: record.owner)
    }

    /// From the kernel's word alone: the record says who the process is, not how it is.
    func status(of record: ContainerRecord, _ directory: ContainerDirectory) -> ContainerState.Status {
        guard let process = record.process else {
            // What its maker, who was killed, had made of it may take its time to die.
            return record.creator.isAlive || hasRest(record) ? .creating : .stopped
        }
        guard process.isAlive else { return .stopped }
        // Before its start, too: nothing of it goes on then, not even to its end.
        if (try? cgroup(of: record).isFrozen()) == true { return .paused }
        if record.waitsForStart, directory.waitsForStart {
            return record.creator.isAlive || settles(process, record) ? .created : .stopped
        }
        return .running
    }

    /// Waits until it can be told whether a process that waits for its start outlives its maker, who has ended. Killed before his last
    /// step he takes it with him, but the kernel's signal is only on its way when he is gone: a process that is asleep has none.
    private func settles(_ process: ProcessIdentity, _ record: ContainerRecord) -> Bool {
        for _ in 0..<Self.patienceWithTheDying {
            guard process.isAlive, let state = try? Procfs.status(of: process.pid).state else { return false }
            if ["S", "T", "t"].contains(state) { return true }
            // One that is frozen will not die before it thaws.
            if state == "D", (try? cgroup(of: record).isFrozen()) == true { return true }
            usleep(1000)
        }
        return process.isAlive
    }

    /// Milliseconds.
    private static let patienceWithTheDying = 5000

    /// Whether the process that was to be the first one of a container that never came to be has not ended yet.
    private func hasRest(_ record: ContainerRecord) -> Bool {
        let cgroup = cgroup(of: record)
        return !record.cgroup.isEmpty && !LeftJoiners(in: cgroup).dying.isEmpty
    }

    func cgroup(of record: ContainerRecord) -> Cgroup { Cgroup(name: record.id, directories: record.cgroup) }

    /// A container's directory; an error where there is none.
    func directory(of id: String, for operation: String) throws -> ContainerDirectory {
        let directory = store.directory(of: try ContainerIdentifier(id))
        guard directory.exists else {
            throw RuntimeError(operation, id, "container does not exist", advice: "see `list`")
        }
        return directory
    }

    /// A container's record with the right to change it.
    func record(of id: String, for operation: String) throws -> ContainerRecord {
        guard let record = try directory(of: id, for: operation).record() else {
            throw RuntimeError(operation, id, "its creation was interrupted", advice: "delete it")
        }
        return record
    }
}
