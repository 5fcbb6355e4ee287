import Glibc
import Linux

extension FileCopy {
    /// Copies what a path leads to, to where another one leads, by docker's rules:
    ///
    /// - a file goes into a directory that is there, over a file that is there, or where nothing is;
    /// - a directory goes into a directory that is there, or becomes one where nothing is; with `/.` at its end what is in it goes there;
    /// - a directory does not go where a file is, and nothing where the directory above is not.
    mutating func copy(
        _ path: CopyPath, in from: CopyRoot, to destination: CopyPath, in to: CopyRoot, followsLink: Bool
    ) throws {
        let flags = OwnedDescriptor.pathOnly | (followsLink || path.name == nil ? 0 : O_NOFOLLOW)
        guard let file = try from.open(path.text, flags) else {
            if let parent = try from.open(path.parent, OwnedDescriptor.pathOnly) {
                try from.refuseAbsentMounts(parent, path.text)
            }
            throw SystemError("open", from.shown(path.text), errno: ENOENT)
        }
        try from.refuseAbsentMounts(file, path.text)
        let shown = from.shown(path.text)
        let status = try Self.status(of: file, shown)
        let kind = status.st_mode & S_IFMT
        guard !kernelFiles.hold(status), [S_IFREG, S_IFDIR, S_IFLNK, S_IFIFO].contains(kind) else {
            throw EngineError.unsupported(
                "\(shown) cannot be copied: it is a device, a socket, or a file of the kernel's (/proc, /sys)",
                advice: "`isolab exec` runs a command that reads it")
        }
        guard let there = try to.open(destination.text, OwnedDescriptor.pathOnly) else {
            return try place(file, kind, shown, at: destination, in: to)
        }
        try to.refuseAbsentMounts(there, destination.text)
        let target = to.shown(destination.text)
        guard try !Self.status(of: there, target).isDirectory else {
            guard let name = path.name else {
                way = (from: shown, to: target)
                return try copyContent(of: file, to: there.number, shown)
            }
            way = (from: shown, to: target + (target.ends("/") ? "" : "/") + FileName.shown(name.utf8))
            return try copy(file, to: there.number, as: FileName.terminated(name.utf8), shown)
        }
        guard kind != S_IFDIR else {
            throw SystemError(
                "copy", target, errno: ENOTDIR,
                advice: "it is a file, and a directory cannot be copied to one: \(shown) is a directory")
        }
        try overwrite(there, with: file, target)
    }

    /// Where nothing is yet.
    private mutating func place(
        _ file: borrowing OwnedDescriptor, _ kind: mode_t, _ shown: String, at destination: CopyPath, in to: CopyRoot
    ) throws {
        let target = to.shown(destination.text)
        guard let name = destination.name, kind == S_IFDIR || !destination.endsInSlash else {
            throw SystemError("open", target, errno: ENOENT, advice: "the directory must be there: make it first")
        }
        guard let parent = try to.open(destination.parent, OwnedDescriptor.pathOnly | O_DIRECTORY) else {
            throw SystemError(
                "open", to.shown(destination.parent), errno: ENOENT,
                advice: "the directory must be there: make it first")
        }
        try to.refuseAbsentMounts(parent, destination.text)
        let terminated = FileName.terminated(name.utf8)
        var status = stat()
        // Whatever it leads to may be made elsewhere than its user thinks.
        guard fstatat(parent.number, terminated, &status, AT_SYMLINK_NOFOLLOW) != 0 else {
            throw SystemError(
                "open", target, errno: status.st_mode & S_IFMT == S_IFLNK ? ENOENT : ENOTDIR,
                advice: status.st_mode & S_IFMT == S_IFLNK ? "it is a link that leads nowhere" : "it is not a directory"
            )
        }
        way = (from: shown, to: target)
        try copy(file, to: parent.number, as: terminated, shown)
    }

    private static func status(of file: borrowing OwnedDescriptor, _ shown: String) throws(SystemError) -> stat {
        var status = stat()
        guard fstat(file.number, &status) == 0 else { throw SystemError("fstat", shown) }
        return status
    }
}
