import Linux
import OCI

/// `-v SOURCE:TARGET[:OPTIONS]`: a directory or file of the host, shown in the container.
package struct VolumeMount: Equatable, Sendable {
    package var source: String
    package var target: String
    package var readOnly: Bool
    /// `rprivate` where none is given: what either side mounts later, the other does not see.
    package var propagation: String
    /// `noexec`, `nosuid` and their like, as they were given.
    package var flags: [String] = []
    /// Which option asked for it, for errors.
    var asked = AskingOption("--volume")
    /// The volume whose directory the source is; nil: it is the host's own.
    var volume: Volume?
    /// Whether it is a part of that one.
    var isPart = false
    /// `z` or `Z`: that SELinux shall let the container at it. Nothing to do where no SELinux is.
    package var relabels = false

    /// Which volume is mounted.
    struct Volume: Equatable, Sendable {
        var id: String
        var name: String
        var isAnonymous: Bool
    }

    static let propagations = ["shared", "rshared", "slave", "rslave", "private", "rprivate"]
    static let knownFlags = ["exec", "noexec", "suid", "nosuid", "dev", "nodev"]

    /// - Parameter directory: what a source that begins with `.` is seen from; nil: absolute ones alone are taken.
    package init(_ option: String, _ text: String, relativeTo directory: String? = nil) throws(OptionError) {
        func fail(_ problem: String) -> OptionError { OptionError(option, text, problem) }
        let parts = text.fields(between: ":").map(String.init)
        guard (2...3).contains(parts.count) else { throw fail("takes SOURCE:TARGET or SOURCE:TARGET:OPTIONS") }
        asked = AskingOption(option)
        source = try Self.source(option, text, parts[0], relativeTo: directory)
        target = try containerPath(option, text, parts[1])
        readOnly = false
        propagation = "rprivate"
        var isDecided = false
        for word in parts.count == 3 ? parts[2].parts(between: ",").map(String.init) : [] {
            switch word {
            case "ro", "rw":
                guard !isDecided || readOnly == (word == "ro") else { throw fail("cannot be both ro and rw") }
                readOnly = word == "ro"
                isDecided = true
            case "z", "Z": relabels = true
            // Words for hosts on which directories are shared with a machine (Docker Desktop).
            case "cached", "delegated", "consistent": break
            case _ where word == "idmap" || word.starts("idmap="):
                throw fail(
                    "idmap is not supported: change the owner of the files, or the user of the container (--user)")
            case _ where Self.knownFlags.contains(word): flags.append(word)
            case _ where Self.propagations.contains(word): propagation = word
            default:
                throw fail(
                    "'\(word)' is not one of ro, rw, z, \((Self.knownFlags + Self.propagations).joined(separator: ", "))"
                )
            }
        }
    }

    init(source: String, target: String, readOnly: Bool, propagation: String, asked: AskingOption = .init("--volume")) {
        self.asked = asked
        self.source = source
        self.target = target
        self.readOnly = readOnly
        self.propagation = propagation
    }

    /// A path of the host, absolute, without `.` and `..`.
    static func source(
        _ option: String, _ text: String, _ path: String, relativeTo directory: String?
    ) throws(OptionError) -> String {
        if path.starts("/") { return path }
        // A bare word is another thing altogether to those who know Docker: it must not become a directory by chance.
        guard path.holds("/") || path.starts(".") || path.isEmpty else {
            throw OptionError(
                option, text,
                "a bind mount needs a path of the host, such as ./\(path); type=volume takes the name of a volume")
        }
        guard let directory, [".", ".."].contains(path.fields(between: "/")[0]) else {
            throw OptionError(
                option, text,
                "the source must be an absolute path of the host"
                    + (directory == nil ? "" : ", or begin with ./ or ../"))
        }
        var parts: [Substring] = []
        for part in "\(directory)/\(path)".parts(between: "/") where part != "." {
            if part == ".." { parts = parts.dropLast() } else { parts.append(part) }
        }
        return "/" + parts.joined(separator: "/")
    }

    /// Whether it shows the host's /proc, or some of it: that is what is there, and the runtime knows what to do about it.
    var isOfProcfs: Bool { source == "/proc" || source.starts("/proc/") }

    var mount: RuntimeConfiguration.Mount {
        RuntimeConfiguration.Mount(
            destination: target, type: "bind", source: source,
            options: ["rbind", readOnly ? "ro" : "rw"] + flags + [propagation])
    }
}

/// An option by its name: what it asked for is the same by whichever.
struct AskingOption: Equatable, Sendable {
    let name: String

    init(_ name: String) { self.name = name }

    static func == (_: Self, _: Self) -> Bool { true }
}

/// `--tmpfs TARGET[:OPTIONS]`: a file system in memory.
package struct TemporaryMount: Equatable, Sendable {
    package var target: String
    /// Which option asked for it, for errors.
    var asked = AskingOption("--tmpfs")
    /// As mount(8) takes them.
    package var options: [String]

    private static let flags: Set<String> = [
        "ro", "rw", "exec", "noexec", "suid", "nosuid", "dev", "nodev", "sync", "async", "atime", "noatime", "diratime",
        "nodiratime", "relatime", "strictatime",
    ]
    private static let data: Set<String> = ["size", "mode", "uid", "gid", "nr_inodes"]

    /// Docker's; what the user gives comes after and wins.
    static let defaults = ["nosuid", "nodev", "noexec"]

    init(target: String, options: [String], asked: AskingOption = .init("--tmpfs")) {
        self.asked = asked
        self.target = target
        self.options = options
    }

    package init(_ option: String, _ text: String) throws(OptionError) {
        let parts = text.fields(between: ":", maxSplits: 1).map(String.init)
        target = try containerPath(option, text, parts[0])
        options = Self.defaults
        for word in parts.count == 2 ? parts[1].parts(between: ",").map(String.init) : [] {
            let name = word.cut(at: "=")?.before
            guard Self.flags.contains(word) || name.map({ Self.data.contains(String($0)) }) == true else {
                throw OptionError(
                    option, text,
                    "'\(word)' is not an option of tmpfs: size=, mode=, uid=, gid=, nr_inodes=, ro, exec, …")
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
    guard path.starts("/") else {
        throw OptionError(
            option, text, "the path in the container must be absolute, such as /srv, not \(quoting: path)")
    }
    let parts = path.parts(between: "/").filter { $0 != "." }
    guard !parts.contains("..") else {
        throw OptionError(option, text, "the path in the container must not go up ('..')")
    }
    guard !parts.isEmpty else { throw OptionError(option, text, "the root itself cannot be mounted over") }
    return "/" + parts.joined(separator: "/")
}
