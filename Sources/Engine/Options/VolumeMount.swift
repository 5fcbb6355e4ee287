import OCI

/// `-v SOURCE:TARGET[:OPTIONS]`: a directory or file of the host, shown in the container.
public struct VolumeMount: Equatable, Sendable {
    public var source: String
    public var target: String
    public var readOnly: Bool
    /// `rprivate` where none is given: what either side mounts later, the other does not see.
    public var propagation: String

    static let propagations = ["shared", "rshared", "slave", "rslave", "private", "rprivate"]

    public init(_ option: String, _ text: String) throws(OptionError) {
        func fail(_ problem: String) -> OptionError { OptionError(option, text, problem) }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard (2...3).contains(parts.count) else {
            throw fail("takes SOURCE:TARGET or SOURCE:TARGET:OPTIONS, both paths absolute")
        }
        guard parts[0].hasPrefix("/") else {
            // A bare word is another thing altogether to those who know Docker: it must not become a directory by chance.
            throw fail(
                parts[0].contains("/") || parts[0].hasPrefix(".") || parts[0].isEmpty
                    ? "the source must be an absolute path of the host"
                    : "named volumes are not there yet: give an absolute path of the host")
        }
        source = parts[0]
        target = try containerPath(option, text, parts[1])
        readOnly = false
        propagation = "rprivate"
        for word in parts.count == 3 ? parts[2].split(separator: ",").map(String.init) : [] {
            switch word {
            case "ro": readOnly = true
            case "rw": readOnly = false
            case "z", "Z":
                throw fail("'\(word)' relabels for SELinux, which isolab does not do")
            case _ where Self.propagations.contains(word): propagation = word
            default: throw fail("'\(word)' is not one of ro, rw, \(Self.propagations.joined(separator: ", "))")
            }
        }
    }

    var mount: RuntimeConfiguration.Mount {
        RuntimeConfiguration.Mount(
            destination: target, type: "bind", source: source,
            options: ["rbind", readOnly ? "ro" : "rw", propagation])
    }
}

/// `--tmpfs TARGET[:OPTIONS]`: a file system in memory.
public struct TemporaryMount: Equatable, Sendable {
    public var target: String
    /// As mount(8) takes them.
    public var options: [String]

    private static let flags: Set<String> = [
        "ro", "rw", "exec", "noexec", "suid", "nosuid", "dev", "nodev", "sync", "async", "atime", "noatime", "diratime",
        "nodiratime", "relatime", "strictatime",
    ]
    private static let data: Set<String> = ["size", "mode", "uid", "gid", "nr_inodes"]

    public init(_ option: String, _ text: String) throws(OptionError) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        target = try containerPath(option, text, parts[0])
        // Docker's; what the user gives comes after and wins.
        options = ["nosuid", "nodev", "noexec"]
        for word in parts.count == 2 ? parts[1].split(separator: ",").map(String.init) : [] {
            let name = word.prefix { $0 != "=" }
            guard Self.flags.contains(word) || (name.count < word.count && Self.data.contains(String(name))) else {
                throw OptionError(
                    option, text, "'\(word)' is no option of tmpfs: size=, mode=, uid=, gid=, nr_inodes=, ro, exec, …")
            }
            options.append(word)
        }
    }

    var mount: RuntimeConfiguration.Mount {
        RuntimeConfiguration.Mount(destination: target, type: "tmpfs", source: "tmpfs", options: options)
    }
}

/// A place in the container: absolute, and not its root.
func containerPath(_ option: String, _ text: String, _ path: String) throws(OptionError) -> String {
    guard path.hasPrefix("/") else {
        throw OptionError(option, text, "the path in the container must be absolute, is '\(path)'")
    }
    let parts = path.split(separator: "/").filter { $0 != "." }
    guard !parts.contains("..") else {
        throw OptionError(option, text, "the path in the container must not go up ('..')")
    }
    guard !parts.isEmpty else { throw OptionError(option, text, "the root itself cannot be mounted over") }
    return "/" + parts.joined(separator: "/")
}
