import Containers
import Glibc
import Keeping
import Linux

/// What the keeper of a container leaves to isolab: the end of a run, and the beginning of the next.
extension Engine {
    /// Does what is to be done, and becomes the keeper again, or ends.
    ///
    /// - Parameters:
    ///   - event: `ended`, with the status; `due`: the wait for the next run is over; `probe`: the container's health is to be asked for.
    ///   - words: of a `KeeperOrder`.
    /// - Returns: this process's exit status.
    package func takeKeeperTurn(_ id: String, _ event: String, status: Int32, _ words: [String]) throws -> Int32 {
        if event == "probe" { return probeHealth(of: id) }
        var order = KeeperOrder()
        for word in words {
            guard Array(word.utf8).withUnsafeBufferPointer({ order.take($0) }) else {
                throw OptionError("keep", word, "is not what a keeper says")
            }
        }
        guard ContainerName.isIdentifier(id), order[.lock] > 2, order[.socket] > 2, ["ended", "due"].contains(event)
        else {
            throw OptionError("keep", id, "is for isolab-keeper alone")
        }
        // None of it is the container's.
        for descriptor in [order.descriptor(.lock), order.descriptor(.socket)] + order.clients.map(\.descriptor) {
            _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        }
        let care = ContainerRecords.Claim(inherited: order.descriptor(.lock))
        guard var container = shelf.container(id), var background = container.background else {
            try runtime.delete(id, force: true)
            return 1
        }
        if event == "ended" {
            try end(&container, &background, status, order)
        } else if order[.stopped] != 0 {
            background.isRestarting = false
            background.isStopped = order[.stopped] == 1
            background.isInterrupted = !background.isStopped
            container.background = background
            try finish(container, order)
        } else {
            try startAgain(&container, order)
        }
        _ = consume care
        return 0
    }

    /// Writes the end of a run down, and waits for the next one where there is to be one.
    private func end(
        _ container: inout StoredContainer, _ background: inout BackgroundRecord, _ status: Int32, _ order: KeeperOrder
    ) throws {
        let kills = runtime.outOfMemoryKills(of: container.id)
        container.memoryKills = kills > 0 ? Int64(clamping: kills) : nil
        let lasted = Self.milliseconds(since: container.started)
        container.finished = Timestamp.now(nanoseconds: true)
        container.exitCode = status
        if order[.stopped] == 1 { background.isStopped = true }
        background.isInterrupted = order[.stopped] == 2
        let delay = background.restart.delay(
            after: status, lasted: lasted, isStopped: order[.stopped] != 0, restarts: background.restarts,
            delay: background.delay)
        background.isRestarting = delay != nil
        if let delay {
            background.delay = delay
            background.restarts += 1
        } else {
            background.delay = 0
        }
        container.background = background
        // First what is known: whoever comes after a kill of this process finds it.
        try shelf.write(container)
        recordEnd(of: container, status: status)
        guard free(container) else {
            // The next command tries again.
            inform(order, status)
            return
        }
        guard let delay else { return try finish(container, order) }
        inform(order, status)
        var next = KeeperOrder()
        next[.lock] = order[.lock]
        next[.socket] = order[.socket]
        next[.wait] = delay
        next[.stopSignal] = background.stopSignal
        next.clients = order.clients.filter { $0.flags != 0 }
        try become(keeperOf: container, next)
    }

    /// There is no further run, unless somebody starts it.
    private func finish(_ container: StoredContainer, _ order: KeeperOrder) throws {
        if container.removes {
            try discard(container)
        } else {
            try shelf.write(container)
            unlink("\(shelf.directory(container.id))/\(KeeperProcess.socketName)")
            let background = container.background
            // A host that goes down tells all processes to end: what is to run again has somebody who should look after it.
            let recovers =
                background?.isInterrupted == true
                && background?.restart.recovers(
                    wasRunning: true, isStopped: background?.isStopped == true, restarts: background?.restarts ?? 0)
                    == true
            if !recovers { shelf.end(container.id) }
        }
        inform(order, container.exitCode ?? 0)
    }

    private func startAgain(_ container: inout StoredContainer, _ order: KeeperOrder) throws {
        var next = KeeperOrder()
        next[.lock] = order[.lock]
        next[.socket] = order[.socket]
        next.clients = order.clients
        do { try becomeKeeper(&container, next) } catch {
            container.background?.isRestarting = false
            container.finished = container.finished ?? Timestamp.now(nanoseconds: true)
            container.failure = "\(error)"
            try finish(container, order)
            throw error
        }
    }

    /// Whoever waits learns that it is written down.
    private func inform(_ order: KeeperOrder, _ status: Int32) {
        let frame = KeeperFrame(.ended, KeeperFrame.content(of: UInt32(bitPattern: status))).bytes
        for client in order.clients {
            _ = frame.withUnsafeBytes {
                send(client.descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
        }
    }

    /// 0 where it is not known.
    static func milliseconds(since instant: String?) -> Int64 {
        guard let instant, let started = LogTime(instant) else { return 0 }
        let now = LogTime.now()
        let seconds = now.seconds - started.seconds
        return max(0, seconds * 1000 + (now.nanoseconds - started.nanoseconds) / 1_000_000)
    }
}
