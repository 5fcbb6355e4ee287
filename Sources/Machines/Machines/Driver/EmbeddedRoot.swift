internal import Glibc
internal import Linux

/// The directory that libvirt's embedded driver lives in: one a driver, below the driver's own, which carries its owner's record.
///
/// Whoever starts isolab-vm makes it, with its configuration, and removes it when isolab-vm is gone.
package struct EmbeddedRoot: Sendable {
    package let path: String

    /// libvirt puts sockets below it, and a socket's path ends at 107 bytes.
    static let longestPath = 70
    /// Its name in the driver's directory.
    static let name = "l"

    /// One that is there.
    package init(existing path: String) { self.path = path }

    /// Makes it, for who the processes of a cell are.
    ///
    /// - Parameter capabilities: a directory that saves libvirt its probing of the emulators, 0.7 s. libvirt checks by itself
    ///   whether what it finds there still holds (the emulator's time, its own version, the kernel, KVM).
    static func make(
        in directory: String, for identity: CellIdentity, capabilities: String?
    ) throws(SystemError) -> EmbeddedRoot {
        let root = EmbeddedRoot(existing: "\(directory)/\(name)")
        guard root.path.utf8.count <= longestPath else {
            throw SystemError(
                "use", root.path, errno: ENAMETOOLONG,
                advice: "libvirt's sockets need a root of at most \(longestPath) bytes: "
                    + "choose a shorter state directory")
        }
        try SystemFile.makeDirectories(root.path + "/etc", mode: 0o711)
        // The mask of this process may have taken what QEMU needs to get to its monitor.
        chmod(root.path, 0o711)
        try WholeFile.replace(root.path + "/etc/qemu.conf", with: Array(configuration(identity).utf8))
        if let capabilities {
            try SystemFile.makeDirectories(root.known, mode: 0o755)
            copy(from: capabilities, to: root.known)
        }
        try identity.giveToDriver(root.path)
        return root
    }

    /// Where libvirt looks for what it knows of emulators.
    private var known: String { path + "/cache/qemu/capabilities" }

    /// Copies what is not there yet, each file whole or not at all. What fails is probed again.
    private static func copy(from source: String, to target: String) {
        for name in (try? SystemFile.names(in: source)) ?? [] where name.hasSuffix(".xml") {
            guard let new = content(of: "\(source)/\(name)"), !new.isEmpty,
                new != content(of: "\(target)/\(name)")
            else { continue }
            try? WholeFile.replace("\(target)/\(name)", with: new, mode: 0o600)
        }
    }

    /// Of a file that may be another user's: what is a link, or endless, is none of ours.
    private static func content(of path: String) -> [UInt8]? {
        guard let file = try? OwnedDescriptor(opening: path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK) else { return nil }
        var status = stat()
        guard fstat(file.number, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_size < 16 << 20 else {
            return nil
        }
        var content = [UInt8](repeating: 0, count: Int(status.st_size))
        let count = read(file.number, &content, content.count)
        return count == content.count ? content : nil
    }

    /// `stdio_handler`: else libvirt waits 40 s for virtlogd. No cgroups: QEMU stays in its driver's, which isolab makes. No
    /// namespaces: the driver is in the cell's already. No relabelling but of owners: the guest is ours from end to end.
    ///
    /// Where there is a second user QEMU is that; an ordinary user's with one id can only be that user's, and libvirt fails on
    /// a configuration that names another.
    static func configuration(_ identity: CellIdentity) -> String {
        let user = """
            user = "+\(identity.emulator.user)"
            group = "+\(identity.emulator.group)"

            """
        let rest = """
            stdio_handler = "file"
            security_driver = "none"
            cgroup_controllers = []
            namespaces = []
            remember_owner = 0

            """
        return identity.isApart ? user + rest : rest
    }

    /// The connection that uses it.
    package var uri: String { "qemu:///embed?root=\(path)" }

    /// Where libvirt writes the pid files of its guests.
    package var pidFiles: String { path + "/run/qemu" }

    /// Keeps what libvirt learnt of the emulators.
    func keepCapabilities(in directory: String) {
        guard (try? SystemFile.makeDirectories(directory, mode: 0o700)) != nil else { return }
        Self.copy(from: known, to: directory)
    }
}

/// Where the records of what is running are kept.
package struct StateDirectory: Hashable, Sendable {
    package let root: String

    /// - Parameter root: isolab's own (`StandardDirectories.state`) where not given.
    package init(root: String? = nil) {
        self.root = root ?? StandardDirectories.state
    }

    package func path(_ relative: String) -> String { "\(root)/\(relative)" }
}
