import Content
import Glibc
import Images
import Layers
package import Linux
import OCI

/// What a volume begins with: files of an image or an archive, which come into it once and whole.
///
/// They are written aside (`<id>/copy`); once all of them are there, `<id>/content` says `arriving`, and they are moved to where
/// containers see them, each by one rename. Whoever finds the work of a killed one removes it before that word, and finishes it
/// after.
extension VolumeStore {
    /// Puts files into a volume that never had any, and has none.
    ///
    /// - Parameter make: makes a directory of them at a path; false: there are none to put in, and another may try.
    /// - Returns: whether they were put in.
    @discardableResult
    package func fill(_ id: String, _ make: (String) throws -> Bool) throws -> Bool {
        guard try content(of: id) == .new else { return false }
        let lock = try fillingLock(id)
        defer { withExtendedLifetime(lock) {} }
        try settle(id)
        guard try content(of: id) == .new else { return false }
        guard try SystemFile.names(in: data(id)).isEmpty else {
            try write(.filled, of: id)
            return false
        }
        let aside = aside(id)
        guard try make(aside) else { return false }
        let directory = try OwnedDescriptor(opening: aside, O_RDONLY | O_DIRECTORY)
        try retryingOnInterrupt("syncfs", aside) { EntryCalls.synchronizeFileSystem(of: directory.number) }
        try write(.arriving, of: id)
        try settle(id)
        return true
    }

    /// Puts the files of a tar archive into an empty volume: plain, or compressed by gzip or zstd.
    ///
    /// - Parameter descriptor: read to its end.
    package func importArchive(_ descriptor: Int32, into volume: Volume) throws {
        let lock = try fillingLock(volume.id)
        defer { withExtendedLifetime(lock) {} }
        try settle(volume.id)
        guard try SystemFile.names(in: data(volume.id)).isEmpty else { throw VolumeError.notEmpty(volume.name) }
        var options = UnpackOptions.possible
        options.hasNoWhiteouts = true
        _ = try LayerUnpacker(options).unpack(LayerBlob(descriptor), into: aside(volume.id))
        let directory = try OwnedDescriptor(opening: aside(volume.id), O_RDONLY | O_DIRECTORY)
        try retryingOnInterrupt("syncfs", aside(volume.id)) { EntryCalls.synchronizeFileSystem(of: directory.number) }
        try write(.arriving, of: volume.id)
        try settle(volume.id)
    }

    /// Writes all files of a volume as a tar archive. A file that changes its size meanwhile fails it.
    package func exportArchive(of volume: Volume, to descriptor: Int32) throws {
        try finishWork(volume.id)
        var options = PackOptions(compression: .none, workers: 1)
        options.hasNoWhiteouts = true
        _ = try LayerPacker(options).pack(data(volume.id), to: descriptor)
    }

    /// Bytes on disk of what is in a volume.
    package func size(of id: String) -> Int64 { TreeSize.bytes(below: data(id), counting: .content) }

    // MARK: - What was left behind

    /// Finishes or removes what killed processes were about to put into volumes.
    ///
    /// - Returns: the identifiers of the volumes.
    package func releaseLeftovers() throws -> [String] {
        // Nearly always empty, or not there.
        guard let left = try? SystemFile.names(in: path + "/filling"), !left.isEmpty else { return [] }
        var released: [String] = []
        for id in left where VolumeName.isIdentifier(id) {
            guard let lock = try FileLock(trying: .exclusive, "\(path)/filling/\(id)", removing: true) else { continue }
            defer { withExtendedLifetime(lock) {} }
            guard exists(id) else { continue }
            try settle(id)
            released.append(id)
        }
        return released
    }

    /// Waits for whoever fills a volume, and finishes the work of one that was killed.
    package func finishWork(_ id: String) throws(SystemError) {
        guard SystemFile.exists("\(path)/filling/\(id)") else { return }
        let lock = try fillingLock(id)
        defer { withExtendedLifetime(lock) {} }
        try settle(id)
    }

    // MARK: - Steps

    private enum ContentState: String {
        case new, arriving, filled
    }

    private func aside(_ id: String) -> String { directory(id) + "/copy" }

    /// Its file is there as long as somebody works, and stays where one is killed.
    private func fillingLock(_ id: String) throws(SystemError) -> FileLock {
        try FileLock(.exclusive, "\(path)/filling/\(id)", removing: true)
    }

    private func content(of id: String) throws(SystemError) -> ContentState {
        do throws(SystemError) {
            return ContentState(rawValue: try SystemFile.read(directory(id) + "/content")) ?? .new
        } catch {
            guard error.errno == ENOENT else { throw error }
            return .new
        }
    }

    private func write(_ state: ContentState, of id: String) throws(SystemError) {
        try Self.replace(directory(id) + "/content", with: Array(state.rawValue.utf8))
    }

    /// Of a writer that is killed nothing stays beside it.
    static func replace(_ path: String, with content: [UInt8]) throws(SystemError) {
        var file = try NewFile(for: path, outlivesNobody: true)
        try file.write(content)
        try file.place(path)
    }

    /// Brings a volume to where nothing is under way. By whoever holds its lock.
    private func settle(_ id: String) throws(SystemError) {
        guard try content(of: id) == .arriving else { return try TreeRemoval.remove(aside(id)) }
        if SystemFile.exists(aside(id)) { try move(aside(id), into: data(id)) }
        try TreeRemoval.remove(aside(id))
        try write(.filled, of: id)
    }

    /// Moves what is in one directory into another, and gives that its attributes. What is there already stays: a container may have
    /// written it meanwhile.
    private func move(_ source: String, into target: String) throws(SystemError) {
        let from = try OwnedDescriptor(opening: source, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
        let to = try OwnedDescriptor(opening: target, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
        var status = stat()
        guard fstat(from.number, &status) == 0 else { throw SystemError("fstat", source) }
        // The owner first: changing it takes set-ID bits off.
        if fchown(to.number, status.st_uid, status.st_gid) != 0, errno != EPERM {
            throw SystemError("fchown", target)
        }
        if fchmod(to.number, status.st_mode & 0o7777) != 0 { throw SystemError("fchmod", target) }
        for name in try DirectoryEntries.names(in: from.number, source) {
            let name = FileName.terminated(name)
            if EntryCalls.renameNew(name, in: from.number, to: name, in: to.number) != 0, errno != EEXIST {
                throw SystemError("renameat2", target)
            }
        }
    }
}
