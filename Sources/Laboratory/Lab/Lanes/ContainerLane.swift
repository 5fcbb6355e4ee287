import Containers
import Glibc
import Linux
import OCI
import RunRecord
import Seccomp

/// isolab's own runtime core, in process.
final class ContainerLane: Lane {
    let entry: LaneEntry
    private let laboratory: Laboratory
    private let choice: ContainerConfiguration.Choice
    private var launcher: Launcher?
    private var host: Containers.HostFacts?
    private var options = LaunchPlan.Options()

    init(_ entry: LaneEntry, _ laboratory: Laboratory, _ choice: ContainerConfiguration.Choice = .init()) {
        self.entry = entry
        self.laboratory = laboratory
        self.choice = choice
    }

    func availability() -> Availability {
        guard geteuid() == 0 else {
            return .no("cgroups and the network namespace need root", remedy: "run isolab as root")
        }
        return .yes
    }

    func prepare() throws -> LaneRecord {
        launcher = try laboratory.launcher()
        host = try Containers.HostFacts.detect(stateDirectory: laboratory.stateDirectory)
        if choice.seccomp {
            let cache = SeccompProgramCache(directory: "\(laboratory.cacheDirectory)/seccomp")
            let program = try cache.program(for: SeccompProfile.docker())
            options.filter = program.instructions.map(\.word)
            options.filterFlags = program.flags
        }
        var record = self.record(.yes)
        let example = LaunchRequest(name: "example", nonce: 0, work: 1000, command: ["exit"])
        let plan = try plan(example)
        record.configuration["config.json"] = String(decoding: configuration(example).json(), as: UTF8.self)
        record.configuration["plan"] = plan.steps.map(\.description).joined(separator: "\n")
        if !plan.warnings.isEmpty { record.configuration["warnings"] = plan.warnings.joined(separator: "\n") }
        return record
    }

    /// Made once: what is asked for before every launch may not cost the host's rest.
    private(set) lazy var declared: DeclaredIsolation? = {
        let example = LaunchRequest(name: "example", nonce: 0, work: 1000, command: ["exit"])
        return laboratory.harness.map { DeclaredIsolation(configuration(example), $0) }
    }()

    private func configuration(_ request: LaunchRequest) -> RuntimeConfiguration {
        ContainerConfiguration.make(
            choice, arguments: ["/\(Image.workloadName)"] + request.arguments(), rootPath: laboratory.image.rootfs,
            cgroupPath: nil)
    }

    private func plan(_ request: LaunchRequest) throws -> LaunchPlan {
        guard let host else { throw LabError.lane(id: entry.id, problem: "was not prepared") }
        return try LaunchPlan(
            configuration(request), root: .overlay(lower: [laboratory.image.rootfs]), options: options, host: host)
    }

    func launch(_ request: LaunchRequest) throws -> any Sandbox {
        guard let launcher else { throw LabError.lane(id: entry.id, problem: "was not prepared") }
        let output = try Pipe("a sandbox's channel")
        let input = request.staysIdle ? try Pipe("a sandbox's channel") : nil
        let streams = StandardStreams(
            input: input?.readEnd ?? laboratory.null, output: output.writeEnd, error: laboratory.complaints.descriptor)
        // What another runtime does with its config.json belongs to the launch: so does making the plan.
        laboratory.watch?.arm(output.readEnd)
        let launched = HostClock.now()
        let planned: UInt64
        let container: Container
        do {
            let plan = try plan(request)
            planned = HostClock.now()
            container = try launcher.launch(plan, streams: streams)
        } catch {
            laboratory.watch?.disarm()
            throw error
        }
        let stretches =
            [Stretch(name: "plan", actor: "launcher", start: launched, end: planned)]
            + container.phases.map {
                Stretch(name: $0.name, actor: $0.actor.rawValue, start: $0.start, end: $0.end)
            }
        return ContainerSandbox(
            container, launched: launched, stretches: stretches, output: output.takeReadEnd(),
            input: input?.takeWriteEnd() ?? -1, watch: laboratory.watch)
    }

    func close() { launcher = nil }
}

/// A container of isolab's own runtime core.
final class ContainerSandbox: Sandbox {
    let launched: UInt64
    private let container: Container
    private var output: Int32
    private var input: Int32
    private let watch: ArrivalWatch?
    private var termination: Termination?
    private(set) var instants: [Instant] = []
    private(set) var stretches: [Stretch]
    private(set) var cpuNanoseconds: UInt64?

    init(
        _ container: Container, launched: UInt64, stretches: [Stretch], output: Int32, input: Int32,
        watch: ArrivalWatch?
    ) {
        self.watch = watch
        self.container = container
        self.launched = launched
        self.stretches = stretches
        self.output = output
        self.input = input
    }

    func hear(_ transcript: inout Transcript, until deadline: UInt64) -> Hearing {
        DescriptorChannel.hear(
            output, end: termination == nil ? container.pidfd : -1, &transcript, until: deadline,
            watch: watch)
    }

    func waitForEnd(until deadline: UInt64) -> Termination? {
        if let termination { return termination }
        var descriptor = pollfd(fd: container.pidfd, events: Int16(POLLIN), revents: 0)
        let now = HostClock.now()
        let left = deadline > now ? Int32(min((deadline - now) / 1_000_000 + 1, 60_000)) : 0
        guard poll(&descriptor, 1, left) == 1 else { return nil }
        do {
            let exit = try container.wait()
            instants.append(Instant(name: "ended", at: HostClock.now()))
            cpuNanoseconds = exit.userTime + exit.systemTime
            switch exit.ending {
            case .exited(let status): termination = .exited(status: status)
            case .signalled(let number, _): termination = .signalled(number: number)
            }
        } catch {
            termination = .failed(error.description)
        }
        return termination
    }

    func endIdle() {
        if input >= 0 { close(input) }
        input = -1
    }

    func kill() { try? container.kill(SIGKILL) }

    func release() throws {
        watch?.disarm()
        endIdle()
        if output >= 0 { close(output) }
        output = -1
        let phases = try container.release()
        instants.append(Instant(name: EventName.released, at: HostClock.now()))
        stretches += phases.map {
            Stretch(name: $0.name, actor: $0.actor.rawValue, start: $0.start, end: $0.end)
        }
    }

    var channel: Int32 { output }
    var processes: [Int32] { [container.pid] + ((try? Procfs.descendants(of: container.pid)) ?? []) }
    var cgroupCharge: UInt64? { (try? container.memoryCurrent()) ?? nil }
    var accounts: [String] { container.cgroup.flatMap { MemoryAccount.directory(of: $0) }.map { [$0] } ?? [] }
}

extension FilterInstruction {
    /// `struct sock_filter` as one little-endian word.
    fileprivate var word: UInt64 {
        UInt64(code) | UInt64(jumpTrue) << 16 | UInt64(jumpFalse) << 24 | UInt64(constant) << 32
    }
}
