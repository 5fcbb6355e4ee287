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
        path == nil ? .no("bwrap is not installed", remedy: "apt-get install bubblewrap") : .yes
    }

    func prepare() throws -> LaneRecord {
        var record = self.record(.yes)
        let example = LaunchRequest(name: "example", nonce: 0, work: 1000, command: ["exit"])
        record.configuration["argv"] = arguments(example).joined(separator: " ")
        record.configuration["released"] = "when bwrap ends: its namespaces end with it"
        if let path, let answer = try? HostProgram.run(path, ["--version"], group: .ownSession, seconds: 10) {
            record.configuration["version"] = String(answer.text.prefix { !$0.isNewline })
        }
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
