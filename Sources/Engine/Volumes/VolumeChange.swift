import Content
import Glibc
package import Linux

/// A change of which volumes there are: one at a time, by whoever has this.
package struct VolumeChange: ~Copyable {
    package let store: VolumeStore
    private let lock: FileLock

    init(_ store: VolumeStore, _ lock: FileLock) throws(SystemError) {
        self.store = store
        self.lock = lock
        // Nobody else makes or removes one now: what is on the way was left by one that was killed.
        let names = try SystemFile.names(in: store.path)
        let left = names.filter { $0.starts("new-") || $0.starts("gone-") }
        // What is left goes last: it says that a link may lead nowhere. Else they are only counted, as there may be many.
        let links = (try? SystemFile.names(in: store.path + "/names")) ?? []
        if !left.isEmpty || links.count > names.count(where: VolumeName.isIdentifier) {
            for name in links where Self.leadsNowhere(name, store) { unlink("\(store.path)/names/\(name)") }
        }
        for name in left { try TreeRemoval.remove("\(store.path)/\(name)") }
    }

    /// Whether a link is nobody's name: there is no volume behind it, or one of another name.
    private static func leadsNowhere(_ name: String, _ store: VolumeStore) -> Bool {
        guard let target = try? Procfs.readLink("\(store.path)/names/\(name)") else { return false }
        let id = String(target.dropFirst(3))
        guard target == "../\(id)", VolumeName.isIdentifier(id), store.exists(id) else { return true }
        // One whose record cannot be read has a name still.
        return store.volume(id).map { $0.name != name } == true
    }

    /// Makes a volume; one that has the name already is answered as it is, as Docker has it.
    ///
    /// - Parameter name: nil: its identifier is its name.
    package func create(
        _ name: String?, labels: [String: String] = [:], isAnonymous: Bool = false
    ) throws -> (volume: Volume, isNew: Bool) {
        if let name {
            guard VolumeName.isName(name) else { throw VolumeError.malformedName(name) }
            if let volume = store.named(name) { return (volume, false) }
            // It would be found by this name, and so would the other.
            guard !store.exists(name) || !VolumeName.isIdentifier(name) else { throw VolumeError.nameTaken(name) }
        }
        let id = VolumeName.identifier()
        let volume = Volume(
            id: id, name: name ?? id, created: Timestamp.now(nanoseconds: true), labels: labels,
            isAnonymous: isAnonymous)
        let aside = "\(store.path)/new-\(id)"
        do {
            if mkdir(aside, 0o700) != 0 { throw SystemError("mkdir", aside) }
            if mkdir(aside + "/_data", 0o755) != 0 { throw SystemError("mkdir", aside + "/_data") }
            // Whatever the caller's mask takes off.
            if chmod(aside + "/_data", 0o755) != 0 { throw SystemError("chmod", aside + "/_data") }
            try SystemFile.replace("\(aside)/\(Volume.document)", with: volume.json())
            if let name { try link(name, to: id) }
            if Glibc.rename(aside, store.directory(id)) != 0 { throw SystemError("rename", aside) }
        } catch {
            try? TreeRemoval.remove(aside)
            throw error
        }
        return (volume, true)
    }

    /// Gives a volume another name; containers that use it go on as they are.
    package func rename(_ volume: Volume, to name: String) throws {
        guard VolumeName.isName(name) else { throw VolumeError.malformedName(name) }
        guard name != volume.name else { return }
        guard store.named(name) == nil, !(VolumeName.isIdentifier(name) && store.exists(name)) else {
            throw VolumeError.nameTaken(name)
        }
        var renamed = volume
        renamed.name = name
        renamed.isAnonymous = false
        // Of one that is killed from here on, whoever changes volumes next removes the link that does not count.
        let mark = "\(store.path)/new-\(volume.id)"
        if mkdir(mark, 0o700) != 0 { throw SystemError("mkdir", mark) }
        defer { rmdir(mark) }
        try link(name, to: volume.id)
        do {
            // From here on the new link counts, and the old one does not.
            try VolumeStore.replace("\(store.directory(volume.id))/\(Volume.document)", with: renamed.json())
        } catch {
            unlink("\(store.path)/names/\(name)")
            throw error
        }
        unlink("\(store.path)/names/\(volume.name)")
    }

    /// Removes a volume with all that is in it; the caller has made sure that nobody uses it.
    ///
    /// - Parameter name: nil where its record cannot be read.
    package func remove(_ id: String, name: String?) throws(SystemError) {
        let gone = "\(store.path)/gone-\(id)"
        if Glibc.rename(store.directory(id), gone) != 0 {
            guard errno == ENOENT else { throw SystemError("rename", store.directory(id)) }
            return
        }
        if let name { unlink("\(store.path)/names/\(name)") }
        unlink("\(store.path)/filling/\(id)")
        try TreeRemoval.remove(gone)
    }

    /// A link that leads to a volume of another name, or to none, is nobody's.
    private func link(_ name: String, to id: String) throws(SystemError) {
        let link = "\(store.path)/names/\(name)"
        if symlink("../\(id)", link) == 0 { return }
        guard errno == EEXIST else { throw SystemError("symlink", link) }
        unlink(link)
        if symlink("../\(id)", link) != 0 { throw SystemError("symlink", link) }
    }
}
