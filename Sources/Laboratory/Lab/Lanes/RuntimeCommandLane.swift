import Glibc
import Linux
import OCI
import RunRecord

/// Another OCI runtime, driven through its own command line with the same image, workload and `config.json`.
final class RuntimeCommandLane: Lane {
    /// How one runtime is called.
    struct Command: Sendable {
        /// Its program's name.
        var program: String
        /// Before `run`.
        var options: [String] = []
        /// It serves system calls by a kernel of its own in user space.
        var hasOwnKernel = false
        /// It copies the workload's output on by pipes of its own.
        var copiesOutput = false
        /// The Debian package that has it.
        var package: String
        /// A mount that it must not see on this host.
        var hides: @Sendable () -> String? = { nil }
        /// A first launch may take this long before the lane is declared unable.
        var trialSeconds = 20

        /// crun refuses a hybrid layout whose cgroup2 still has controllers, though it would use v1 alone.
        static let crun = Command(
            program: "crun", options: ["--cgroup-manager=cgroupfs"], package: "crun",
            hides: {
                guard let layout = try? CgroupLayout.detect(), layout.mode == .hybrid, let unified = layout.unified,
                    !unified.controllers.isEmpty
                else { return nil }
                return unified.mountPoint
            })
        static let runc = Command(program: "runc", copiesOutput: true, package: "runc")
        /// systrap where it has it: its KVM platform hangs on hosts whose KVM has no real virtualisation below it.
        static let runsc = Command(
            program: "runsc", options: ["--network=none", "--ignore-cgroups"], hasOwnKernel: true,
            package: "runsc")
    }

    let entry: LaneEntry
    private let laboratory: Laboratory
    private let command: Command
    private let path: String?
    private let root: String
    private var mounts: PrivateMountThread?

    init(_ entry: LaneEntry, _ laboratory: Laboratory, _ command: Command) {
        self.entry = entry
        self.laboratory = laboratory
        self.command = command
        path = HostProgram.path(of: command.program)
        root = "\(laboratory.scratch)/runtimes/\(command.program)"
    }

    func availability() -> Availability {
        guard let path else {
            return .no("\(command.program) is not installed", remedy: "apt-get install \(command.package)")
        }
        guard version != nil else {
            return .no(
                "\(path) does not say its version: it is not \(command.program), or cannot run",
                remedy: "apt-get install --reinstall \(command.package)")
        }
        guard geteuid() == 0 else {
            return .no("needs root", remedy: "run isolab as root")
        }
        return .yes
    }

    func prepare() throws -> LaneRecord {
        try SystemFile.makeDirectories(root, mode: 0o700)
        var record = self.record(.yes)
        if let hidden = command.hides() {
            mounts = try PrivateMountThread(hiding: [hidden])
            record.configuration["mounts"] = "run in a mount namespace without \(hidden), beside which it refuses v1"
        }
        let example = request("example")
        record.configuration["argv"] = arguments(example).joined(separator: " ")
        record.configuration["config.json"] = String(decoding: configuration(example).json(), as: UTF8.self)
        record.configuration["released"] =
            "when `\(command.program) run` ends: it has removed its container and cgroup by then"
        if let version { record.configuration["version"] = version }
        try trial()
        return record
    }

    /// One launch that is not counted: what this runtime cannot do here is its reason, not fifty rejected samples.
    private func trial() throws {
        laboratory.complaints.reset()
        let launch = try Launch(
            request(laboratory.nextName(), nonce: laboratory.nextNonce()), in: self, laboratory)
        launch.listen()
        launch.finish()
        let left = launch.release()
        if let objection = launch.objection ?? left { throw LabError.lane(id: entry.id, problem: objection) }
    }

    private func request(_ name: String, nonce: UInt64 = 0) -> LaunchRequest {
        LaunchRequest(
            name: name, nonce: nonce, work: 1000, command: ["exit"], deadlineSeconds: command.trialSeconds)
    }

    /// The first line of what it says of itself; nil where it does not name itself, as a program of another kind in its place.
    private lazy var version: String? = {
        guard let path, let answer = try? HostProgram.run(path, ["--version"], group: .ownSession, seconds: 10),
            answer.status == 0, let line = answer.text.split(whereSeparator: \.isNewline).first,
            line.contains(command.program)
        else { return nil }
        return String(line)
    }()

    private func bundle(_ name: String) -> String { "\(laboratory.scratch)/bundles/\(name)" }

    /// Below isolab's own cgroups, beside the one that accounts for the runtime itself.
    private func cgroupName(_ name: String) -> String { "\(name)-container" }

    private func arguments(_ request: LaunchRequest) -> [String] {
        [path ?? command.program, "--root", root] + command.options
            + ["run", "--bundle", bundle(request.name), request.name]
    }

    /// Made once: what is asked for before every launch may not cost the host's rest.
    private(set) lazy var declared: DeclaredIsolation? = {
        if command.hasOwnKernel { return .guest(release: nil) }
        return laboratory.harness.map { DeclaredIsolation(configuration(request("example")), $0) }
    }()

    private func configuration(_ request: LaunchRequest) -> RuntimeConfiguration {
        ContainerConfiguration.make(
            .init(rootReadOnly: true), arguments: ["/\(Image.workloadName)"] + request.arguments(),
            rootPath: laboratory.image.rootfs, cgroupPath: "/\(Cgroup.base)/\(cgroupName(request.name))")
    }

    func launch(_ request: LaunchRequest) throws -> any Sandbox {
        let bundle = bundle(request.name)
        try SystemFile.makeDirectories(bundle)
        try Files.write(
            String(decoding: configuration(request).json(indented: false), as: UTF8.self),
            to: "\(bundle)/config.json")
        let (path, root, name, mounts) = (path ?? command.program, root, request.name, mounts)
        let cgroupName = cgroupName(name)
        let runtime = CommandSandbox.Runtime(
            cleanUp: {
                try? TreeRemoval.remove(bundle)
                var left = false
                // What the runtime itself removed is not there; what it left (because it was killed) is asked back.
                if access("\(root)/\(name)", F_OK) == 0 {
                    left = true
                    let words = ["--root", root, "delete", "--force", name]
                    let delete = { () throws(SystemError) -> HostProgram.Output in
                        try HostProgram.run(path, words, group: .ownSession, seconds: 10)
                    }
                    _ = try? mounts?.run(delete) ?? delete()
                }
                if let layout = try? CgroupLayout.detect() {
                    let plan = CgroupPlan(name: cgroupName, limits: CgroupLimits(cpus: "0"), layout: layout)
                    if plan.directories.contains(where: { access($0.path, F_OK) == 0 }) {
                        left = true
                        let cgroup = Cgroup(existing: plan)
                        try? cgroup.kill()
                        try? cgroup.remove()
                    }
                }
                return left
            },
            charge: {
                guard let layout = try? CgroupLayout.detect() else { return nil }
                let plan = CgroupPlan(name: cgroupName, limits: CgroupLimits(), layout: layout)
                return (try? Cgroup(existing: plan).memoryCurrent()) ?? nil
            },
            accounts: {
                guard let layout = try? CgroupLayout.detect() else { return [] }
                let plan = CgroupPlan(name: cgroupName, limits: CgroupLimits(), layout: layout)
                return MemoryAccount.directory(of: Cgroup(existing: plan)).map { [$0] } ?? []
            })
        guard let mounts else {
            return try CommandSandbox(arguments: arguments(request), request, laboratory, runtime: runtime)
        }
        return try mounts.run {
            try CommandSandbox(arguments: arguments(request), request, laboratory, runtime: runtime)
        }
    }

    var handsOverChannel: Bool { !command.copiesOutput && !command.hasOwnKernel }

    var artefacts: [(name: String, path: String)] { path.map { [(command.program, $0)] } ?? [] }

    func close() {
        mounts?.end()
        mounts = nil
    }
}
