import Containers
import Glibc
import Keeping
import Linux
package import OCI

extension Engine {
    /// Makes a container of an image and starts nothing of it.
    ///
    /// - Returns: its identifier.
    package func create(
        _ request: RunRequest, fetch: (ImageReference, Platform?) throws -> Void
    ) throws -> String {
        let made = try make(request, fetch: fetch)
        do {
            try shelf.keep(made.prepared.configuration, of: made.container.id)
            made.container.background?.isMade = true
            try shelf.write(made.container)
            shelf.end(made.container.id)
        } catch {
            try? discard(made.container)
            throw error
        }
        return made.container.id
    }

    /// Makes a container of an image and starts it in the background.
    ///
    /// - Returns: its identifier.
    package func runInBackground(
        _ request: RunRequest, fetch: (ImageReference, Platform?) throws -> Void
    ) throws -> String {
        try makeAndStart(request, fetch: fetch) { _ in nil }.id
    }

    /// The same, with the caller's streams attached from the first word on.
    ///
    /// - Returns: the exit status as a shell has it; 0 where the caller has left it.
    package func runAttached(
        _ request: RunRequest, _ options: AttachOptions, fetch: (ImageReference, Platform?) throws -> Void
    ) throws -> Int32 {
        var pair: AttachSession.Pair?
        let container = try makeAndStart(request, fetch: fetch) { container in
            let made = try AttachSession.Pair()
            pair = made
            return .init(descriptor: made.keepersEnd, flags: AttachSession.flags(options, container))
        }
        guard let pair else { return 125 }
        return try follow(pair, container, options)
    }

    private func makeAndStart(
        _ request: RunRequest, fetch: (ImageReference, Platform?) throws -> Void,
        first: (StoredContainer) throws -> KeeperProcess.FirstClient?
    ) throws -> StoredContainer {
        try KeeperProcess.check()
        let made = try make(request, fetch: fetch)
        do {
            try shelf.keep(made.prepared.configuration, of: made.container.id)
            try KeeperProcess(engine: self).start(
                made.container, care: made.care, first: try first(made.container))
        } catch {
            if free(made.container) { try? discard(made.container) }
            throw error
        }
        return made.container
    }

    /// Starts a container that has ended or never ran; one that runs is left as it is.
    ///
    /// - Returns: its name.
    @discardableResult
    package func start(_ text: String) throws -> String {
        try releaseLeftovers()
        let container = try shelf.find(text)
        if status(of: container).isAlive { return container.name }
        try start(container, first: nil)
        return container.name
    }

    /// - Parameter first: a command that is attached from the first word on.
    func start(_ container: StoredContainer, first: KeeperProcess.FirstClient?) throws {
        try KeeperProcess.check()
        guard let care = try shelf.resume(container.id) else {
            throw EngineError.state(
                "start", container.name, "in use by another command", advice: "try again when that has ended")
        }
        // Another command may have changed it before it was ours.
        guard var container = shelf.container(container.id) else { throw EngineError.unknown(container.name) }
        container.background?.restarts = 0
        container.background?.delay = 0
        do { try KeeperProcess(engine: self).start(container, care: care, first: first) } catch {
            shelf.end(container.id)
            throw error
        }
    }

    /// Starts containers again whose keeper was killed, or whose host went down, where their policy says so, and writes down that the others
    /// have ended.
    ///
    /// - Returns: what was done; nil where it is not a keeper's container.
    func recover(_ id: String, care: borrowing ContainerRecords.Claim) throws -> String? {
        guard var container = shelf.container(id), var background = container.background else { return nil }
        if container.started == nil, background.isMade {
            shelf.end(id)
            return "container \(container.name), whose start was interrupted; the container is kept"
        }
        guard background.isDetached, container.started != nil else { return nil }
        let wasRunning = container.finished == nil || background.isRestarting || background.isInterrupted
        let told = background.isInterrupted ? "which was told to end" : "which was killed"
        if container.finished == nil {
            container.finished = Timestamp.now(nanoseconds: true)
            // It got the signal of its keeper's death.
            container.exitCode = 128 + SIGKILL
            recordEnd(of: container, status: 128 + SIGKILL)
        }
        let recovers = background.restart.recovers(
            wasRunning: wasRunning, isStopped: background.isStopped, restarts: background.restarts)
        if recovers { background.restarts += 1 }
        // Until its new keeper has written its start down.
        background.isRestarting = recovers && !container.removes
        background.isInterrupted = false
        container.background = background
        if container.removes {
            try discard(container)
            return "container \(container.name), whose keeper is gone, \(told); the container was removed"
        }
        try shelf.write(container)
        if recovers {
            try KeeperProcess(engine: self).restart(container, care: care)
            return
                "container \(container.name), whose keeper is gone, \(told); it runs again (--restart \(background.restart.text))"
        }
        shelf.end(id)
        return "container \(container.name), whose keeper is gone, \(told); the container has ended and is kept"
    }
}
