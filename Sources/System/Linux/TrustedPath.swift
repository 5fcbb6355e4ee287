import Glibc

/// Whether a directory is out of other users' hands, and all those on the way to it, as sshd(8) asks of files that it believes: whoever
/// may write to one of them, or owns it, can put something else in place of the rest.
///
/// The way is walked as the kernel does, link by link. What is not there yet ends it: whoever makes it makes it his own.
enum TrustedPath {
    private static let mostLinks = 40

    /// - Throws: what is not to be trusted, and what to do; also where the way cannot be walked.
    static func check(_ path: String) throws(SystemError) {
        if let fault = try fault(on: try absolute(path)) {
            throw SystemError("use", path, errno: EPERM, advice: fault)
        }
    }

    /// The same of the way alone, for directories of which more is asked than that.
    static func check(above path: String) throws(SystemError) {
        let whole = try absolute(path)
        let slash = whole.utf8.lastIndex(of: UInt8(ascii: "/")) ?? whole.startIndex
        if let fault = try fault(on: String(whole[..<slash])) {
            throw SystemError("use", path, errno: EPERM, advice: fault)
        }
    }

    /// Without slashes at its end.
    private static func absolute(_ path: String) throws(SystemError) -> String {
        var path = path[...]
        while path.utf8.count > 1, path.utf8.last == UInt8(ascii: "/") { path.removeLast() }
        if path.utf8.first == UInt8(ascii: "/") { return String(path) }
        guard let directory = getcwd(nil, 0) else { throw SystemError("getcwd", String(path)) }
        defer { free(directory) }
        return String(cString: directory) + "/" + path
    }

    private static func fault(on path: String) throws(SystemError) -> String? {
        var left = Array(path.parts(between: "/").map(String.init).reversed())
        var here: [String] = []
        var links = 0
        var status = stat()
        guard lstat("/", &status) == 0 else { throw SystemError("lstat", "/") }
        if let fault = fault(of: "/", status) { return fault }
        while let name = left.popLast() {
            if name == "." { continue }
            if name == ".." {
                _ = here.popLast()
                continue
            }
            let next = "/" + (here + [name]).joined(separator: "/")
            guard lstat(next, &status) == 0 else {
                if errno == ENOENT { return nil }
                throw SystemError("lstat", next)
            }
            switch status.st_mode & S_IFMT {
            case S_IFLNK:
                links += 1
                guard links <= mostLinks else { throw SystemError("lstat", next, errno: ELOOP) }
                if !isTrusted(status.st_uid) { return foreign("the link \(next)", status.st_uid) }
                let target = try Procfs.readLink(next)
                if target.starts("/") { here = [] }
                left += target.parts(between: "/").map(String.init).reversed()
            case S_IFDIR:
                if let fault = fault(of: next, status) { return fault }
                here.append(name)
            default: throw SystemError("use", next, errno: ENOTDIR)
            }
        }
        return nil
    }

    private static func fault(of directory: String, _ status: stat) -> String? {
        if !isTrusted(status.st_uid) { return foreign(directory, status.st_uid) }
        // In a sticky one nobody can remove or rename what is another's.
        guard status.st_mode & S_ISVTX == 0 else { return nil }
        let others = status.st_mode & 0o002 != 0
        guard others || status.st_mode & 0o020 != 0 && !isOwnGroup(status.st_gid) else { return nil }
        return "\(others ? "every user" : "group \(status.st_gid)") may write to \(directory): "
            + "look at what is in it, then chmod \(others ? "o" : "g")-w \(directory), or use another directory"
    }

    private static func foreign(_ object: String, _ user: uid_t) -> String {
        "\(object) belongs to user \(user), who could put other files in place of those below it: "
            + "use a directory that is yours, or root's, as are all above it"
    }

    /// Root's, or the caller's own. In a user namespace that does not know the host's root, everybody unknown has one number.
    private static func isTrusted(_ user: uid_t) -> Bool {
        user == 0 || user == geteuid() || isNobody(user)
    }

    private static func isOwnGroup(_ group: gid_t) -> Bool {
        group == 0 || group == getegid() && !StandardDirectories.isHostRoot || isNobody(group)
    }

    private static func isNobody(_ number: UInt32) -> Bool {
        !StandardDirectories.knowsEverybody
            && (try? SystemFile.readNumber("/proc/sys/kernel/overflowuid")) == UInt64(number)
    }
}
