internal import Glibc
public import Linux

/// The directory that libvirt's embedded driver lives in: one a process, with its configuration and its owner's record.
///
/// The record stands first: whatever a killed driver leaves (QEMU processes, sockets, files) is found by it and released by
/// the next start.
public struct EmbeddedRoot: Sendable {
    public let path: String

    /// Where libvirt's knowledge of the emulators is kept between processes; nil to let it probe them anew.
    private let capabilities: String?

    /// libvirt puts sockets below it, and a socket's path ends at 107 bytes.
    static let longestPath = 70

    /// Makes the root of this process under the state directory and writes its configuration.
    ///
    /// - Parameter capabilities: a directory that saves libvirt its probing of the emulators, 0.7 s. libvirt checks by itself
    ///   whether what it finds there still holds (the emulator's time, its own version, the kernel, KVM).
    public init(stateDirectory: StateDirectory, capabilities: String? = nil) throws(SystemError) {
        self.capabilities = capabilities
        path = stateDirectory.path("vm/\(getpid())")
        guard path.utf8.count <= Self.longestPath else {
            throw SystemError(
                "use", path, errno: ENAMETOOLONG,
                advice: "libvirt's sockets need a root of at most \(Self.longestPath) bytes: "
                    + "choose a shorter state directory")
        }
        try OwnedDirectory.make(path)
        try SystemFile.makeDirectories(path + "/etc", mode: 0o700)
        try WholeFile.replace(path + "/etc/qemu.conf", with: Array(Self.configuration(isRoot: geteuid() == 0).utf8))
        if let capabilities {
            try SystemFile.makeDirectories(known, mode: 0o700)
            Self.copy(from: capabilities, to: known)
        }
    }

    /// Where libvirt looks for what it knows of emulators.
    private var known: String { path + "/cache/qemu/capabilities" }

    /// Copies what is not there yet, each file whole or not at all. What fails is probed again.
    private static func copy(from source: String, to target: String) {
        for name in (try? SystemFile.names(in: source)) ?? [] where name.hasSuffix(".xml") {
            guard let content = try? SystemFile.bytes(of: "\(source)/\(name)"), !content.isEmpty,
                content != (try? SystemFile.bytes(of: "\(target)/\(name)"))
            else { continue }
            try? WholeFile.replace("\(target)/\(name)", with: content, mode: 0o600)
        }
    }

    /// `stdio_handler`: else libvirt waits 40 s for virtlogd. No cgroups: QEMU stays in the caller's, as a container's
    /// processes do. No namespaces, no relabelling: the guest is ours from end to end.
    ///
    /// As root QEMU stays root, as the container lane's runtime does; an ordinary user's QEMU can only be that user's, and
    /// libvirt fails on a configuration that names another.
    static func configuration(isRoot: Bool) -> String {
        let user = """
            user = "root"
            group = "root"

            """
        let rest = """
            stdio_handler = "file"
            security_driver = "none"
            cgroup_controllers = []
            namespaces = []
            remember_owner = 0

            """
        return isRoot ? user + rest : rest
    }

    /// The connection that uses it.
    public var uri: String { "qemu:///embed?root=\(path)" }

    /// Where libvirt writes the pid files of its guests.
    public var pidFiles: String { path + "/run/qemu" }

    /// Removes it, with everything that libvirt left there but what it learnt of the emulators.
    public func remove() {
        if let capabilities, (try? SystemFile.makeDirectories(capabilities, mode: 0o700)) != nil {
            Self.copy(from: known, to: capabilities)
        }
        try? TreeRemoval.remove(path)
    }
}

/// Where the records of what is running are kept.
public struct StateDirectory: Hashable, Sendable {
    public let root: String

    /// - Parameter root: isolab's own (`StandardDirectories.state`) where not given.
    public init(root: String? = nil) {
        self.root = root ?? StandardDirectories.state
    }

    public func path(_ relative: String) -> String { "\(root)/\(relative)" }
}
