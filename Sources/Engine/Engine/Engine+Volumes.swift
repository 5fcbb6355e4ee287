import Glibc
import Linux
import OCI
package import Volumes

/// A volume with those who have it.
package struct VolumeWithUsers: Equatable, Sendable {
    package var volume: Volume
    /// The names of the containers that were made with it, sorted.
    package var containers: [String]
    /// Whether one of them runs.
    package var isActive: Bool
}

extension Engine {
    /// Makes a volume, where none has the name; one without a name is anonymous, as docker has it: `volume prune` removes it.
    ///
    /// - Returns: its name.
    package func createVolume(_ name: String?, labels: [String: String] = [:]) throws -> String {
        let (volume, isNew) = try volumes.change().create(name, labels: labels, isAnonymous: name == nil)
        if isNew { record("create", volume: volume.name) }
        return volume.name
    }

    /// Every volume, by name, with its containers.
    package func volumesWithUsers() throws -> [VolumeWithUsers] {
        try releaseLeftovers()
        return try listVolumes()
    }

    /// As they are: what is left behind is not freed, which others' rights may be needed for.
    func listVolumes() throws -> [VolumeWithUsers] {
        let users = try volumeUsers()
        return try volumes.volumes { warn("\(VolumeError.damaged($0))") }.map { volume in
            let found = users[volume.id] ?? []
            return VolumeWithUsers(
                volume: volume, containers: found.map(\.name).sorted(),
                isActive: found.contains { status(of: $0).isAlive })
        }
    }

    package func volumeWithUsers(_ text: String) throws -> VolumeWithUsers {
        let volume = try volumes.find(text)
        let found = try volumeUsers()[volume.id] ?? []
        return VolumeWithUsers(
            volume: volume, containers: found.map(\.name).sorted(), isActive: found.contains { status(of: $0).isAlive })
    }

    package func renameVolume(_ text: String, to name: String) throws {
        let change = try volumes.change()
        try change.rename(volumes.find(text), to: name)
    }

    /// Removes a volume that no container was made with.
    ///
    /// - Returns: its name.
    package func removeVolume(_ text: String) throws -> String {
        let change = try volumes.change()
        let volume: Volume
        do { volume = try volumes.find(text) } catch VolumeError.damaged(let id) {
            try refuseInUse(id, named: text)
            try change.remove(id, name: nil)
            return id
        }
        try refuseInUse(volume.id, named: volume.name)
        try change.remove(volume.id, name: volume.name)
        record("destroy", volume: volume.name)
        return volume.name
    }

    /// Removes the volumes that no container was made with.
    ///
    /// - Parameters:
    ///   - all: those with a name as well.
    ///   - matches: which ones, of these.
    /// - Returns: their names, and the bytes that were in them.
    package func pruneVolumes(
        all: Bool, matching matches: (VolumeWithUsers) -> Bool = { _ in true }
    ) throws -> (names: [String], bytes: Int64) {
        try releaseLeftovers()
        let change = try volumes.change()
        var (names, bytes): ([String], Int64) = ([], 0)
        for found in try listVolumes()
        where found.containers.isEmpty && (all || found.volume.isAnonymous) && matches(found) {
            bytes = bytes.addingReportingOverflow(volumes.size(of: found.volume.id)).partialValue
            try change.remove(found.volume.id, name: found.volume.name)
            record("destroy", volume: found.volume.name)
            names.append(found.volume.name)
        }
        return (names, bytes)
    }

    /// Whether an error says that there is no such volume.
    package static func isUnknownVolume(_ error: any Error) -> Bool {
        guard case .unknown? = error as? VolumeError else { return false }
        return true
    }

    package func exportVolume(_ text: String, to descriptor: Int32) throws {
        try volumes.exportArchive(of: volumes.find(text), to: descriptor)
    }

    /// Puts an archive's files into an empty volume, which is made where it is not there.
    package func importVolume(_ name: String, from descriptor: Int32) throws {
        let volume: Volume
        do { volume = try volumes.find(name) } catch VolumeError.unknown {
            volume = try volumes.change().create(name).volume
            record("create", volume: volume.name)
        }
        try volumes.importArchive(descriptor, into: volume)
    }

    // MARK: - Containers and their volumes

    /// The containers of each volume, by its identifier.
    private func volumeUsers() throws -> [String: [StoredContainer]] {
        var users: [String: [StoredContainer]] = [:]
        for container in try containers() {
            for id in Set(container.volumes.map(\.id)) { users[id, default: []].append(container) }
        }
        return users
    }

    private func refuseInUse(_ id: String, named name: String) throws {
        let users = try containers().filter { $0.volumes.contains { $0.id == id } }
        guard users.isEmpty else { throw VolumeError.inUse(name, containers: users.map(\.name).sorted()) }
    }

    /// Removes the volumes that were made for a container alone, unless another has them, too. One that the user named to it was not
    /// (`-v ID:/path`).
    func removeAnonymousVolumes(of container: StoredContainer) throws {
        let own = container.volumes.filter { !$0.isNamed }.compactMap { volumes.volume($0.id) }.filter(\.isAnonymous)
        guard !own.isEmpty else { return }
        let change = try volumes.change()
        let others = try containers().filter { $0.id != container.id }
        for volume in own where !others.contains(where: { $0.volumes.contains { $0.id == volume.id } }) {
            try change.remove(volume.id, name: volume.name)
            record("destroy", volume: volume.name)
        }
    }
}
