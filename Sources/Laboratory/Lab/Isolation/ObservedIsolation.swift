import Glibc
import Linux
import WorkloadProtocol

/// What a process is in: as the workload says it of itself, or as the host sees it by its process number.
///
/// A fact that could not be read is nil, and never taken for what was hoped for.
struct ObservedIsolation: Equatable, Sendable {
    /// Which directory is the root (stat(2)), and whether it may be written to (statfs(2)).
    struct Root: Equatable, Sendable {
        var device: UInt64
        var inode: UInt64
        var isReadOnly: Bool
    }

    /// `mnt:[4026531841]` by `mnt`: the names of /proc/<pid>/ns.
    var namespaces: [String: String] = [:]
    /// 0 none, 2 a filter (PR_GET_SECCOMP).
    var seccompMode: Int?
    var noNewPrivileges: Bool?
    /// The errno of calls that do nothing whoever makes them, by name: a filter that refuses them answers before the kernel does.
    /// Nobody can look at that from outside.
    var answers: [String: Int] = [:]
    var effective: CapabilitySet?
    var bounding: CapabilitySet?
    var root: Root?
    /// The lines of /proc/<pid>/cgroup, separated by commas.
    var cgroup: String?
    /// The kernel's identity since it booted (/proc/sys/kernel/random/boot_id).
    var boot: String?
    /// The kernel's release (uname(2)).
    var kernel: String?
    /// What was said more than once.
    var repeated: String?

    init() {}
}

// MARK: - As the workload says it

extension ObservedIsolation {
    /// The workload's own lines; what is malformed is not taken, as if it had not been said.
    init(_ lines: [Transcript.Line]) {
        var said: Set<String> = []
        for line in lines {
            guard case .observed(let what, let words) = line.message else { continue }
            guard said.insert(what).inserted else {
                repeated = what
                continue
            }
            take(what, words)
        }
    }

    private mutating func take(_ what: String, _ words: String) {
        if what.hasPrefix("ns.") {
            namespaces[String(what.dropFirst(3))] = words
            return
        }
        switch what {
        case "seccomp": seccompMode = Int(words)
        case "no-new-privileges": noNewPrivileges = words == "1" ? true : words == "0" ? false : nil
        case "answers": answers = Self.answers(words)
        case "capabilities.effective": effective = UInt64(words, radix: 16).map(CapabilitySet.init(rawValue:))
        case "capabilities.bounding": bounding = UInt64(words, radix: 16).map(CapabilitySet.init(rawValue:))
        case "root": root = Self.root(words)
        case "cgroup": cgroup = words
        case "boot": boot = words
        case "kernel": kernel = words
        default: break
        }
    }

    private static func answers(_ words: String) -> [String: Int] {
        var answers: [String: Int] = [:]
        for entry in words.split(separator: ",") {
            let parts = entry.split(separator: "=")
            if parts.count == 2, let number = Int(parts[1]) { answers[String(parts[0])] = number }
        }
        return answers
    }

    private static func root(_ words: String) -> Root? {
        let parts = words.split(separator: " ")
        guard parts.count == 4, let device = UInt64(parts[0]), let inode = UInt64(parts[1]),
            let flags = UInt64(parts[3], radix: 16)
        else { return nil }
        return Root(device: device, inode: inode, isReadOnly: flags & UInt64(ST_RDONLY) != 0)
    }
}

// MARK: - As the host sees it

extension ObservedIsolation {
    /// What a process of this host is in; `self` is the harness.
    ///
    /// - Throws: where the process has ended, or is not for this user to look at.
    init(process: String) throws(SystemError) {
        for (_, name) in Namespaces.named {
            // A kernel may lack a kind.
            namespaces[name] = try? Procfs.namespace(name, of: process)
        }
        let status = Self.fields(try SystemFile.read("/proc/\(process)/status"))
        seccompMode = status["Seccomp"].flatMap { Int($0) }
        noNewPrivileges = status["NoNewPrivs"].map { $0 == "1" }
        effective = status["CapEff"].flatMap { UInt64($0, radix: 16) }.map(CapabilitySet.init(rawValue:))
        bounding = status["CapBnd"].flatMap { UInt64($0, radix: 16) }.map(CapabilitySet.init(rawValue:))
        if process == "self" {
            for call in HarmlessCall.allCases { answers[call.rawValue] = Int(call.answer) }
        }
        root = try Self.root(of: process)
        cgroup = try SystemFile.read("/proc/\(process)/cgroup").split(separator: "\n").joined(separator: ",")
        // Every process of the host runs on the host's kernel.
        boot = (try? SystemFile.read("/proc/sys/kernel/random/boot_id")).map { String($0.prefix { $0 != "\n" }) }
        kernel = (try? SystemFile.read("/proc/sys/kernel/osrelease")).map { String($0.prefix { $0 != "\n" }) }
    }

    private static func root(of process: String) throws(SystemError) -> Root {
        let path = "/proc/\(process)/root/"
        var status = stat()
        var fileSystem = statvfs()
        guard stat(path, &status) == 0 else { throw SystemError("stat", path, errno: errno) }
        guard statvfs(path, &fileSystem) == 0 else { throw SystemError("statvfs", path, errno: errno) }
        return Root(
            device: UInt64(status.st_dev), inode: UInt64(status.st_ino),
            isReadOnly: fileSystem.f_flag & UInt(ST_RDONLY) != 0)
    }

    private static func fields(_ text: String) -> [String: String] {
        var fields: [String: String] = [:]
        for line in text.split(separator: "\n") {
            guard let colon = line.firstIndex(of: ":") else { continue }
            fields[String(line[..<colon])] = String(line[line.index(after: colon)...].drop { $0 == "\t" || $0 == " " })
        }
        return fields
    }
}
