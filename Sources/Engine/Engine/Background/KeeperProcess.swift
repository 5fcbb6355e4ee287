import Containers
import Glibc
import Keeping
import Linux

/// The process that looks after a container in the background.
///
/// It is a copy of the command that starts the container, in a session of its own. It makes the container as its own child, which ends with
/// it (PR_SET_PDEATHSIG), and becomes isolab-keeper. When the container ends, isolab-keeper becomes `isolab keep`, which writes that down
/// and decides what follows: all the time this is one process, the container's parent and the owner of its lock.
struct KeeperProcess {
    let engine: Engine

    /// Where commands find the keeper of a container, in the container's directory.
    static let socketName = "attach"

    /// A command that is attached from the first word on, by the keeper's end of a pair of sockets.
    struct FirstClient {
        var descriptor: Int32
        var flags: UInt8
    }

    static var program: String { StandardDirectories.programs + "/isolab-keeper" }

    static func check() throws(EngineError) {
        guard access(program, X_OK) == 0 else {
            throw .unsupported(
                "containers in the background need \(program)",
                advice: "install isolab-keeper in the directory of isolab")
        }
    }

    /// Starts a container that is there and does not run, and returns when its program does.
    ///
    /// - Parameter care: the container's, which the new process has from here on.
    func start(
        _ container: StoredContainer, care: borrowing ContainerRecords.Claim, first: FirstClient? = nil
    ) throws {
        try Self.check()
        let lock = care.number
        try fork { report in
            var order = KeeperOrder()
            order[.lock] = Int64(lock)
            if let first { order.clients = [(first.descriptor, first.flags)] }
            var container = container
            try engine.becomeKeeper(&container, order) { try Self.say("", status: 0, to: report) }
        }
    }

    /// Lets a new process start it and decide by itself what becomes of it where that fails.
    func restart(_ container: StoredContainer, care: borrowing ContainerRecords.Claim) throws {
        try Self.check()
        let lock = care.number
        try fork { report in
            var order = KeeperOrder()
            order[.lock] = Int64(lock)
            order[.socket] = Int64(try engine.listen(container.id))
            var words = [StandardDirectories.programPath, "keep", container.id, "due", "0"]
            words += order.words.map { String(decoding: $0, as: UTF8.self) }
            try Self.say("", status: 0, to: report)
            try engine.become(StandardDirectories.programPath, words, container.id, order)
        }
    }

    /// - Parameter body: in the copy, with an end of a pipe for what it has to say before it becomes another program.
    private func fork(_ body: (Int32) throws -> Void) throws {
        let report = try Pipe("a keeper's report")
        fflush(nil)
        let pid = PlainFork.fork()
        guard pid >= 0 else { throw SystemError("fork", "this process") }
        if pid == 0 {
            do {
                if setsid() < 0 { throw SystemError("setsid", "a keeper") }
                try OwnUserNamespace.stay()
                try body(report.writeEnd)
            } catch {
                let status = (error as? EngineError)?.status ?? 125
                try? Self.say("\(error)", status: status, to: report.writeEnd)
            }
            _exit(1)
        }
        let said = try report.readAll()
        let parts = said.fields(between: "\0")
        // What is said after that it runs is why it could not become the keeper.
        if parts.count == 3, parts[0] == "0", parts[1].isEmpty, parts[2].isEmpty { return }
        let end = try ProcessExit.wait(for: pid)
        let last =
            parts.count >= 3 ? (words: String(parts[parts.count - 2]), status: Int32(parts[parts.count - 3])) : nil
        throw EngineError.launch(
            last.map(\.words) ?? "the process that was to look after the container has ended: \(end.ending)",
            status: last?.status ?? 125)
    }

    private static func say(_ words: String, status: Int32, to report: Int32) throws(SystemError) {
        try SystemFile.write(Array("\(status)\0\(words)\0".utf8), to: report, "a keeper's report")
    }
}

extension Engine {
    /// Where commands find the keeper: a socket in the container's directory, however long that one's path is.
    func listen(_ id: String) throws(SystemError) -> Int32 {
        let directory = try OwnedDescriptor(opening: shelf.directory(id), OwnedDescriptor.pathOnly | O_DIRECTORY)
        let path = "/proc/self/fd/\(directory.number)/\(KeeperProcess.socketName)"
        if unlink(path) != 0, errno != ENOENT { throw SystemError("unlink", path) }
        let socket = UnixSocket.listen(path)
        guard socket >= 0 else { throw SystemError("bind", shelf.directory(id) + "/" + KeeperProcess.socketName) }
        return socket
    }

    /// Starts the container, and becomes its keeper.
    ///
    /// - Parameter started: called when its program runs.
    /// - Throws: where it could not be started; this process is still what it was then.
    func becomeKeeper(
        _ container: inout StoredContainer, _ order: KeeperOrder, started: () throws -> Void = {}
    ) throws {
        var order = order
        if order[.socket] < 0 { order[.socket] = Int64(try listen(container.id)) }
        let before = container
        do { try launch(&container, &order) } catch {
            // It has not run: it is as it was, and why is written down.
            let error = Self.asProgramError(error, running: container.command.first)
            container = before
            container.failure = "\(error)"
            container.exitCode = (error as? EngineError)?.status ?? 125
            try? runtime.delete(container.id, force: true)
            leaveNetworks(container.id)
            try? shelf.write(container)
            throw error
        }
        try started()
        try become(keeperOf: container, order)
    }

    func become(keeperOf container: StoredContainer, _ order: KeeperOrder) throws {
        let words = ["isolab-keeper", container.name, container.id, StandardDirectories.programPath]
        try become(
            KeeperProcess.program, words + order.words.map { String(decoding: $0, as: UTF8.self) }, container.id, order)
    }

    /// Becomes another program, which has of this one what the order names and nothing of whoever started it.
    func become(_ program: String, _ words: [String], _ id: String, _ order: KeeperOrder) throws {
        let environment = keeperEnvironment()
        try Self.closeForeign()
        let null = try OwnedDescriptor(opening: "/dev/null", O_RDWR)
        for stream: Int32 in 0...2 { dup2(null.number, stream) }
        let kept =
            [KeeperOrder.Key.lock, .socket, .output, .error, .input, .terminal].map { order.descriptor($0) }
            + order.clients.map(\.descriptor)
        for descriptor in kept where descriptor >= 0 { _ = fcntl(descriptor, F_SETFD, 0) }
        guard chdir(shelf.directory(id)) == 0 else { throw SystemError("chdir", shelf.directory(id)) }
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) }
        arguments.append(nil)
        var variables: [UnsafeMutablePointer<CChar>?] = environment.map { strdup($0) }
        variables.append(nil)
        execve(program, arguments, variables)
        throw SystemError("execve", program)
    }

    /// What isolab needs to find again what it works on; nothing else of the environment of whoever started the container.
    private func keeperEnvironment() -> [String] {
        let kept = ["HOME=", "PATH=", "XDG_", "ISOLAB_"]
        var variables = ProcessPlan.ownEnvironment().filter { variable in
            kept.contains { variable.starts($0) } && !variable.starts("ISOLAB_DATA=")
        }
        var data = shelf.path.parts(between: "/").dropLast().joined(separator: "/")
        if shelf.path.starts("/") {
            data = "/" + data
        } else if let directory = getcwd(nil, 0) {
            data = String(cString: directory) + "/" + data
            Glibc.free(directory)
        }
        variables.append("ISOLAB_DATA=\(data)")
        return variables
    }

    /// Closes what this process was given by whoever started it: isolab's own files are closed when it becomes another program.
    private static func closeForeign() throws(SystemError) {
        for name in try SystemFile.names(in: "/proc/self/fd") {
            guard let descriptor = Int32(name), descriptor > 2 else { continue }
            let flags = fcntl(descriptor, F_GETFD)
            if flags >= 0, flags & FD_CLOEXEC == 0 { close(descriptor) }
        }
    }
}
