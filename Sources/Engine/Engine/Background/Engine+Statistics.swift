import Containers
import Linux
import OCI

extension Engine {
    /// What containers use now; those that end meanwhile are left out.
    ///
    /// - Parameters:
    ///   - names: empty: all that run.
    ///   - all: those that do not run, too, of which nothing is known.
    package func use(of names: [String], all: Bool) throws -> [ContainerUse] {
        try releaseLeftovers()
        let containers =
            try names.isEmpty
            ? containers().filter { all || status(of: $0).isAlive } : names.map { try shelf.find($0) }
        let host = (try? Procfs.memoryInformation()["MemTotal"]) ?? 0
        return containers.compactMap { container in
            let statistics = try? runtime.statistics(of: container.id)
            // One whose figures cannot be read is listed nevertheless.
            guard all || !names.isEmpty || statistics != nil || status(of: container).isAlive else { return nil }
            let countsBlocks = statistics != nil && (try? runtime.countsBlocks(of: container.id)) == true
            return ContainerUse(
                id: container.id, name: container.name, statistics, countsBlocks: countsBlocks,
                network: networkTraffic(of: container), at: HostClock.now(), hostMemory: host)
        }
    }

    /// Nil where it cannot be read, and where the network is the host's: what passes that is not the container's.
    private func networkTraffic(of container: StoredContainer) -> ContainerUse.Traffic? {
        guard container.settings?["HostConfig"]?["NetworkMode"]?.string != "host",
            let pid = try? runtime.state(of: container.id).pid,
            let text = try? SystemFile.read("/proc/\(pid)/net/dev")
        else { return nil }
        return ContainerUse.Traffic(devices: text)
    }
}
