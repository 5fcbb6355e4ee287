internal import Glibc
internal import Linux

/// What the processes of a guest see of the host's files: its programs and libraries, and what is theirs. Everything else is not
/// hidden from them but absent.
struct CellView: Equatable, Sendable {
    /// The driver's own directory, in which things may change.
    var directory: String
    /// Directories and files that QEMU and libvirt read, beside the system's.
    var reads: [String]
    /// Directories and files of the host that the guest is to see, each below `directory`.
    var shares: [HostShare] = []

    /// A file or a directory that is bound where it is, read-only.
    struct Bind: Equatable, Sendable {
        var source: String
        var target: String
        var isDirectory: Bool
    }

    /// A link at the top, as distributions have them since their programs moved to /usr.
    struct Link: Equatable, Sendable {
        var path: String
        var target: String
    }

    /// Where systems keep programs and libraries.
    private static let system = ["usr", "lib", "lib32", "lib64", "libx32", "bin", "sbin", "opt", "nix", "gnu"]
    /// What programs and libvirt read of /etc; users and groups it has of its own.
    private static let settings = [
        "ld.so.cache", "ld.so.conf", "ld.so.conf.d", "alternatives", "localtime", "qemu", "os-release",
    ]
    /// The directory with the cell's own /etc/passwd and the like.
    static let ownSettings = "etc"

    /// Everything to be bound, each before what lies in it, and the links.
    ///
    /// - Parameter program: what runs in the cell.
    func contents(program: String) -> (binds: [Bind], links: [Link]) {
        var (binds, links): ([Bind], [Link]) = ([], [])
        func add(_ source: String, at target: String? = nil) {
            let target = target ?? source
            guard !binds.contains(where: { target == $0.target || target.hasPrefix($0.target + "/") }) else { return }
            var status = stat()
            guard stat(source, &status) == 0 else { return }
            binds.append(Bind(source: source, target: target, isDirectory: status.st_mode & S_IFMT == S_IFDIR))
        }
        for name in Self.system {
            let path = "/" + name
            var status = stat()
            guard lstat(path, &status) == 0 else { continue }
            if status.st_mode & S_IFMT == S_IFLNK {
                if let target = try? Procfs.readLink(path) { links.append(Link(path: path, target: target)) }
            } else {
                add(path)
            }
        }
        for name in ["passwd", "group", "nsswitch.conf"] {
            add("\(directory)/\(Self.ownSettings)/\(name)", at: "/etc/" + name)
        }
        for name in Self.settings { add("/etc/" + name) }
        add(program)
        for path in SharedLibraryPaths.of(program) + reads.sorted() { add(path) }
        return (binds, links)
    }

    /// Writes the cell's own users, groups and where they are looked up: libvirt asks for the user `libvirt-qemu` before it reads that
    /// another is wanted.
    func writeSettings(_ identity: CellIdentity) throws(SystemError) {
        let place = "\(directory)/\(Self.ownSettings)"
        try SystemFile.makeDirectories(place)
        chmod(place, 0o755)
        var users = "root:x:0:0:root:/:/bin/sh\n"
        var groups = "root:x:0:\n"
        if identity.isApart || identity.driver.user != 64055 {
            users += "libvirt-qemu:x:64055:64055::/:/bin/false\n"
            groups += "libvirt-qemu:x:64055:\n"
        }
        for (name, numbers) in [("isolab-driver", identity.driver), ("isolab-qemu", identity.emulator)]
        where numbers.user != 0 && (name == "isolab-qemu" || identity.isApart) {
            users += "\(name):x:\(numbers.user):\(numbers.group)::/:/bin/false\n"
            groups += "\(name):x:\(numbers.group):\n"
        }
        for (name, text) in [
            ("passwd", users), ("group", groups), ("nsswitch.conf", "passwd: files\ngroup: files\nhosts: files\n"),
        ] { try WholeFile.replace("\(place)/\(name)", with: Array(text.utf8)) }
    }
}
