import Glibc
import Linux

/// Copies files, links, pipes and directories from one tree into another, by descriptors alone.
///
/// Either tree may be changed by hostile processes at any time. Every name is one component below a directory that is held open, no
/// link is followed, and what is opened for reading was looked at before and is a regular file: a device is never opened, and a pipe
/// never waited for. A file is read up to the size that it had when it was opened, so that a copy ends.
struct FileCopy {
    /// Owners, by their numbers; else what is made belongs to whoever copies.
    let keepsOwners: Bool
    /// Bits that give whoever runs a program its owner's rights.
    let keepsSetID: Bool
    /// Left out where the source has them.
    let kernelFiles: KernelFiles
    /// Devices and sockets, which are left out.
    private(set) var omitted = 0
    /// How messages write the source, and the place that it gets.
    var way = (from: "", to: "")
    /// The first directory that was copied into: it is not copied itself.
    private var destination: (device: dev_t, inode: ino_t)?

    init(keepsOwners: Bool, keepsSetID: Bool, leaving kernelFiles: KernelFiles = .none) {
        self.kernelFiles = kernelFiles
        self.keepsOwners = keepsOwners
        self.keepsSetID = keepsSetID
    }

    /// Directories below each other; each keeps two descriptors open.
    private static let greatestDepth = 256

    /// Copies one file, or a directory with all that is in it.
    ///
    /// A directory that is there is filled and keeps its own attributes; any other file that is there is replaced.
    ///
    /// - Parameters:
    ///   - source: `O_PATH`.
    ///   - parent: the directory it goes to.
    mutating func copy(
        _ source: borrowing OwnedDescriptor, to parent: Int32, as name: [CChar], _ shown: String, depth: Int = 0
    ) throws(SystemError) {
        var status = stat()
        guard fstat(source.number, &status) == 0 else { throw SystemError("fstat", shown) }
        if kernelFiles.hold(status) { return }
        switch status.st_mode & S_IFMT {
        case S_IFREG: try copyFile(source, status, to: parent, as: name, shown)
        case S_IFDIR: try copyDirectory(source, status, to: parent, as: name, shown, depth)
        case S_IFLNK:
            let target = try Self.target(of: source.number, shown)
            _ = try make(name, in: parent, shown, "symlinkat") { symlinkat(target, parent, name) }
            try finish(name, in: parent, status, shown)
        case S_IFIFO:
            let mode = status.st_mode & 0o777
            _ = try make(name, in: parent, shown, "mkfifoat") { mkfifoat(parent, name, mode) }
            try finish(name, in: parent, status, shown)
        default: omitted += 1
        }
    }

    /// Copies what is in a directory into another one.
    mutating func copyContent(
        of source: borrowing OwnedDescriptor, to target: Int32, _ shown: String, depth: Int = 0
    ) throws(SystemError) {
        guard depth < Self.greatestDepth else {
            throw SystemError(
                "copy", shown, errno: ENAMETOOLONG,
                advice: "more than \(Self.greatestDepth) directories below each other are not copied")
        }
        try refuseItself(source, target, shown)
        for entry in try DirectoryEntries.names(in: source.number, shown) {
            let name = FileName.terminated(entry)
            let path = "\(shown)/\(FileName.shown(entry))"
            let number = EntryCalls.open(name, in: source.number, OwnedDescriptor.pathOnly | O_NOFOLLOW)
            // What has gone meanwhile is not there.
            if number < 0, errno == ENOENT { continue }
            guard number >= 0 else { throw SystemError("openat", path) }
            let file = OwnedDescriptor(owning: number)
            try copy(file, to: target, as: name, path, depth: depth + 1)
        }
    }

    /// A directory of this host that a container has, too, may be both sides of a copy.
    private mutating func refuseItself(
        _ source: borrowing OwnedDescriptor, _ target: Int32, _ shown: String
    ) throws(SystemError) {
        var (from, to) = (stat(), stat())
        guard fstat(source.number, &from) == 0, fstat(target, &to) == 0 else { throw SystemError("fstat", shown) }
        let first = destination ?? (device: to.st_dev, inode: to.st_ino)
        destination = first
        if from.st_dev == first.device, from.st_ino == first.inode {
            throw SystemError("copy", shown, errno: EINVAL, advice: "a directory cannot be copied into itself")
        }
    }

    private mutating func copyDirectory(
        _ source: borrowing OwnedDescriptor, _ status: stat, to parent: Int32, as name: [CChar], _ shown: String,
        _ depth: Int
    ) throws(SystemError) {
        let isNew = mkdirat(parent, name, 0o700) == 0
        if !isNew, errno != EEXIST { throw refusal("mkdirat", shown, errno) }
        let number = EntryCalls.open(name, in: parent, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
        guard number >= 0 else {
            let isOther = errno == ENOTDIR || errno == ELOOP
            throw refusal(
                "openat", shown, errno, advice: isOther ? "a directory replaces nothing but a directory" : nil)
        }
        let target = OwnedDescriptor(owning: number)
        try copyContent(of: source, to: target.number, shown, depth: depth)
        if isNew { try finish(target.number, status, shown) }
    }

    private func copyFile(
        _ source: borrowing OwnedDescriptor, _ status: stat, to parent: Int32, as name: [CChar], _ shown: String
    ) throws(SystemError) {
        guard let from = try RegularFile.opened(source, shown) else {
            throw SystemError("open", shown, errno: ESTALE, advice: "the file is being changed")
        }
        let target = OwnedDescriptor(
            owning: try make(name, in: parent, shown, "openat") {
                EntryCalls.open(name, in: parent, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode: 0o600)
            })
        do throws(SystemError) {
            try Self.copyContent(from.number, Int64(status.st_size), to: target.number, shown)
            try finish(target.number, status, shown)
        } catch {
            // Half a file is none, and may be what has filled the disk.
            unlinkat(parent, name, 0)
            guard [ENOSPC, EDQUOT, EFBIG].contains(error.errno) else { throw error }
            throw refusal(error.operation, shown, error.errno)
        }
    }

    /// Writes a file's content over that of another, which stays the same file: links to it, and what is mounted on it, show the new one.
    func overwrite(
        _ target: borrowing OwnedDescriptor, with source: borrowing OwnedDescriptor, _ shown: String
    ) throws(SystemError) {
        var (from, to) = (stat(), stat())
        guard fstat(source.number, &from) == 0, fstat(target.number, &to) == 0 else {
            throw SystemError("fstat", shown)
        }
        guard to.st_mode & S_IFMT == S_IFREG, let content = try RegularFile.opened(source, shown) else {
            throw SystemError(
                "copy", shown, errno: EEXIST, advice: "only a file replaces what is there, and only a file")
        }
        guard from.st_dev != to.st_dev || from.st_ino != to.st_ino else {
            throw SystemError("copy", shown, errno: EINVAL, advice: "both are the same file")
        }
        // The very one that was looked at.
        let file = try emptied(target.number, shown)
        try Self.copyContent(content.number, Int64(from.st_size), to: file.number, shown)
        try finish(file.number, from, shown)
    }

    // MARK: - Steps

    private func emptied(_ file: Int32, _ shown: String) throws(SystemError) -> OwnedDescriptor {
        do throws(SystemError) {
            return try OwnedDescriptor(opening: "/proc/self/fd/\(file)", O_WRONLY | O_TRUNC | O_NOCTTY)
        } catch { throw refusal(error.operation, shown, error.errno) }
    }

    /// What failed at the place that a file gets.
    ///
    /// - Parameter shown: its source, or the place itself.
    private func refusal(_ operation: String, _ shown: String, _ number: Int32, advice: String? = nil) -> SystemError {
        SystemError(
            operation, shown.rest(after: way.from).map { "\(way.to)\($0)" } ?? shown, errno: number,
            advice: number == EROFS ? "the root, or what is mounted there, is read-only" : advice)
    }

    /// Makes something new, in the place of a file that is there.
    private func make(
        _ name: [CChar], in parent: Int32, _ shown: String, _ operation: String, _ body: () -> Int32
    ) throws(SystemError) -> Int32 {
        let made = body()
        if made >= 0 { return made }
        guard errno == EEXIST else { throw refusal(operation, shown, errno) }
        if unlinkat(parent, name, 0) != 0, errno != ENOENT {
            let isDirectory = errno == EISDIR
            throw refusal("replace", shown, errno, advice: isDirectory ? "a directory is not replaced by a file" : nil)
        }
        let again = body()
        guard again >= 0 else { throw refusal(operation, shown, errno) }
        return again
    }

    private static func target(of link: Int32, _ shown: String) throws(SystemError) -> [CChar] {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
        // A descriptor of the link itself is read by an empty name.
        let count = try retryingOnInterrupt("readlinkat", shown) { readlinkat(link, "", &buffer, Int(PATH_MAX)) }
        return Array(buffer[..<count]) + [0]
    }

    /// Holes stay holes: what a file claims to be need not fit on the disk.
    private static func copyContent(
        _ source: Int32, _ size: Int64, to target: Int32, _ shown: String
    ) throws(SystemError) {
        // lseek(2): SEEK_DATA and SEEK_HOLE.
        let (data, hole): (Int32, Int32) = (3, 4)
        var place: Int64 = 0
        while place < size {
            let start = lseek(source, off_t(place), data)
            if start < 0, errno == ENXIO { break }
            // Where the file system cannot tell, all is content.
            let from = start < 0 ? place : Int64(start)
            let next = lseek(source, off_t(from), hole)
            let end = next < 0 ? size : min(Int64(next), size)
            guard lseek(source, off_t(from), SEEK_SET) >= 0, lseek(target, off_t(from), SEEK_SET) >= 0 else {
                throw SystemError("lseek", shown)
            }
            guard end > from else { break }
            try copyBytes(source, end - from, to: target, shown)
            place = end
        }
        try retryingOnInterrupt("ftruncate", shown) { ftruncate(target, off_t(size)) }
    }

    private static func copyBytes(
        _ source: Int32, _ count: Int64, to target: Int32, _ shown: String
    ) throws(SystemError) {
        var rest = count
        // In the kernel where the file systems let it.
        while rest > 0 {
            let done = EntryCalls.copyRange(from: source, to: target, Int(min(rest, 1 << 30)))
            if done < 0, errno == EINTR { continue }
            if done < 0 {
                guard [EXDEV, ENOSYS, EOPNOTSUPP, EINVAL, EPERM].contains(errno) else {
                    throw SystemError("copy_file_range", shown)
                }
                break
            }
            if done == 0 { break }
            rest -= done
        }
        var chunk = [UInt8](repeating: 0, count: rest > 0 ? 256 << 10 : 0)
        while rest > 0 {
            let wanted = Int(min(rest, Int64(chunk.count)))
            let done = try retryingOnInterrupt("read", shown) { read(source, &chunk, wanted) }
            if done == 0 { return }
            try SystemFile.write(Array(chunk.prefix(done)), to: target, shown)
            rest -= Int64(done)
        }
    }

    /// Owner first, since a change of it takes set-ID bits away.
    private func finish(_ file: Int32, _ status: stat, _ shown: String) throws(SystemError) {
        if keepsOwners, fchown(file, status.st_uid, status.st_gid) != 0 {
            throw IdentityMaps.ownerError("fchown", shown, user: status.st_uid, group: status.st_gid)
        }
        let mode = status.st_mode & (keepsSetID ? 0o7777 : 0o1777)
        try retryingOnInterrupt("fchmod", shown) { fchmod(file, mode) }
        // Who runs in the container may have its times otherwise; nothing depends on them.
        EntryCalls.setModificationTime(
            of: "", in: file, seconds: Int64(status.st_mtim.tv_sec), nanoseconds: Int(status.st_mtim.tv_nsec))
    }

    /// The same for what cannot be opened. Its mode is that which it was made with: chmod(2) would follow a link that has its place by now.
    private func finish(
        _ name: [CChar], in parent: Int32, _ status: stat, _ shown: String
    ) throws(SystemError) {
        if keepsOwners, fchownat(parent, name, status.st_uid, status.st_gid, AT_SYMLINK_NOFOLLOW) != 0 {
            throw IdentityMaps.ownerError("fchownat", shown, user: status.st_uid, group: status.st_gid)
        }
        EntryCalls.setModificationTime(
            of: name, in: parent, seconds: Int64(status.st_mtim.tv_sec), nanoseconds: Int(status.st_mtim.tv_nsec))
    }
}
