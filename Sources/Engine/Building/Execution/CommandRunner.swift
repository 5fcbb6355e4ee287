import Containerfiles
import Containers
import Glibc
import ImageRuntime
import Images
import Linux
import OCI
import Seccomp

/// Runs the command of a RUN in a container: Docker's defaults, no network unless the build has one, a cgroup of its own; what it
/// writes stays in a directory.
struct CommandRunner {
    let store: ImageStore
    let workspace: BuildWorkspace
    let options: BuildOptions
    let signals: SignalWatch
    /// What errors call the Containerfile.
    let file: String
    private let launcher: Launcher
    private let host: HostFacts
    private let seccomp: SeccompProgramCache

    init(
        _ store: ImageStore, _ workspace: BuildWorkspace, _ options: BuildOptions, _ signals: SignalWatch, file: String
    ) throws {
        self.file = file
        self.store = store
        self.workspace = workspace
        self.options = options
        self.signals = signals
        // Cgroups of builds that were killed.
        for leftover in (try? Leftovers.find()) ?? [] { try? leftover.release() }
        AbandonedSecrets.remove()
        launcher = try Launcher()
        host = try HostFacts.detect()
        seccomp = SeccompProgramCache(directory: StandardDirectories.cache + "/seccomp")
    }

    /// - Parameters:
    ///   - stack: the layers it finds.
    ///   - upper: where what it writes is kept.
    ///   - files: what is shown to it, by its targets.
    func run(
        _ run: BuildStep.Run, of step: BuildStep, _ image: ImageConfiguration, _ stack: LayerStack, upper: String,
        files: [String: String]
    ) throws {
        let layers = (0..<stack.count).reversed().map { "\(stack.path)/\($0)" }
        let user = try UserDatabase(layers: layers).resolve(run.user ?? "")
        var configuration = ImageRuntimeConfiguration(image, user: user)
        configuration.entrypoint = run.arguments
        let secrets = try SecretFiles(run.mounts, options.secrets, workspace)
        configuration.environment = run.uncountedEnvironment + run.environment + secrets.environment
        configuration.workingDirectory = run.workingDirectory
        configuration.hostname = "build"
        configuration.memory = options.memory
        configuration.processors = options.processors
        configuration.processCount = options.processCount
        let profile = SeccompProfile.docker()
        var container = try configuration.runtimeConfiguration(rootPath: "", seccomp: profile)
        container.mounts += try mounts(run, files) + secrets.mounts(workingDirectory: run.workingDirectory)
        let sandbox = try run.hasNetwork ? options.join?() : nil
        defer { sandbox?.leave() }
        if let sandbox {
            try give(sandbox, to: &container)
        } else if run.hasNetwork, options.request.network == .host {
            giveNetwork(&container)
        }
        container.linux?.maskedPaths += RuntimeConfiguration.dockerMaskedPaths(
            processors: Processors.withHeatCounters())
        if host.inUserNamespace { container.adaptToUserNamespace() }
        let launch = LaunchPlan.Options(seccomp: try seccomp.program(for: profile), parentDeathSignal: SIGKILL)
        let work = try workspace.makeDirectory("work")
        let plan = try LaunchPlan(
            container,
            root: .snapshot(
                OverlayMount(stack: stack.path, count: stack.count, upper: upper, work: work, isVolatile: true)),
            options: launch, host: host)
        let said = KeptOutput(limit: Self.keptOutput)
        let exit = try end(of: plan, secrets, running: run.arguments.first ?? "", keeping: said)
        try removeStubs(of: container.mounts, in: upper)
        guard exit.succeeded else {
            throw BuildError.command(
                file: file, line: step.line,
                instruction: step.text.split(separator: "\n").first.map(String.init) ?? "RUN",
                ending: exit.ending, status: exit.shellStatus,
                advice: run.hasNetwork ? nil : advice(for: said.text), output: options.isQuiet ? said.text : nil)
        }
    }

    /// Bytes of the end of what a command said.
    static let keptOutput = 32 << 10

    /// What programs say that find no network, in lower case.
    private static let complaintsOfNetwork = [
        "bad address", "resolve host", "temporary failure", "temporary error", "name resolution", "eai_again", "dns:",
        "name or service not known", "no such host", "network is unreachable", "network unreachable",
        "unable to connect", "could not connect", "failed to connect", "failed to establish a new connection",
    ]

    /// What those who know other builders do not expect, where a command complained of a network.
    private func advice(for said: String) -> String? {
        let said = said.lowercased()
        guard Self.complaintsOfNetwork.contains(where: { said.contains($0) }) else { return nil }
        let networks = host.inUserNamespace ? "--network host" : "--network bridge, or --network host"
        return "RUN steps have no network; if the command needs one, build with \(networks)"
    }

    /// A place in networks, with the names that are known there.
    private func give(_ sandbox: BuildSandbox, to container: inout RuntimeConfiguration) throws {
        guard let index = container.linux?.namespaces.firstIndex(where: { $0.kind == .network }) else { return }
        container.linux?.namespaces[index].path = sandbox.path
        let directory = try workspace.makeDirectory("network", mode: 0o755)
        for file in sandbox.files {
            let path = "\(directory)/\(file.name)"
            try SystemFile.replace(path, with: Array(file.content.utf8), mode: 0o644)
            chmod(path, 0o644)
            container.mounts.append(
                RuntimeConfiguration.Mount(
                    destination: "/etc/\(file.name)", type: "bind", source: path, options: ["bind", "ro"]))
        }
    }

    /// As `isolab run --network host` has it.
    private func giveNetwork(_ container: inout RuntimeConfiguration) {
        container.linux?.namespaces.removeAll { $0.kind == .network }
        container.linux?.sysctl = [:]
        for path in ["/etc/resolv.conf", "/etc/hosts"] where SystemFile.exists(path) {
            container.mounts.append(
                RuntimeConfiguration.Mount(destination: path, type: "bind", source: path, options: ["bind", "ro"]))
        }
    }

    /// A program that cannot be started is told by its name, as the Containerfile has it.
    private static func asProgramError(_ error: any Error, running program: String) -> any Error {
        guard let error = error as? SystemError, error.operation == "execve" else { return error }
        let isSought = error.errno == ENOENT && !program.utf8.contains(UInt8(ascii: "/"))
        return BuildError.source(
            path: program,
            problem: isSought ? "there is no such program in the PATH of the image" : SystemError.message(error.errno))
    }

    private func end(
        of plan: LaunchPlan, _ secrets: SecretFiles, running program: String, keeping said: KeptOutput
    ) throws -> ProcessExit {
        let streams = try StreamRelay(input: false, output: !options.isQuiet, keeping: said)
        let container: Container
        do {
            container = try secrets.launching { try launcher.launch(plan, streams: streams.childStreams) }
        } catch {
            throw Self.asProgramError(error, running: program)
        }
        do {
            try signals.wait(for: ForegroundWatch(container.pidfd, streams: streams))
            if let failure = streams.failure { throw failure }
        } catch {
            try? container.kill(SIGKILL)
            _ = try? container.wait()
            _ = try? container.release()
            throw error
        }
        let exit = try container.wait()
        try container.release()
        return exit
    }

    // MARK: - Mounts

    private func mounts(
        _ run: BuildStep.Run, _ files: [String: String]
    ) throws -> [RuntimeConfiguration.Mount] {
        var result: [RuntimeConfiguration.Mount] = []
        for mount in run.mounts {
            let target = ImagePath.joined(run.workingDirectory, mount.target)
            switch mount.kind {
            case .memory(let size):
                result.append(
                    RuntimeConfiguration.Mount(
                        destination: target, type: "tmpfs", source: "tmpfs",
                        options: ["nosuid", "nodev", "mode=1777"] + (size.map { ["size=\($0)"] } ?? [])))
            case .cache(let cache):
                result.append(
                    RuntimeConfiguration.Mount(
                        destination: target, type: "bind", source: try directory(of: cache),
                        options: ["rbind", cache.isReadOnly ? "ro" : "rw", "nosuid", "nodev"]))
            case .files(let shown):
                guard let path = files[mount.target] else { continue }
                result.append(
                    RuntimeConfiguration.Mount(
                        destination: target, type: "bind", source: path,
                        options: ["rbind", shown.isWritable ? "rw" : "ro", "nosuid", "nodev"]))
            case .secret: continue
            }
        }
        if let script = run.script {
            let directory = try workspace.makeDirectory("script", mode: 0o755)
            let path = "\(directory)/script"
            try SystemFile.replace(path, with: Array(script.content.utf8), mode: 0o755)
            chmod(path, 0o755)
            result.append(
                RuntimeConfiguration.Mount(
                    destination: "/dev/pipes/\(script.name)", type: "bind", source: path, options: ["bind", "ro"]))
        }
        return result
    }

    /// A cache's directory, made where it is missing: its owner and mode are those of the first who asks.
    private func directory(of cache: Instruction.Cache) throws(SystemError) -> String {
        let name = Digest(sha256Of: cache.identifier.utf8).hexadecimal
        let path = "\(store.buildCaches)/\(name)"
        guard !SystemFile.exists(path) else { return path }
        try SystemFile.makeDirectories(store.buildCaches, mode: 0o755)
        if mkdir(path, 0o700) != 0 {
            // Another build made it at the same moment.
            guard errno == EEXIST else { throw SystemError("mkdir", path) }
            return path
        }
        if chown(path, cache.uid, cache.gid) != 0 { throw SystemError("chown", path) }
        if chmod(path, cache.mode) != 0 { throw SystemError("chmod", path) }
        return path
    }

    /// Directories and files that were made for nothing but to mount on are no part of the layer.
    private func removeStubs(of mounts: [RuntimeConfiguration.Mount], in upper: String) throws {
        let root = try OwnedDescriptor(opening: upper, O_RDONLY | O_DIRECTORY)
        for mount in mounts {
            var parts = mount.destination.parts(between: "/").map(String.init)
            while !parts.isEmpty {
                let path = parts.joined(separator: "/")
                let name = parts.removeLast()
                let number = EntryCalls.open(path, inRoot: root.number, OwnedDescriptor.pathOnly | O_NOFOLLOW)
                guard number >= 0 else { continue }
                let stub = OwnedDescriptor(owning: number)
                var status = stat()
                guard fstat(stub.number, &status) == 0 else { break }
                let isDirectory = status.st_mode & S_IFMT == S_IFDIR
                guard isDirectory || status.st_mode & S_IFMT == S_IFREG && status.st_size == 0 else { break }
                // What was in the image has its origin noted by overlayfs (Documentation/filesystems/overlayfs.rst).
                let origin = host.inUserNamespace ? "user.overlay.origin" : "trusted.overlay.origin"
                let parent = EntryCalls.open(
                    parts.isEmpty ? "." : parts.joined(separator: "/"), inRoot: root.number, O_RDONLY | O_DIRECTORY)
                guard parent >= 0 else { break }
                let owner = OwnedDescriptor(owning: parent)
                guard !FileAttributes.has(origin, name, in: owner.number) else { break }
                // One that is not empty stays: the command wrote beside the mount.
                if unlinkat(owner.number, name, isDirectory ? AT_REMOVEDIR : 0) != 0 { break }
            }
        }
    }
}
