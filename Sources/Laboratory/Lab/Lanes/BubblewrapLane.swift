import Glibc
import Linux
import RunRecord

/// bubblewrap: all namespaces, no cgroup, no seccomp filter, no capability dropped for root.
final class BubblewrapLane: Lane {
    let entry: LaneEntry
    private let laboratory: Laboratory
    private let path: String?

    init(_ entry: LaneEntry, _ laboratory: Laboratory) {
        self.entry = entry
        self.laboratory = laboratory
        path = HostProgram.path(of: "bwrap")
    }

    func availability() -> Availability {
        guard let path else { return .no("bwrap is not installed", remedy: "apt-get install bubblewrap") }
        guard version != nil else {
            return .no(
                "\(path) does not say its version: it is not bubblewrap, or cannot run",
                remedy: "apt-get install --reinstall bubblewrap")
        }
        return .yes
    }

    /// The first line of what it says of itself; nil where it does not name itself.
    private lazy var version: String? = {
        guard let path, let answer = try? HostProgram.run(path, ["--version"], group: .ownSession, seconds: 10),
            answer.status == 0, let line = answer.text.split(whereSeparator: \.isNewline).first,
            line.contains("bubblewrap") || line.contains("bwrap")
        else { return nil }
        return String(line)
    }()

    func prepare() throws -> LaneRecord {
        var record = self.record(.yes)
        let example = LaunchRequest(name: "example", nonce: 0, work: 1000, command: ["exit"])
        record.configuration["argv"] = arguments(example).joined(separator: " ")
        record.configuration["released"] = "when bwrap ends: its namespaces end with it"
        if let version { record.configuration["version"] = version }
        return record
    }

    /// bwrap always forbids to gain privileges by execve; what capabilities it leaves depends on who calls it.
    var declared: DeclaredIsolation? {
        var declared = DeclaredIsolation()
        declared.ownNamespaces = ["cgroup", "ipc", "mnt", "net", "pid", "user", "uts"]
        declared.noNewPrivileges = true
        declared.hasOwnRoot = true
        declared.isRootReadOnly = true
        return declared
    }

    private func arguments(_ request: LaunchRequest) -> [String] {
        [
            path ?? "bwrap", "--unshare-all", "--die-with-parent", "--ro-bind", laboratory.image.rootfs, "/",
            "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp", "--chdir", "/", "--", "/\(Image.workloadName)",
        ] + request.arguments()
    }

    func launch(_ request: LaunchRequest) throws -> any Sandbox {
        try CommandSandbox(arguments: arguments(request), request, laboratory, runtime: .init())
    }

    var artefacts: [(name: String, path: String)] { path.map { [("bwrap", $0)] } ?? [] }

    func close() {}
}
