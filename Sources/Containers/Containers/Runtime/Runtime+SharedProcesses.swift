import Linux
import OCI

/// Containers without a pid namespace of their own: their processes do not end with the first one.
extension Runtime {
    /// Kills what such a container has beside its first process, which is about to be killed.
    func killOthers(of record: ContainerRecord, _ directory: ContainerDirectory) throws {
        guard mayHaveOthers(record, directory) else { return }
        try cgroup(of: record).kill()
    }

    /// Kills what such a container has left.
    ///
    /// - Returns: whether there was anything.
    func killRest(of record: ContainerRecord, _ directory: ContainerDirectory) throws -> Bool {
        guard mayHaveOthers(record, directory) else { return false }
        let cgroup = cgroup(of: record)
        guard try !cgroup.processes(recursive: true).isEmpty else { return false }
        try cgroup.kill()
        return true
    }

    /// Whether those who are still in the cgroup of a container whose first process has ended are of this container: a cgroup that stood
    /// empty can have been given to another one since, whose processes outlive this one's deletion.
    func mayHaveOthers(_ record: ContainerRecord, _ directory: ContainerDirectory) -> Bool {
        guard !record.cgroup.isEmpty, let configuration = try? directory.configuration() else { return false }
        let isPrivate =
            configuration.linux?.namespaces.contains { $0.kind == .pid && $0.path?.isEmpty != false } ?? false
        return !isPrivate && !hasNeighbour(record)
    }

    /// Whether another container lives in its cgroup, or below it (`linux.cgroupsPath`): its processes are none of ours.
    private func hasNeighbour(_ record: ContainerRecord) -> Bool {
        let own = record.cgroup.map(\.path)
        let containers = (try? store.containers()) ?? []
        return containers.contains { other in
            guard other.id != record.id, let known = try? other.record(), known.process?.isAlive == true else {
                return false
            }
            return known.cgroup.contains { place in own.contains { place.path.path(below: $0) != nil } }
        }
    }
}
