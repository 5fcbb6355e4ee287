import Linux
import OCI

/// The files that tell a container who and where it is, as every engine gives them: `/etc/hosts`, `/etc/hostname` and, with the
/// host's network, `/etc/resolv.conf`.
struct HostFiles {
    /// Of all engines: what of them stands in a container's own layer is no change of its own.
    static let paths: Set<String> = ["/etc/hosts", "/etc/hostname", "/etc/resolv.conf"]

    private(set) var mounts: [RuntimeConfiguration.Mount] = []

    /// Writes them.
    ///
    /// - Parameter directory: the container's own.
    init(_ configuration: RuntimeConfiguration, _ options: RunOptions, directory: String) throws(SystemError) {
        let name = configuration.hostname ?? (options.sharesHostName ? Self.ownName : "localhost")
        try add("hostname", "\(name)\n", configuration, directory)
        switch options.network {
        case .none: try add("hosts", options.loopbackHosts(hostname: name), configuration, directory)
        case .networks, .container:
            // Its own name is at its addresses, once it has them.
            try add("hosts", options.loopbackHosts(hostname: nil), configuration, directory)
            let host = (try? SystemFile.read("/etc/resolv.conf")) ?? ""
            try add("resolv.conf", ResolverFile(options.networking, host: host).text, configuration, directory)
        case .host:
            let own = (try? SystemFile.read("/etc/hosts")) ?? "127.0.0.1\tlocalhost\n"
            let text = own + (own.ends("\n") ? "" : "\n") + options.addedHostLines
            try add("hosts", text, configuration, directory)
            try add("resolv.conf", (try? SystemFile.read("/etc/resolv.conf")) ?? "", configuration, directory)
        }
    }

    private static var ownName: String {
        (try? SystemFile.read("/proc/sys/kernel/hostname")).map { String($0.prefix { $0 != "\n" }) } ?? "localhost"
    }

    private static let ownMark = "# addresses of this container\n"

    /// The file's text with a container's own lines in place of those that it had in an earlier run.
    static func hosts(_ text: String, own lines: String) -> String {
        let end = text.firstRange(of: ownMark)?.lowerBound ?? text.endIndex
        return text[..<end] + ownMark + lines
    }

    private mutating func add(
        _ name: String, _ content: String, _ configuration: RuntimeConfiguration, _ directory: String
    ) throws(SystemError) {
        let target = "/etc/\(name)"
        guard !configuration.mounts.contains(where: { $0.destination == target || $0.destination == "/etc" }) else {
            return
        }
        let path = "\(directory)/\(name)"
        try SystemFile.replace(path, with: Array(content.utf8), mode: 0o644)
        mounts.append(
            RuntimeConfiguration.Mount(
                destination: target, type: "bind", source: path,
                // They are the container's to write, and lie in a directory of the host's.
                options: ["bind", configuration.root?.readonly == true ? "ro" : "rw", "nosuid", "nodev", "rprivate"]))
    }
}

extension RunOptions {
    /// The lines of `--add-host`.
    var addedHostLines: String { addedHosts.map(\.line).joined() }

    /// `/etc/hosts` of whoever has a loopback of his own and nothing besides.
    ///
    /// - Parameter hostname: nil of one whose name is elsewhere.
    func loopbackHosts(hostname: String?) -> String {
        "127.0.0.1\tlocalhost\(hostname.map { " \($0)" } ?? "")\n::1\tlocalhost ip6-localhost\n" + addedHostLines
    }
}
