import ImageRuntime
import Machines
import OCI
import Testing

@testable import Engine

/// Image and options as `config.json`.
@Suite struct ConfigurationTests {
    static let image = ImageConfiguration(
        execution: ImageConfiguration.Execution(
            environment: ["PATH=/bin", "LANG=C"], entrypoint: ["/entry"], command: ["default"],
            workingDirectory: "/srv"))
    static let id = String(repeating: "ab", count: 32)

    static func make(
        _ command: [String] = [], facts: RunFacts = RunFacts(), _ change: (inout RunOptions) throws -> Void = { _ in }
    ) throws -> RuntimeConfiguration {
        var options = RunOptions()
        try change(&options)
        return try options.configuration(
            of: image, command: command, user: ResolvedUser(), id: id, rootPath: "/upper", facts: facts)
    }

    /// Entry point, command and what replaces them.
    @Test func arguments() throws {
        #expect(try Self.make().process?.arguments == ["/entry", "default"])
        #expect(try Self.make(["x"]).process?.arguments == ["/entry", "x"])
        #expect(try Self.make { $0.entrypoint = "sh" }.process?.arguments == ["sh"])
        #expect(try Self.make(["x"]) { $0.entrypoint = "" }.process?.arguments == ["x"])
        #expect(throws: ConfigurationError.self) { try Self.make { $0.entrypoint = "" } }
    }

    /// The host name is the identifier's beginning and stands in the environment; the host's with its network.
    @Test func names() throws {
        let own = try Self.make()
        #expect(own.hostname == "abababababab")
        #expect(own.process?.environment.contains("HOSTNAME=abababababab") == true)
        #expect(own.process?.workingDirectory == "/srv")
        let shared = try Self.make(facts: RunFacts(hostname: "outer")) { $0.network = .host }
        #expect(shared.hostname == "outer")
        #expect(shared.linux?.namespaces.contains { $0.kind == .network } == false)
        #expect(shared.linux?.sysctl.isEmpty == true)
    }

    /// What is shared with the host is no namespace of the container's; a shared name is not given.
    @Test func sharedNamespaces() throws {
        let own = try Self.make()
        #expect(own.linux?.namespaces.contains { $0.kind == .uts } == true)
        #expect(own.linux?.namespaces.contains { $0.kind == .cgroup } == true)
        let shared = try Self.make(facts: RunFacts(hostname: "outer")) {
            $0.sharesHostName = true
            $0.sharesCgroupNames = true
        }
        #expect(shared.linux?.namespaces.contains { $0.kind == .uts || $0.kind == .cgroup } == false)
        #expect(shared.hostname == nil)
        #expect(shared.process?.environment.contains("HOSTNAME=outer") == true)
        #expect(throws: OptionError.self) {
            try Self.make {
                $0.sharesHostName = true
                $0.hostname = "named"
            }
        }
    }

    /// The weight stands where the runtime looks for it; one that the kernel does not take is refused by its name.
    @Test func blockWeight() throws {
        #expect(try Self.make().linux?.resources?.blockIO == nil)
        #expect(try Self.make { $0.blockWeight = 300 }.linux?.resources?.blockIO?.weight == 300)
        #expect(throws: OptionError.self) { try Self.make { $0.blockWeight = 1001 } }
    }

    @Test func environment() throws {
        let made = try Self.make(facts: RunFacts(environment: ["HOME": "/me"])) {
            $0.environment = try ["LANG=D", "HOME", "ABSENT"].map { try EnvironmentChange("-e", $0) }
        }
        let environment = made.process?.environment ?? []
        #expect(environment.contains("LANG=D") && !environment.contains("LANG=C"))
        #expect(environment.contains("HOME=/me") && !environment.contains { $0.hasPrefix("ABSENT") })
        #expect(environment.contains("PATH=/bin"))
    }

    /// Where the host counts how hot its processors are, the counters are masked, unless everything is shown.
    @Test func heatCounters() throws {
        var facts = RunFacts()
        facts.heatedProcessors = [0, 3]
        let paths = [0, 3].map { "/sys/devices/system/cpu/cpu\($0)/thermal_throttle" }
        let masked = try Self.make(facts: facts).linux?.maskedPaths ?? []
        #expect(paths.allSatisfy(masked.contains) && masked.contains("/proc/interrupts"))
        #expect(try Self.make(facts: facts) { $0.privileged = true }.linux?.maskedPaths == [])
    }

    /// The host's console is not among a container's devices.
    @Test func hostsConsole() throws {
        let rules = try Self.make().linux?.resources?.devices ?? []
        #expect(rules.contains { $0.major == 5 && $0.minor == 0 } && !rules.contains { $0.major == 5 && $0.minor == 1 })
    }

    /// Limits as the specification writes them.
    @Test func limits() throws {
        let resources = try Self.make {
            $0.memory = try ByteSize("--memory", "64m")
            $0.memoryAndSwap = try ByteSize("--memory-swap", "-1", allowsUnlimited: true)
            $0.processors = try ProcessorTime("--cpus", "0.29")
            $0.processorShares = 512
            $0.processorSet = "0-1"
            $0.processCount = 9
        }.linux?.resources
        #expect(resources?.memory?.limit == 64 << 20 && resources?.memory?.swap == -1)
        #expect(resources?.cpu?.quota == 29_000 && resources?.cpu?.period == 100_000)
        #expect(resources?.cpu?.shares == 512 && resources?.cpu?.cpus == "0-1")
        #expect(resources?.pids?.limit == 9)
    }

    /// With --memory alone there is as much swap as memory, where there is swap at all; 0 is no limit.
    @Test func defaultLimits() throws {
        func memory(swap: Bool, _ text: String) throws -> RuntimeConfiguration.Resources.Memory? {
            try Self.make(facts: RunFacts(limitsSwap: swap)) { $0.memory = try ByteSize("--memory", text) }
                .linux?.resources?.memory
        }
        #expect(try memory(swap: true, "64m")?.swap == 128 << 20 && memory(swap: true, "64m")?.limit == 64 << 20)
        #expect(try memory(swap: false, "64m")?.swap == nil)
        #expect(try memory(swap: true, "0") == nil)
        #expect(try Self.make { $0.processCount = 0 }.linux?.resources?.pids?.limit == -1)
        #expect(
            try Self.make { $0.memoryReservation = try ByteSize("--memory-reservation", "1m") }
                .linux?.resources?.memory?.reservation == 1 << 20)
    }

    /// In Docker's order: PATH and the host name, the image's variables, the caller's, HOME.
    @Test func environmentOrder() throws {
        let made = try Self.make { $0.environment = [try EnvironmentChange("-e", "A=1")] }
        #expect(
            made.process?.environment == ["HOSTNAME=abababababab", "PATH=/bin", "LANG=C", "A=1", "HOME=/"])
        let own = try Self.make { $0.environment = [try EnvironmentChange("-e", "HOSTNAME=mine")] }
        #expect(own.process?.environment.filter { $0.hasPrefix("HOSTNAME") } == ["HOSTNAME=mine"])
    }

    /// A mount of the user's takes the place of one that every container has, and what is deeper comes later.
    @Test func mounts() throws {
        let mounts = try Self.make {
            $0.volumes = try ["/a:/x/y", "/b:/x:ro"].map { try VolumeMount("-v", $0) }
            $0.temporaryMounts = [try TemporaryMount("--tmpfs", "/dev/shm:size=1k")]
        }.mounts
        let targets = mounts.map(\.destination)
        #expect(targets.filter { $0 == "/dev/shm" }.count == 1)
        #expect(targets.firstIndex(of: "/x") ?? 9 < targets.firstIndex(of: "/x/y") ?? 0)
        #expect(mounts.first { $0.destination == "/x" }?.options == ["rbind", "ro", "rprivate"])
        let sized = try Self.make { $0.sharedMemory = try ByteSize("--shm-size", "2m") }.mounts
        #expect(sized.first { $0.destination == "/dev/shm" }?.options.last == "size=2097152")
    }

    /// Protections are left out one by one, and all with `--privileged`.
    @Test func protections() throws {
        let whole = try Self.make()
        #expect(whole.linux?.seccomp != nil && whole.linux?.maskedPaths.isEmpty == false)
        let open = try Self.make {
            $0.security = [.seccompUnconfined, .noNewPrivileges(true), .unmask(["/proc/kcore"])]
        }
        #expect(open.linux?.seccomp == nil && open.process?.noNewPrivileges == true)
        #expect(open.linux?.maskedPaths.contains("/proc/kcore") == false && open.linux?.maskedPaths.isEmpty == false)
        let device = RuntimeConfiguration.Device(type: "c", path: "/dev/fuse", major: 10, minor: 229)
        let privileged = try Self.make(facts: RunFacts(devices: ["/dev/fuse": device])) { $0.privileged = true }
        #expect(privileged.linux?.seccomp == nil && privileged.linux?.maskedPaths.isEmpty == true)
        #expect(privileged.process?.capabilities?.bounding.contains("CAP_SYS_ADMIN") == true)
        #expect(privileged.linux?.devices == [device])
        #expect(privileged.mounts.first { $0.type == "sysfs" }?.options.contains("ro") == false)
    }

    @Test func devices() throws {
        let device = RuntimeConfiguration.Device(type: "c", path: "/dev/fuse", major: 10, minor: 229)
        let made = try Self.make(facts: RunFacts(devices: ["/dev/fuse": device])) {
            $0.devices = [try DeviceGrant("--device", "/dev/fuse:/dev/other:rw")]
        }
        #expect(made.linux?.devices.map(\.path) == ["/dev/other"])
        #expect(made.linux?.resources?.devices.last?.access == "rw")
        #expect(throws: OptionError.self) {
            try Self.make { $0.devices = [try DeviceGrant("--device", "/dev/none")] }
        }
    }

    /// Every configuration is one that the runtime takes.
    @Test func validity() throws {
        let configuration = try Self.make {
            $0.limits = [try UserLimit("--ulimit", "nofile=10:20")]
            $0.kernelParameters = [try NamedValue("--sysctl", "net/core/somaxconn=9")]
            $0.annotations = [try NamedValue("--annotation", "a=b")]
            $0.terminal = true
        }
        #expect(try configuration.validate().isEmpty)
        #expect(configuration.annotations["a"] == "b")
        #expect(try RuntimeConfiguration(json: configuration.json()) == configuration)
    }

    /// A guest takes what it has, and refuses the rest by name.
    @Test func guests() throws {
        func make(_ change: (inout RunOptions) throws -> Void) throws -> [String] {
            var options = RunOptions()
            try change(&options)
            let command = try options.guestCommand(
                of: Self.image, command: [], user: ResolvedUser(), id: Self.id, facts: RunFacts())
            return ["\(command.vcpus)", "\(command.memory ?? 0)", command.hostname]
                + command.shares.map { "\($0.source) at \($0.target)\($0.readOnly ? ", read-only" : "")" }
        }
        #expect(
            try make {
                $0.processors = try ProcessorTime("--cpus", "2")
                $0.memory = try ByteSize("--memory", "256m")
                $0.hostname = "guest"
                $0.volumes = [try VolumeMount("-v", "/a:/b"), try VolumeMount("-v", "/c:/d:ro")]
            } == ["2", "268435456", "guest", "/a at /b", "/c at /d, read-only"])
        let changes: [(String, (inout RunOptions) throws -> Void)] = [
            ("--privileged", { $0.privileged = true }),
            ("--cpus", { $0.processors = try ProcessorTime("--cpus", "1.5") }), ("--network", { $0.network = .host }),
            ("--pids-limit", { $0.processCount = 3 }), ("--cap-add", { $0.addedCapabilities = [.all] }),
        ]
        for (option, change) in changes {
            let error = #expect(throws: OptionError.self) { try make(change) }
            #expect(error?.option == option)
        }
    }
}
