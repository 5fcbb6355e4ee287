import Containers
import Linux

extension Engine {
    /// What containers use now; those that end meanwhile are left out.
    ///
    /// - Parameters:
    ///   - names: empty: all that run.
    ///   - all: those that do not run, too, with nothing.
    public func use(of names: [String], all: Bool) throws -> [ContainerUse] {
        try releaseLeftovers()
        let containers =
            try names.isEmpty
            ? containers().filter { all || status(of: $0).isAlive } : names.map { try shelf.find($0) }
        let host = (try? Procfs.memoryInformation()["MemTotal"]) ?? 0
        return containers.compactMap { container in
            let statistics = try? runtime.statistics(of: container.id)
            guard all || statistics != nil || !names.isEmpty else { return nil }
            var use = ContainerUse(
                id: container.id, name: container.name, statistics ?? CgroupStatistics(), at: HostClock.now(),
                hostMemory: host)
            if statistics == nil { use.memoryLimit = 0 }
            return use
        }
    }
}
