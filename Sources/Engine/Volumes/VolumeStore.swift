import Content
import Glibc
package import Linux

/// The volumes of one data directory, on disk.
///
/// `<id>/volume.json` says what a volume is, `<id>/_data` is what containers see; `names/<name>` is a link to it, which counts as
/// long as the record has that name. A volume is there once its directory has its identifier for a name: `new-<id>` is being
/// made, `gone-<id>` is being removed, by one who holds `lock`; whoever has the lock next frees what a killed one left.
package struct VolumeStore: Sendable {
    package let path: String

    /// Nothing is made until there is a volume.
    package init(path: String) { self.path = path }

    func directory(_ id: String) -> String { "\(path)/\(id)" }

    /// What containers see of a volume.
    package func data(_ id: String) -> String { "\(path)/\(id)/_data" }

    // MARK: - Finding

    /// Every volume, by name. Those whose record cannot be read are passed over, and named.
    ///
    /// - Parameter damaged: takes their identifiers.
    package func volumes(damaged: (String) -> Void = { _ in }) throws(SystemError) -> [Volume] {
        var result: [Volume] = []
        for id in try identifiers() {
            if let volume = volume(id) { result.append(volume) } else if exists(id) { damaged(id) }
        }
        return result.sorted { $0.name < $1.name }
    }

    /// A volume by its name, its identifier or the beginning of that.
    package func find(_ text: String) throws -> Volume {
        if let volume = named(text) { return volume }
        if !text.isEmpty, text.utf8.count <= 64, VolumeName.isHexadecimal(text) {
            let found = try identifiers().filter { $0.starts(text) }
            if found.count > 1 { throw VolumeError.ambiguous(text, candidates: found) }
            if let id = found.first {
                guard let volume = volume(id) else { throw VolumeError.damaged(id) }
                return volume
            }
        }
        throw VolumeError.unknown(text)
    }

    /// Nil where there is none, or its record cannot be read.
    package func volume(_ id: String) -> Volume? {
        guard VolumeName.isIdentifier(id),
            let bytes = try? SystemFile.bytes(of: directory(id) + "/\(Volume.document)", limit: 1 << 20)
        else { return nil }
        return try? Volume(json: bytes)
    }

    /// The volume of a name; nil where there is none.
    package func named(_ name: String) -> Volume? {
        guard VolumeName.isName(name) else { return nil }
        if VolumeName.isIdentifier(name), let volume = volume(name), volume.name == name { return volume }
        guard let target = try? Procfs.readLink("\(path)/names/\(name)"), target.starts("../") else { return nil }
        guard let volume = volume(String(target.dropFirst(3))), volume.name == name else { return nil }
        return volume
    }

    package func exists(_ id: String) -> Bool { SystemFile.exists(directory(id)) }

    /// Of all volumes, with a record that can be read or without.
    func identifiers() throws(SystemError) -> [String] {
        do throws(SystemError) { return try SystemFile.names(in: path).filter(VolumeName.isIdentifier) } catch {
            guard error.errno == ENOENT else { throw error }
            return []
        }
    }

    // MARK: - Changing

    /// The right to make, rename and remove volumes, and to rely on those that are there, until it is given up. Waited for.
    package func change() throws(SystemError) -> VolumeChange {
        if !SystemFile.exists(path + "/filling") {
            try StandardDirectories.claim(path)
            try SystemFile.makeDirectories(path + "/names", mode: 0o700)
            try SystemFile.makeDirectories(path + "/filling", mode: 0o700)
        }
        try StandardDirectories.close(path)
        return try VolumeChange(self, FileLock(.exclusive, path + "/lock"))
    }
}
