import Containers
import Glibc
import Keeping
import Linux

/// What is done with containers that run, by those who did not start them.
extension Engine {
    func connection(to container: StoredContainer) -> KeeperConnection? {
        KeeperConnection(shelf.directory(container.id))
    }

    /// The container, which must be alive for what is done with it.
    func living(_ text: String, for operation: String) throws -> StoredContainer {
        try releaseLeftovers()
        let container = try shelf.find(text)
        let status = status(of: container)
        guard status.isAlive else {
            throw EngineError.state(operation, text, "\(status)", advice: Self.advice[operation] ?? "start it first")
        }
        if container.isGuest {
            throw EngineError.unsupported(
                "'\(text)' is a guest (--vm), which ends with its `isolab run --vm`",
                advice: "`isolab rm -f` ends it from elsewhere")
        }
        return container
    }

    private static let advice = [
        "kill": "only a running container can be killed", "pause": "only a running container can be paused",
        "unpause": "only a paused container can be unpaused",
        "attach to": "only a running container can be attached to",
        "update": "only a running container can be updated",
        "list the processes of": "only the processes of a running container can be listed",
    ]

    /// Asks a container to end, and kills it where it takes too long. One that does not run is left as it is.
    ///
    /// - Parameters:
    ///   - seconds: until SIGKILL; negative: never; nil: as the container says.
    ///   - signal: nil: as the container says.
    /// - Returns: its name.
    @discardableResult
    package func stop(_ text: String, within seconds: Int64?, signal: Int32? = nil) throws -> String {
        try releaseLeftovers()
        let container = try shelf.find(text)
        guard status(of: container).isAlive else { return container.name }
        guard !container.isGuest else {
            try endGuest(container)
            record("stop", container)
            return container.name
        }
        let timeout = seconds.map { $0 < 0 ? -1 : min($0, 1_000_000) * 1000 } ?? container.stopMilliseconds
        let signal = signal ?? Int32(truncatingIfNeeded: container.background?.stopSignal ?? 15)
        if let connection = connection(to: container) {
            var content: [UInt8] = [UInt8(truncatingIfNeeded: signal)]
            KeeperFrame.append(timeout < 0 ? .max : UInt32(timeout), to: &content)
            connection.send(KeeperFrame(.stop, content))
            // What is frozen does not hear of it.
            if status(of: container) == .paused { try? runtime.resume(container.id) }
            if connection.ended(before: Self.deadline(afterMilliseconds: timeout)) == nil, timeout >= 0 {
                try force(container)
            }
            try awaitRelease(of: container)
            record("stop", container)
            return container.name
        }
        try stopForeground(container, signal, within: timeout)
        record("stop", container)
        return container.name
    }

    /// Milliseconds that the end of what was killed may take.
    private static let patienceWithKilled: Int64 = 10_000

    private static func deadline(afterMilliseconds timeout: Int64) -> UInt64? {
        timeout < 0 ? nil : HostClock.now() + UInt64(timeout + patienceWithKilled) * 1_000_000
    }

    /// Kills all of a container that its first process's end did not end, wherever in its cgroup it has frozen itself.
    ///
    /// - Throws: `EngineError` where it does not die by that.
    private func force(_ container: StoredContainer) throws {
        try? runtime.kill(container.id, signal: SIGKILL, all: true)
        guard let keeper = container.keeper, Self.awaitEnd(of: keeper, within: Self.patienceWithKilled) else {
            throw EngineError.state(
                "stop", container.name, "still running after SIGKILL",
                advice: "`isolab rm -f \(container.name)` names what holds it")
        }
    }

    /// One that its command looks after, by that command's eyes.
    private func stopForeground(_ container: StoredContainer, _ signal: Int32, within timeout: Int64) throws {
        guard let keeper = container.keeper else { return }
        try? runtime.kill(container.id, signal: signal)
        if status(of: container) == .paused { try? runtime.resume(container.id) }
        if signal == SIGKILL || !Self.awaitEnd(of: keeper, within: timeout) {
            try? runtime.kill(container.id, signal: SIGKILL)
            if !Self.awaitEnd(of: keeper, within: Self.patienceWithKilled) { try force(container) }
        }
    }

    /// - Parameter limit: milliseconds; negative: as long as it takes.
    /// - Returns: whether it has ended.
    static func awaitEnd(of process: ProcessIdentity, within limit: Int64) -> Bool {
        guard let descriptor = Procfs.descriptor(of: process.pid) else { return true }
        guard process.isAlive else { return true }
        var end = pollfd(fd: descriptor.number, events: Int16(POLLIN), revents: 0)
        while true {
            let ready = poll(&end, 1, limit < 0 ? -1 : Int32(clamping: limit))
            if ready < 0, errno == EINTR { continue }
            return ready != 0
        }
    }

    /// Waits until the keeper of a container that has ended has left it to others.
    private func awaitRelease(of container: StoredContainer) throws {
        guard let keeper = (shelf.container(container.id) ?? container).keeper, shelf.isLookedAfter(container.id) else {
            return
        }
        _ = Self.awaitEnd(of: keeper, within: 10_000)
    }

    /// Sends a signal to a container's first process.
    @discardableResult
    package func kill(_ text: String, signal: Int32) throws -> String {
        let container = try living(text, for: "kill")
        // Whoever ends it so does not want it to be restarted.
        let ends = signal == SIGKILL || Int64(signal) == container.background?.stopSignal
        if let connection = connection(to: container) {
            connection.send(KeeperFrame(.signal, [UInt8(truncatingIfNeeded: signal), ends ? 1 : 0]))
            while let frame = connection.frame() {
                guard frame.kind == .answer, let number = KeeperFrame.number(frame.content) else { continue }
                if number != 0 {
                    throw SystemError("kill", "container \(container.name)", errno: Int32(bitPattern: number))
                }
                break
            }
            // A paused one does not even die before it goes on.
            if signal == SIGKILL, status(of: container) == .paused { try? runtime.resume(container.id) }
            record("kill", container, ["signal": "\(signal)"])
            return container.name
        }
        try runtime.kill(container.id, signal: signal)
        record("kill", container, ["signal": "\(signal)"])
        return container.name
    }

    @discardableResult
    package func pause(_ text: String) throws -> String {
        let container = try living(text, for: "pause")
        guard status(of: container) == .running else {
            throw EngineError.state(
                "pause", text, "\(status(of: container))", advice: "only a running one can be paused")
        }
        try runtime.pause(container.id)
        record("pause", container)
        return container.name
    }

    @discardableResult
    package func unpause(_ text: String) throws -> String {
        let container = try living(text, for: "unpause")
        guard status(of: container) == .paused else {
            throw EngineError.state(
                "unpause", text, "\(status(of: container))", advice: "only a paused one can be unpaused")
        }
        try runtime.resume(container.id)
        record("unpause", container)
        return container.name
    }

    /// Waits for the end of a container's run.
    ///
    /// - Returns: its exit status as a shell has it; 0 for one that never ran.
    package func wait(_ text: String) throws -> Int32 {
        try releaseLeftovers()
        let container = try shelf.find(text)
        let current = status(of: container)
        guard current.isAlive else { return container.exitCode ?? 0 }
        if let connection = connection(to: container) {
            connection.send(KeeperFrame(.watch))
            if let status = connection.ended() { return status }
        }
        if let keeper = container.keeper { _ = Self.awaitEnd(of: keeper, within: -1) }
        try releaseLeftovers()
        guard let after = shelf.container(container.id) else { return 128 + SIGKILL }
        return after.exitCode ?? 128 + SIGKILL
    }

    /// Gives a container another name.
    package func rename(_ text: String, to name: String) throws {
        try releaseLeftovers()
        guard RunOptions.isName(name) else {
            throw OptionError(
                "rename", name, "takes at least two letters, digits, '_', '.' and '-', a letter or a digit first")
        }
        var container = try shelf.find(text)
        guard container.name != name else {
            throw EngineError.unsupported("'\(name)' is the container's name already", advice: nil)
        }
        let former = container.name
        try shelf.rename(&container, to: name)
        renameInNetworks(container)
        record("rename", container, ["oldName": former])
    }

    /// Ends what looks after a container that is to be removed by force.
    func retire(_ container: StoredContainer) throws {
        guard container.background?.isDetached == true, shelf.isLookedAfter(container.id) else { return }
        if let connection = connection(to: container) {
            var content: [UInt8] = [UInt8(SIGKILL)]
            KeeperFrame.append(0, to: &content)
            connection.send(KeeperFrame(.stop, content))
            try? runtime.resume(container.id)
            let deadline = HostClock.now() + 10_000_000_000
            while let frame = connection.frame(before: deadline), frame.kind != .ended {}
        }
        guard shelf.isLookedAfter(container.id), let keeper = container.keeper, keeper.isAlive else { return }
        if Self.awaitEnd(of: keeper, within: 5000) { return }
        // One that does not answer: the container ends with it.
        Glibc.kill(keeper.pid, SIGKILL)
        _ = Self.awaitEnd(of: keeper, within: 5000)
    }
}
