import Linux
package import OCI

/// What `isolab run` is asked for, besides the image and its command.
///
/// A value: its parts are read by their own types, and nothing of the host is looked at.
package struct RunOptions: Equatable, Sendable {
    // MARK: How it is attached

    /// `-i`: keep standard input open.
    package var interactive = false
    /// `-t`: give it a terminal.
    package var terminal = false
    /// `--rm`: leave nothing of it.
    package var removes = false
    /// `-d`: in the background.
    package var detaches = false
    /// `--restart`
    package var restart = RestartPolicy()
    /// `--log-driver` and `--log-opt`: of a container in the background.
    package var log = LogOptions()
    /// `--health-…`
    package var health = HealthOptions()
    package var name: String?
    package var platform: Platform?
    package var pull = PullPolicy.missing

    // MARK: What it runs

    package var environment: [EnvironmentChange] = []
    package var workingDirectory: String?
    /// `user`, `uid`, `user:group`, …
    package var user: String?
    /// In place of the image's; an empty one takes it away.
    package var entrypoint: String?
    package var hostname: String?
    /// By name or number (signal(7)).
    package var stopSignal: String?
    /// Seconds that it is given to end by itself (`--stop-timeout`).
    package var stopTimeout: Int64?
    /// `--init`: a first process that passes signals on and takes in what others leave.
    package var hasInit = false
    /// `--group-add`: groups of his beside those the image knows, by name or number.
    package var addedGroups: [String] = []
    /// Where the container's identifier is written (`--cidfile`); a file that is there is refused.
    package var identifierFile: String?
    package var labels: [NamedValue] = []
    package var annotations: [NamedValue] = []

    // MARK: What it sees

    package var volumes: [VolumeMount] = []
    /// `-v NAME:TARGET` and its like.
    package var namedVolumes: [NamedVolumeMount] = []
    /// `--volumes-from`: containers whose mounts it has, too.
    package var volumesFrom: [VolumesFrom] = []
    package var temporaryMounts: [TemporaryMount] = []
    package var readOnly = false
    package var sharedMemory: ByteSize?
    package var devices: [DeviceGrant] = []
    package var network = NetworkMode.none
    /// What networks it is in, and which of its ports are published.
    package var networking = NetworkOptions()
    /// `--pid host`: it sees, and may end, the host's processes.
    package var sharesProcesses = false
    /// `--ipc host`: System V IPC, message queues and `/dev/shm` are the host's.
    package var sharesIPC = false
    /// `--uts host`: its name is the host's, whatever that is called later.
    package var sharesHostName = false
    /// `--cgroupns host`: it is told where its cgroups are on the host, and sees no others for that.
    package var sharesCgroupNames = false
    /// Lines of `/etc/hosts` (`--add-host`).
    package var addedHosts: [HostAddress] = []

    // MARK: What it may use

    package var memory: ByteSize?
    /// Memory and swap together.
    package var memoryAndSwap: ByteSize?
    /// What it is brought back to where memory is short.
    package var memoryReservation: ByteSize?
    package var processors: ProcessorTime?
    package var processorShares: UInt64?
    /// Microseconds of processor time in each period, and the period's.
    package var processorQuota: Int64?
    package var processorPeriod: UInt64?
    /// A list as in cpuset(7).
    package var processorSet: String?
    /// Of nodes of memory, likewise.
    package var memoryNodes: String?
    /// −1000 … 1000: how gladly the kernel ends it where memory is short.
    package var memoryKillScore: Int?
    /// 10 … 1000: its share of block devices where several want them.
    package var blockWeight: UInt16?
    package var processCount: Int64?
    package var limits: [UserLimit] = []
    package var kernelParameters: [NamedValue] = []

    // MARK: What it may do

    package var addedCapabilities: [CapabilityChange] = []
    package var droppedCapabilities: [CapabilityChange] = []
    package var security: [SecurityOption] = []
    package var privileged = false

    package init() {}
}

/// `--pull`: when an image is fetched from its registry.
package enum PullPolicy: String, CaseIterable, Sendable {
    case missing, never, always

    package init(_ option: String, _ text: String) throws(OptionError) { self = try choice(option, text) }
}

/// `--pid`, `--ipc`, `--uts` and `--cgroupns`: a namespace of its own, or the host's.
package enum NamespaceMode: String, CaseIterable, Sendable {
    case own = "private"
    case host

    package init(_ option: String, _ text: String) throws(OptionError) {
        if text.utf8.starts(with: "container:".utf8) || text.utf8.starts(with: "ns:".utf8) {
            throw OptionError(
                option, text, "takes private or host: namespaces of other containers cannot be shared")
        }
        self = try choice(option, text)
    }
}

/// One of a few words.
private func choice<Choice: RawRepresentable<String> & CaseIterable>(
    _ option: String, _ text: String
) throws(OptionError) -> Choice {
    guard let choice = Choice(rawValue: text) else {
        throw OptionError(option, text, "takes one of \(Choice.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    return choice
}

extension RunOptions {
    /// Whether a limit is asked for that only a cgroup can enforce.
    var needsCgroup: Bool {
        memory != nil || processors != nil || processorShares != nil || processorSet != nil || memoryNodes != nil
            || (processorQuota ?? 0) > 0 || processorPeriod != nil || (processCount ?? -1) > 0 || blockWeight != nil
    }

    /// What only both together say wrong.
    package func validate() throws(OptionError) {
        if let memory, memory.bytes != 0, memory.bytes < Self.leastMemory {
            throw OptionError(
                "--memory", memory.text,
                "is less than \(Self.leastMemory >> 10)k, the minimum that a container needs to start")
        }
        if let memory, memory.bytes != 0, let memoryReservation, memoryReservation.bytes > memory.bytes {
            throw OptionError(
                "--memory-reservation", memoryReservation.text, "is more than --memory \(memory.text)")
        }
        if let memory, let memoryAndSwap, memoryAndSwap.bytes >= 0, memoryAndSwap.bytes < memory.bytes {
            throw OptionError(
                "--memory-swap", memoryAndSwap.text,
                "is memory and swap together, so it must be at least --memory \(memory.text)")
        }
        if let memoryAndSwap, memory == nil {
            throw OptionError("--memory-swap", memoryAndSwap.text, "needs --memory as well")
        }
        if let hostname, !Self.isHostName(hostname) {
            throw OptionError(
                "--hostname", hostname,
                "takes letters, digits, '-', '_' and '.', a letter or a digit first, at most 64 of them")
        }
        if let hostname, sharesHostName {
            throw OptionError("--hostname", hostname, "conflicts with --uts host, which shares the host's name")
        }
        if let weight = blockWeight, !(10...1000).contains(weight) {
            throw OptionError("--blkio-weight", "\(weight)", "takes a number from 10 to 1000, or 0 for no weight")
        }
        if let name, !Self.isName(name) {
            throw OptionError(
                "--name", name,
                "must have at least two characters: letters, digits, '_', '.' and '-', beginning with a letter or digit"
            )
        }
        if let directory = workingDirectory, !directory.isEmpty, !directory.starts("/") {
            throw OptionError("--workdir", directory, "must be an absolute path in the container, such as /srv")
        }
        if let stopSignal, SignalNumber.parse(stopSignal).map({ $0 > 0 }) != true {
            throw OptionError("--stop-signal", stopSignal, "is not a signal, such as TERM, SIGINT, RTMIN+3 or 15")
        }
        try validateProcessor()
        try validateBackground()
        if let score = memoryKillScore, !(-1000...1000).contains(score) {
            throw OptionError("--oom-score-adj", "\(score)", "takes a number from -1000 to 1000")
        }
        if let timeout = stopTimeout, timeout < -1 {
            throw OptionError("--stop-timeout", "\(timeout)", "takes a number of seconds, or -1 to wait forever")
        }
        if let count = processCount, count < -1 {
            throw OptionError("--pids-limit", "\(count)", "takes a number of processes, or -1 for no limit")
        }
        if network != .networks, !networking.ports.isEmpty || networking.publishesAll {
            throw OptionError("--publish", "", "needs a network of the container's own, such as --network bridge")
        }
        for parameter in kernelParameters {
            guard let known = KernelParameter(parameter.name), let namespace = known.namespace else {
                throw OptionError(
                    "--sysctl", parameter.name,
                    "belongs to the whole host: only net.*, fs.mqueue.* and System V IPC parameters can be set")
            }
            if namespace == .ipc, sharesIPC {
                throw OptionError("--sysctl", parameter.name, "would change the host's (--ipc host)")
            }
            if namespace == .network, network == .host {
                throw OptionError("--sysctl", parameter.name, "would change the host's network (--network host)")
            }
            if namespace == .network, case .container = network {
                throw OptionError("--sysctl", parameter.name, "would change another container's network")
            }
        }
        for (option, target) in volumes.filter({ !$0.isOfProcfs }).map({ ($0.asked.name, $0.target) })
            + temporaryMounts.map({ ($0.asked.name, $0.target) })
        where target == "/proc" || target.starts("/proc/") && !Self.maskable.contains(target) {
            throw OptionError(
                option, target, "the container's own /proc is there: nothing can be mounted on it or below it")
        }
        if addedGroups.count > 65536 {
            throw OptionError(
                "--group-add", "", "\(addedGroups.count) groups: the kernel allows 65536")
        }
        var targets: Set<String> = []
        for (option, target) in volumes.map({ ($0.asked.name, $0.target) })
            + namedVolumes.map({ ($0.asked.name, $0.target) })
            + temporaryMounts.map({ ($0.asked.name, $0.target) })
        where !targets.insert(target).inserted {
            throw OptionError(option, target, "is the target of two mounts")
        }
    }

    private func validateProcessor() throws(OptionError) {
        if processors != nil, processorQuota != nil || processorPeriod != nil {
            throw OptionError("--cpus", "", "conflicts with --cpu-quota and --cpu-period: use one or the other")
        }
        // The kernel's own bounds (Documentation/scheduler/sched-bwc.rst).
        if let period = processorPeriod, !(1000...1_000_000).contains(period) {
            throw OptionError("--cpu-period", "\(period)", "takes microseconds from 1000 to 1000000")
        }
        for (option, list) in [("--cpuset-cpus", processorSet), ("--cpuset-mems", memoryNodes)] {
            guard let list, NumberList(list) == nil else { continue }
            throw OptionError(option, list, "takes numbers and ranges of them, such as 0-2,5")
        }
        if let quota = processorQuota, quota > 0, quota < 1000 {
            throw OptionError("--cpu-quota", "\(quota)", "takes microseconds from 1000, or -1 for no limit")
        }
    }

    /// What lxcfs and its like show in the kernel's place, as runc allows it (checkProcMount).
    private static let maskable: Set<String> = [
        "/proc/cpuinfo", "/proc/diskstats", "/proc/loadavg", "/proc/meminfo", "/proc/net/dev", "/proc/slabinfo",
        "/proc/stat", "/proc/swaps", "/proc/sys/crypto/fips_enabled", "/proc/sys/kernel/ns_last_pid", "/proc/uptime",
    ]

    /// Bytes in which every start that was measured succeeds (`FootprintTests`).
    static let leastMemory: Int64 = 512 << 10

    /// Docker's rule, and at most 128.
    package static func isName(_ text: String) -> Bool {
        (2...128).contains(text.utf8.count) && text.utf8.allSatisfy { isAlphanumeric($0) || "_.-".utf8.contains($0) }
            && text.utf8.first.map(isAlphanumeric) == true
    }

    private static func isHostName(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count) && text.utf8.allSatisfy { isAlphanumeric($0) || "-._".utf8.contains($0) }
            && text.utf8.first.map(isAlphanumeric) == true
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
    }
}
