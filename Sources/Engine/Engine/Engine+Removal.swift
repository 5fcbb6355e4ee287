import Containers
import Glibc
import Images
import Linux
import Machines

extension Engine {
    /// Removes a container and what it wrote.
    ///
    /// - Parameters:
    ///   - force: end it first where it runs.
    ///   - removesVolumes: those that were made for it alone go, too.
    /// - Returns: its name.
    @discardableResult
    package func remove(_ text: String, force: Bool = false, removesVolumes: Bool = false) throws -> String {
        let container: StoredContainer
        do { container = try shelf.find(text) } catch {
            // One whose record cannot be read has an identifier all the same.
            guard force, let id = try shelf.identifiers.first(where: { $0.starts(text) && text.count >= 4 }) else {
                throw error
            }
            try runtime.delete(id, force: true)
            leaveNetworks(id)
            try images.removeSnapshot(id)
            try shelf.remove(id, name: nil)
            return id
        }
        let status = status(of: container)
        if status.isAlive || shelf.isLookedAfter(container.id) {
            guard force else {
                throw EngineError.state(
                    "remove", text, "\(status)",
                    advice: "stop it first with `isolab stop \(text)`, or use --force"
                )
            }
        }
        if container.isGuest { try endGuest(container) }
        try retire(container)
        try runtime.delete(container.id, force: true)
        leaveNetworks(container.id)
        // Whoever looks after it writes down its end now, and must not find half of it.
        for _ in 0..<200 {
            guard shelf.isLookedAfter(container.id) else { break }
            usleep(10_000)
        }
        // Before its record, which alone says whose they are.
        if removesVolumes || container.removes { try removeAnonymousVolumes(of: container) }
        try images.removeSnapshot(container.id)
        try forget(container)
        return container.name
    }

    /// Removes the containers that do not run.
    ///
    /// - Parameter removed: told the name of each that is gone.
    /// - Returns: the bytes that they had written.
    package func pruneContainers(removed: (String) -> Void) throws -> Int64 {
        let sizes = try containerUse()
        var freed: Int64 = 0
        for (container, status) in try containersWithStatus(all: true) where !status.isAlive {
            // One that is being made at this moment has an owner, and stays.
            guard (try? remove(container.id)) != nil else { continue }
            removed(container.name)
            freed = freed.addingReportingOverflow(sizes[container.id]?.own ?? 0).partialValue
        }
        return freed
    }

    /// Ends a guest through the process that looks after it, which then releases all that the guest was made of.
    ///
    /// Its machine is no container's, whose processes a runtime finds: forgotten by its record alone, it would run on unseen.
    func endGuest(_ guest: StoredContainer) throws {
        guard shelf.isLookedAfter(guest.id) else { return }
        guard let keeper = guest.keeper else {
            throw EngineError.state(
                "remove", guest.name, "a guest of another isolab version",
                advice: "end the `isolab run --vm` that it belongs to (kill -TERM its process twice)")
        }
        // The first request is the command's, a second one ends the machine (`SignalCourier`). One that cannot hear yet hears later.
        for attempt in 0..<100 {
            guard shelf.isLookedAfter(guest.id), keeper.isAlive else { break }
            if attempt.isMultiple(of: 2), Glibc.kill(keeper.pid, SIGTERM) != 0, errno != ESRCH {
                throw SystemError("kill", "the isolab of guest \(guest.name) (process \(keeper.pid))")
            }
            usleep(100_000)
        }
        guard shelf.isLookedAfter(guest.id), keeper.isAlive else { return }
        // Its driver ends the machine when nobody is there any more.
        Glibc.kill(keeper.pid, SIGKILL)
        for _ in 0..<200 {
            guard keeper.isAlive else { break }
            usleep(10_000)
        }
        GuestLeftovers.release(in: Machines.StateDirectory())
    }
}
