import Glibc
import Linux

/// Puts the entries of one layer into a directory.
final class EntryWriter {
    let root: RootDirectory
    let options: UnpackOptions
    /// On top of lower layers' files, whose removal whiteouts ask for; else whiteouts stay as overlayfs's.
    let isOnTop: Bool
    /// Whether modes that lock the owner out can wait to the end: an ordinary user could not fill such directories.
    private let keepsDirectoriesOpen = geteuid() != 0
    private(set) var omitted = LayerContent.Omitted()
    private var deferred = DeferredDirectories()
    /// What this layer itself has made, where that matters.
    var made = MadeEntries()
    private var devices: Int64 = 0

    init(_ directory: String, _ options: UnpackOptions, isOnTop: Bool) throws(LayerError) {
        self.options = options
        self.isOnTop = isOnTop
        root = try RootDirectory(
            directory, implicitOwner: try Self.owner(0, 0, options.ownership, entry: nil),
            opaqueAttribute: isOnTop ? nil : options.whiteouts.opaqueAttribute, depth: options.limits.depth,
            hasLinks: isOnTop)
        if !isOnTop {
            // What a layer says nothing of: the root's own attributes.
            fchmod(root.descriptor.number, 0o755)
            if let owner = try Self.owner(0, 0, options.ownership, entry: nil) {
                fchown(root.descriptor.number, owner.user, owner.group)
            }
        }
    }

    /// Writes one entry; its content, if any, is read from the reader.
    func write(_ entry: TarEntry, _ path: LayerPath, from reader: TarReader) throws(LayerError) {
        if path.isRoot {
            guard entry.kind == .directory else { throw LayerError(.malformedName, entry: path.description) }
            if !options.keepsRoot { try finishDirectory(root.descriptor.number, entry, path) }
            return
        }
        switch options.hasNoWhiteouts ? Whiteout.none : try Whiteout(path) {
        case .none: break
        case .bookkeeping: return
        case .opaque: return try makeOpaque(path)
        case .removal(let name): return try remove(path.sibling(name))
        }
        switch entry.kind {
        case .file: try writeFile(entry, path, from: reader)
        case .directory: try writeDirectory(entry, path)
        case .symbolicLink: try writeLink(entry, path)
        case .hardLink: try writeHardLink(entry, path)
        case .pipe, .socket: try writeNode(entry, path, mode: entry.kind == .pipe ? S_IFIFO : S_IFSOCK, device: 0)
        case .device(let isBlock, let major, let minor):
            guard let device = try admitted(path, isBlock: isBlock, major, minor) else { return }
            try writeNode(entry, path, mode: isBlock ? S_IFBLK : S_IFCHR, device: device)
        }
    }

    /// Sets what had to wait until all entries were there.
    func finish() throws(LayerError) {
        try deferred.apply(in: root)
    }

    // MARK: One kind each

    private func writeFile(_ entry: TarEntry, _ path: LayerPath, from reader: TarReader) throws(LayerError) {
        let size = entry.size
        guard size >= 0 else { throw LayerError(.numberOutOfRange("size"), entry: path.description) }
        guard size <= options.limits.fileSize else {
            throw LayerError(.limitExceeded(.fileSize, limit: options.limits.fileSize), entry: path.description)
        }
        let place = try place(path)
        let file = OwnedDescriptor(
            owning: try creating(place, path, "openat") {
                EntryCalls.open(
                    place.name, in: place.parent, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode: 0o600)
            })
        var end: Int64 = 0
        while let piece = try reader.nextPiece(of: path.description) {
            // A sparse map may not reach beyond the size it belongs to.
            guard piece.offset >= end, piece.offset <= size, Int64(piece.bytes.count) <= (size -| piece.offset) else {
                throw LayerError(.numberOutOfRange("sparse map"), entry: path.description)
            }
            try writeAll(piece.bytes, at: piece.offset, to: file.number, path)
            end = (piece.offset +| Int64(piece.bytes.count))
        }
        if end < size { try check("ftruncate", path, ftruncate(file.number, off_t(size))) }
        try setAttributes(file.number, entry, path)
        try check(
            "futimens", path,
            EntryCalls.setModificationTime(
                of: "", in: file.number, seconds: entry.seconds, nanoseconds: entry.nanoseconds))
    }

    private func writeDirectory(_ entry: TarEntry, _ path: LayerPath) throws(LayerError) {
        let place = try place(path)
        if mkdirat(place.parent, place.name, 0o700) != 0 {
            guard errno == EEXIST else { throw failure("mkdirat", path) }
            var information = stat()
            try check("fstatat", path, fstatat(place.parent, place.name, &information, AT_SYMLINK_NOFOLLOW))
            if !information.isDirectory {
                try clear(place, path)
                try check("mkdirat", path, mkdirat(place.parent, place.name, 0o700))
                // The lower layers' directory of this name was removed by the whiteout that stood here.
                if information.isWhiteout, !isOnTop { try markOpaque(place, path) }
            }
        }
        let number = EntryCalls.open(place.name, in: place.parent, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
        guard number >= 0 else { throw failure("openat", path) }
        let directory = RootDirectory.Parent(path.bytes, OwnedDescriptor(owning: number))
        try finishDirectory(number, entry, path)
        root.keep(directory)
    }

    private func writeLink(_ entry: TarEntry, _ path: LayerPath) throws(LayerError) {
        let target = entry.target
        guard !target.isEmpty, target.count < Int(PATH_MAX) else {
            throw LayerError(.nameTooLong(length: target.count, limit: Int(PATH_MAX) - 1), entry: path.description)
        }
        let place = try place(path)
        let text = FileName.terminated(target)
        _ = try creating(place, path, "symlinkat") { symlinkat(text, place.parent, place.name) }
        root.hasLinks = true
        try setAttributes(at: place, entry, path, mode: nil)
    }

    private func writeHardLink(_ entry: TarEntry, _ path: LayerPath) throws(LayerError) {
        let target: LayerPath
        do throws(LayerError) { target = try LayerPath(entry.target, limits: options.limits) } catch {
            throw LayerError(error.reason, entry: path.description)
        }
        let missing = LayerError(.linkTargetMissing(target.description), entry: path.description)
        guard !target.isRoot, let from = root.existingParent(of: target) else { throw missing }
        let place = try place(path)
        let name = FileName.terminated(target.name)
        var information = stat()
        guard fstatat(from.descriptor.number, name, &information, AT_SYMLINK_NOFOLLOW) == 0,
            !information.isDirectory, !information.isWhiteout
        else { throw missing }
        // A name linked to itself is there already; clearing it would lose the file.
        var there = stat()
        if fstatat(place.parent, place.name, &there, AT_SYMLINK_NOFOLLOW) == 0, there.st_ino == information.st_ino,
            there.st_dev == information.st_dev
        {
            return
        }
        _ = try creating(place, path, "linkat") {
            linkat(from.descriptor.number, name, place.parent, place.name, 0)
        }
    }

    private func writeNode(_ entry: TarEntry, _ path: LayerPath, mode: mode_t, device: dev_t) throws(LayerError) {
        let place = try place(path)
        _ = try creating(place, path, "mknodat") { mknodat(place.parent, place.name, mode | 0o600, device) }
        try setAttributes(at: place, entry, path, mode: entry.permissions)
    }

    /// The number of a device that may be made; nil where it is to be left out.
    private func admitted(_ path: LayerPath, isBlock: Bool, _ major: UInt32, _ minor: UInt32) throws(LayerError)
        -> dev_t?
    {
        let number = DeviceNumber.of(major: major, minor: minor)
        // Wherever the number is 0/0, also after what Linux cuts off.
        if !isBlock, number == 0 { throw LayerError(.forgedWhiteout, entry: path.description) }
        devices +|= 1
        guard devices <= options.limits.devices else {
            throw LayerError(.limitExceeded(.devices, limit: options.limits.devices), entry: path.description)
        }
        switch options.devices {
        case .create: return dev_t(number)
        case .refuse: throw LayerError(.deviceRefused, entry: path.description)
        case .omit:
            omitted.devices +|= 1
            return nil
        }
    }

    // MARK: Places

    /// Where an entry goes: an open directory and a name in it.
    struct Place {
        /// Borrowed from the root, which keeps it open for the next few entries.
        let directory: RootDirectory.Parent
        let name: [CChar]
        var parent: Int32 { directory.descriptor.number }
    }

    func place(_ path: LayerPath) throws(LayerError) -> Place {
        let place = Place(directory: try root.parent(of: path), name: FileName.terminated(path.name))
        if isOnTop { try mark(path, in: place.directory) }
        return place
    }

    /// Remembers an entry as this layer's, and the directories above it, which no entry need announce.
    private func mark(_ path: LayerPath, in directory: RootDirectory.Parent) throws(LayerError) {
        made.insert(path, in: directory)
        var directory = directory
        while !directory.isMarked, !directory.path.isEmpty {
            directory.isMarked = true
            let start = directory.path.lastIndex(of: 0x2F).map { $0 + 1 } ?? 0
            let above = LayerPath(checked: directory.path, nameStart: start)
            directory = try root.parent(of: above)
            made.insert(above, in: directory)
        }
    }

    /// Makes something new at a place, clearing it first where something is there.
    private func creating(
        _ place: Place, _ path: LayerPath, _ operation: String, _ make: () -> Int32
    ) throws(LayerError) -> Int32 {
        let result = make()
        if result >= 0 { return result }
        guard errno == EEXIST else { throw failure(operation, path) }
        try clear(place, path)
        return try check(operation, path, make())
    }

    /// Removes what an earlier entry, or a lower layer, has at a place.
    func clear(_ place: Place, _ path: LayerPath) throws(LayerError) {
        root.forget()
        do throws(SystemError) {
            try TreeRemoval.remove(place.name, in: place.parent, path.description)
        } catch {
            throw LayerError(error, entry: path.description)
        }
    }

    // MARK: Attributes

    private func finishDirectory(_ descriptor: Int32, _ entry: TarEntry, _ path: LayerPath) throws(LayerError) {
        var information = stat()
        try check("fstat", path, fstat(descriptor, &information))
        let locked = keepsDirectoriesOpen && entry.permissions & 0o700 != 0o700 ? entry.permissions : nil
        try setAttributes(descriptor, entry, path, adding: locked == nil ? 0 : 0o700)
        deferred.append(
            path, inode: information.st_ino, seconds: entry.seconds, nanoseconds: entry.nanoseconds, mode: locked)
    }

    /// Owner first, since that takes set-user-id and capabilities away; then mode, then extended attributes.
    private func setAttributes(
        _ descriptor: Int32, _ entry: TarEntry, _ path: LayerPath, adding: mode_t = 0
    ) throws(LayerError) {
        if let owner = try owner(of: entry, path) {
            if fchown(descriptor, owner.user, owner.group) != 0 { throw ownerFailure("fchown", path, owner) }
        }
        try check("fchmod", path, fchmod(descriptor, entry.permissions | adding))
        try forEachAttribute(entry, path) { name, value in
            FileAttributes.set(name, value.baseAddress, value.count, of: descriptor)
        }
    }

    /// The same for what cannot be opened.
    private func setAttributes(at place: Place, _ entry: TarEntry, _ path: LayerPath, mode: mode_t?) throws(LayerError)
    {
        if let owner = try owner(of: entry, path) {
            if fchownat(place.parent, place.name, owner.user, owner.group, AT_SYMLINK_NOFOLLOW) != 0 {
                throw ownerFailure("fchownat", path, owner)
            }
        }
        if let mode { try check("fchmodat", path, fchmodat(place.parent, place.name, mode, 0)) }
        try forEachAttribute(entry, path) { name, value in
            FileAttributes.set(name, value.baseAddress, value.count, at: place.name, in: place.parent)
        }
        try check(
            "utimensat", path,
            EntryCalls.setModificationTime(
                of: place.name, in: place.parent, seconds: entry.seconds, nanoseconds: entry.nanoseconds))
    }

    private func forEachAttribute(
        _ entry: TarEntry, _ path: LayerPath, _ set: (UnsafePointer<CChar>, UnsafeRawBufferPointer) -> Int32
    ) throws(LayerError) {
        for (name, text) in [
            (AccessControlList.access, entry.accessControl), (AccessControlList.byDefault, entry.defaultControl),
        ] {
            guard let text else { continue }
            guard text.count <= options.limits.attributeBytes else {
                throw LayerError(
                    .limitExceeded(.attributeBytes, limit: options.limits.attributeBytes), entry: path.description)
            }
            let value = AccessControlList.attribute(text)
            if let value, value.withUnsafeBytes({ set(name, $0) }) == 0 { continue }
            // Of a link, or where the file system has none.
            guard value == nil || [EPERM, EACCES, ENOTSUP, EINVAL].contains(errno) else {
                throw failure("setxattr", path)
            }
            omitted.attributes +|= 1
        }
        guard entry.attributeCount > 0 else { return }
        var total: Int64 = 0
        try entry.forEachAttribute { name, value throws(LayerError) in
            total +|= Int64(strlen(name) + value.count)
            guard total <= options.limits.attributeBytes else {
                throw LayerError(
                    .limitExceeded(.attributeBytes, limit: options.limits.attributeBytes), entry: path.description)
            }
            // Overlayfs's own: an archive could name files of other layers with them.
            let isReserved = strncmp(name, "trusted.overlay.", 16) == 0 || strncmp(name, "user.overlay.", 13) == 0
            if !isReserved, set(name, value) == 0 { return }
            guard isReserved || [EPERM, EACCES, ENOTSUP].contains(errno) else { throw failure("setxattr", path) }
            omitted.attributes +|= 1
        }
    }

    private func owner(of entry: TarEntry, _ path: LayerPath) throws(LayerError) -> (user: uid_t, group: gid_t)? {
        if options.ownership == .own { return nil }
        // 2³² − 1 is chown's "leave it".
        guard let user = UInt32(exactly: entry.user), let group = UInt32(exactly: entry.group), user != .max,
            group != .max
        else { throw LayerError(.numberOutOfRange("owner"), entry: path.description) }
        return try Self.owner(user, group, options.ownership, entry: path)
    }

    private static func owner(
        _ user: UInt32, _ group: UInt32, _ ownership: Ownership, entry: LayerPath?
    ) throws(LayerError) -> (user: uid_t, group: gid_t)? {
        switch ownership {
        case .recorded: return (user: user, group: group)
        case .own: return nil
        case .one(let user, let group): return (user: user, group: group)
        case .mapped(let users, let groups):
            guard let user = users.host(of: user) else {
                throw LayerError(.ownerNotMapped(user), entry: entry?.description)
            }
            guard let group = groups.host(of: group) else {
                throw LayerError(.ownerNotMapped(group), entry: entry?.description)
            }
            return (user: user, group: group)
        }
    }

    // MARK: System calls

    private func writeAll(
        _ bytes: UnsafeRawBufferPointer, at offset: Int64, to descriptor: Int32, _ path: LayerPath
    ) throws(LayerError) {
        var written = 0
        while written < bytes.count {
            let count = pwrite(
                descriptor, bytes.baseAddress?.advanced(by: written), bytes.count - written, off_t(offset) + written)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw failure("write", path) }
            written += count
        }
    }

    @discardableResult
    func check(_ operation: String, _ path: LayerPath, _ result: Int32) throws(LayerError) -> Int32 {
        guard result >= 0 else { throw failure(operation, path) }
        return result
    }

    /// In a user namespace EINVAL says that it has no such owner.
    private func ownerFailure(
        _ operation: String, _ path: LayerPath, _ owner: (user: uid_t, group: gid_t)
    ) -> LayerError {
        let number = errno
        let error = failure(operation, path)
        guard number == EINVAL, let missing = IdentityMaps.unmapped(user: owner.user, group: owner.group) else {
            return error
        }
        return LayerError(.ownerNotMapped(missing), entry: path.description)
    }

    func failure(_ operation: String, _ path: LayerPath) -> LayerError {
        let number = errno
        return LayerError(
            SystemError(operation, "\(root.path)/\(path)", errno: number), entry: path.description)
    }
}
