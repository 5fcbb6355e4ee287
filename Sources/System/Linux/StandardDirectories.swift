import Glibc

/// Where isolab keeps things on this host, told once for every part of it.
public enum StandardDirectories {
    /// Root of the host, whose directories are the system's; root of a user namespace is some user outside
    /// (user_namespaces(7)): its map does not cover every number.
    public static let isHostRoot: Bool = geteuid() == 0 && knowsEverybody

    /// Whether the user namespace that this process is in by now has a number for every user: the host's has.
    static var knowsEverybody: Bool {
        (try? SystemFile.read("/proc/self/uid_map"))?.parts(between: "\n").map {
            $0.parts(between: " ").map(String.init)
        } == [["0", "0", "4294967295"]]
    }

    /// The user as those outside know him: who is root of a user namespace keeps what he has as the user he is out there.
    package static var userID: UInt32 {
        let own = geteuid()
        guard own == 0, !isHostRoot, let map = try? SystemFile.read("/proc/self/uid_map") else { return own }
        return IdentityMaps.outside(of: own, map: map) ?? own
    }

    /// What outlives a process: owner records, scratch space. `/run/isolab` as root, else `$XDG_RUNTIME_DIR/isolab` or,
    /// without that, `/tmp/isolab-<uid>`.
    public static var state: String {
        if isHostRoot { return "/run/isolab" }
        if let directory = environment("XDG_RUNTIME_DIR") { return directory + "/isolab" }
        return "/tmp/isolab-\(userID)"
    }

    /// What must outlive a reboot: images, containers, volumes. `/var/lib/isolab` as root, else `$XDG_DATA_HOME/isolab` or
    /// `~/.local/share/isolab`; without a home, below the state directory. `ISOLAB_DATA` names another.
    public static var data: String {
        if let directory = environment("ISOLAB_DATA") { return directory }
        if isHostRoot { return "/var/lib/isolab" }
        if let directory = environment("XDG_DATA_HOME") { return directory + "/isolab" }
        if let home = environment("HOME") { return home + "/.local/share/isolab" }
        return state + "/data"
    }

    /// What to do where that cannot be made.
    package static var dataAdvice: String {
        environment("ISOLAB_DATA") == nil
            ? "set ISOLAB_DATA to a directory that this user can write to"
            : "ISOLAB_DATA must name a directory that this user can write to"
    }

    /// What can be made again: kernels, images, compiled profiles. `/var/cache/isolab` as root, else
    /// `$XDG_CACHE_HOME/isolab` or `~/.cache/isolab`; without a home, below the state directory.
    public static var cache: String {
        if isHostRoot { return "/var/cache/isolab" }
        if let directory = environment("XDG_CACHE_HOME") { return directory + "/isolab" }
        if let home = environment("HOME") { return home + "/.cache/isolab" }
        return state + "/cache"
    }

    /// The directory of the running program; isolab's others are beside it.
    public static var programs: String {
        let path = programPath
        return path.utf8.lastIndex(of: UInt8(ascii: "/")).map { String(path[..<$0]) } ?? "."
    }

    /// The running program's file. One that runs from a mount of its own (`ProgramProtection`) has no path the kernel could
    /// tell: it is where its name leads, or where a shell would have found it.
    public static var programPath: String {
        let path = (try? Procfs.readLink("/proc/self/exe")) ?? ""
        let name = CommandLine.arguments.first ?? ""
        var own = stat()
        guard stat("/proc/self/exe", &own) == 0 else { return name }
        for candidate in [path] + ProcessPlan.candidates(for: name, environment: ProcessPlan.ownEnvironment()) {
            var named = stat()
            guard stat(candidate, &named) == 0, named.st_ino == own.st_ino, named.st_dev == own.st_dev,
                let absolute = realpath(candidate, nil)
            else { continue }
            defer { free(absolute) }
            return String(cString: absolute)
        }
        return name
    }

    /// Makes a state directory, or makes sure that the one there may be trusted: records in it name processes to end and
    /// directories to remove, so nobody else may have made it or be able to write to it.
    ///
    /// Others may pass through it (0711): the root of a container in a user namespace is another user to the host.
    ///
    /// - Throws: `SystemError` with what to do, where it is a link, another user's, or writable by others, or lies below what is.
    public static func claim(_ path: String) throws(SystemError) {
        try TrustedPath.check(above: path)
        try SystemFile.makeDirectories(path, mode: 0o711)
        var status = stat()
        guard lstat(path, &status) == 0 else { throw SystemError("lstat", path) }
        // In a /tmp that is sticky nobody can remove what another made.
        let remedy =
            isHostRoot
            ? "move it away (mv \(path) \(path).old): isolab creates a new one"
            : "give isolab another place: XDG_RUNTIME_DIR=DIRECTORY in the environment, a directory of yours that exists"
        guard status.st_mode & S_IFMT == S_IFDIR else {
            throw SystemError("use as state directory", path, errno: ENOTDIR, advice: remedy)
        }
        guard status.st_uid == geteuid(), status.st_mode & 0o022 == 0 else {
            throw SystemError(
                "use as state directory", path, errno: EPERM,
                advice: status.st_uid == geteuid()
                    ? "others may write to it: chmod go-w \(path)" : "it belongs to another user: \(remedy)")
        }
    }

    /// Makes sure that nobody but this user and root can put something else in place of a directory, which need not be there yet.
    ///
    /// - Throws: `SystemError` with what to do.
    package static func check(_ path: String) throws(SystemError) { try TrustedPath.check(path) }

    /// Closes what lies in a data directory, whichever part of it a command is about to use.
    package static func closeParts(of data: String) throws(SystemError) {
        for name in ["images", "containers", "volumes", "networks"] where SystemFile.exists("\(data)/\(name)") {
            try close("\(data)/\(name)")
        }
    }

    /// Closes a directory to everybody but its owner, whatever it was before: below it are files that containers made, programs with
    /// set-user-ID bits perhaps, which are root's to whoever reaches them from outside (CVE-2021-41091).
    ///
    /// - Throws: also where others could have put it there, or have written to it.
    package static func close(_ path: String) throws(SystemError) {
        try TrustedPath.check(path)
        var status = stat()
        guard stat(path, &status) == 0 else { throw SystemError("stat", path) }
        guard status.st_mode & 0o077 != 0 else { return }
        try retryingOnInterrupt("chmod", path) { chmod(path, status.st_mode & 0o700) }
    }

    private static func environment(_ name: String) -> String? {
        guard let value = getenv(name) else { return nil }
        let text = String(cString: value)
        return text.isEmpty ? nil : text
    }
}
