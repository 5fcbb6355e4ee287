import ArgumentParser
import Engine
import Glibc
import Linux
import OCI

/// The options of `run`, as they are written; `RunOptions` is what they mean.
struct RunOptionGroup: ParsableArguments {
    @Flag(name: .shortAndLong, help: "Keep standard input open.") var interactive = false
    @Flag(name: [.short, .customLong("tty")], help: "Allocate a terminal.") var tty = false
    @Flag(name: .customLong("rm"), help: "Remove the container when it has ended.") var removes = false
    @Option(help: "Name the container; a name is generated if not given.") var name: String?
    @Option(help: ArgumentHelp("Write the container's identifier to this file.", valueName: "file")) var cidfile:
        String?
    @Option(help: ArgumentHelp("When to pull the image: missing, always or never.", valueName: "when"))
    var pull = "missing"
    @Option(help: ArgumentHelp("Which platform of a multi-platform image to use.", valueName: "os/architecture"))
    var platform: String?
    @Flag(name: .shortAndLong, help: "Do not show the progress of a pull.") var quiet = false
    @OptionGroup var registries: PullRegistryOptions
    @Flag(name: .customLong("init"), help: "Run an init process that forwards signals and reaps orphans.") var hasInit =
        false

    @Option(
        name: [.customShort("e", allowingJoined: true), .long],
        help: ArgumentHelp("Set an environment variable, or copy it from the caller.", valueName: "name[=value]"))
    var env: [String] = []
    @Option(help: ArgumentHelp("Read environment variables from a file, one per line.", valueName: "file")) var envFile:
        [String] =
            []
    @Option(name: .shortAndLong, help: ArgumentHelp("The working directory in the container.", valueName: "directory"))
    var workdir: String?
    @Option(name: .shortAndLong, help: ArgumentHelp("The user to run the command as.", valueName: "user[:group]"))
    var user: String?
    @Option(help: ArgumentHelp("An additional group for the user.", valueName: "group")) var groupAdd: [String] = []
    @Option(help: ArgumentHelp("Replace the image's entry point; '' removes it.", valueName: "program"))
    var entrypoint: String?
    @Option(name: .shortAndLong, help: ArgumentHelp("The container's host name.", valueName: "name")) var hostname:
        String?
    @Option(
        name: .customLong("add-host"), help: ArgumentHelp("Add a line to /etc/hosts.", valueName: "name:address"))
    var addHost: [String] = []
    @Option(help: ArgumentHelp("The signal that asks the container to stop.", valueName: "signal")) var stopSignal:
        String?
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("How long `stop` waits before it kills; 10 if not given.", valueName: "seconds"))
    var stopTimeout: Int64?
    @OptionGroup var background: BackgroundOptionGroup
    @Option(name: .shortAndLong, help: ArgumentHelp("Label the container.", valueName: "name=value"))
    var label: [String] = []
    @Option(help: ArgumentHelp("Read labels from a file, one per line.", valueName: "file")) var labelFile: [String] =
        []
    @Option(help: ArgumentHelp("Add an annotation to the OCI configuration.", valueName: "name=value"))
    var annotation: [String] = []

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp(
            "Mount a volume, or a path of the host; a target alone gets a new volume.",
            valueName: "[source:]target[:ro]"))
    var volume: [String] = []
    @Option(help: ArgumentHelp("Mount the volumes of another container.", valueName: "container[:ro]"))
    var volumesFrom: [String] = []
    @Option(
        help: ArgumentHelp(
            "The same as fields: type=volume or bind, source=, target=, readonly; or type=tmpfs, target=, tmpfs-size=.",
            valueName: "fields"))
    var mount: [String] = []
    @Option(help: ArgumentHelp("Mount a file system in memory.", valueName: "target[:options]")) var tmpfs: [String] =
        []
    @Flag(help: "Mount the root file system read-only.") var readOnly = false
    @Option(help: ArgumentHelp("The size of /dev/shm.", valueName: "bytes")) var shmSize: String?
    @Option(help: ArgumentHelp("Give the container a device of the host.", valueName: "source[:target][:rwm]"))
    var device: [String] = []
    @Option(
        name: [.long, .customLong("net")],
        help: ArgumentHelp(
            "none (loopback only, the default), host, container:NAME, or a network such as bridge; may be repeated.",
            valueName: "network")
    )
    var network: [String] = []
    @Option(
        name: [.customShort("p", allowingJoined: true), .long],
        help: ArgumentHelp(
            "Publish a port of the container on the host; implies --network bridge.",
            valueName: "[[address:]port:]port[/udp]"))
    var publish: [String] = []
    @Flag(name: [.customShort("P"), .long], help: "Publish every port that the image exposes, on ports that are free.")
    var publishAll = false
    @Option(help: ArgumentHelp("The container's IPv4 address in its first network.", valueName: "address"))
    var ip: String?
    @Option(name: .customLong("ip6"), help: ArgumentHelp("Its IPv6 address.", valueName: "address")) var ip6: String?
    @Option(help: ArgumentHelp("Its hardware address.", valueName: "address")) var macAddress: String?
    @Option(
        name: [.long, .customLong("net-alias")],
        help: ArgumentHelp("An additional name of the container in its first network.", valueName: "name"))
    var networkAlias: [String] = []
    @Option(help: ArgumentHelp("A DNS server, instead of the host's.", valueName: "address"))
    var dns: [String] = []
    @Option(help: ArgumentHelp("A DNS search domain.", valueName: "domain")) var dnsSearch: [String] = []
    @Option(
        name: [.long, .customLong("dns-opt")],
        help: ArgumentHelp("A DNS option, as in resolv.conf.", valueName: "option"))
    var dnsOption: [String] = []
    @Option(help: ArgumentHelp("private, or host to see the host's processes.", valueName: "mode"))
    var pid = "private"
    @Option(
        help: ArgumentHelp("private, or host to use the host's shared memory and queues.", valueName: "mode"))
    var ipc = "private"
    @Option(help: ArgumentHelp("private, or host to share the host's name.", valueName: "mode")) var uts = "private"
    @Option(help: ArgumentHelp("private, or host to see cgroups by their names on the host.", valueName: "mode"))
    var cgroupns = "private"

    @Option(name: .shortAndLong, help: ArgumentHelp("Limit memory, e.g. 512m.", valueName: "bytes")) var memory: String?
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Limit memory and swap together; -1 means no limit.", valueName: "bytes"))
    var memorySwap: String?
    @Option(help: ArgumentHelp("A soft limit, enforced when the host runs short of memory.", valueName: "bytes"))
    var memoryReservation: String?
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Limit processor time, in processors, e.g. 1.5.", valueName: "number"))
    var cpus: String?
    @Option(
        name: [.customShort("c"), .long],
        help: ArgumentHelp("The container's weight when processors are busy.", valueName: "number"))
    var cpuShares: UInt64?
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Limit processor time in each period.", valueName: "microseconds"))
    var cpuQuota: Int64?
    @Option(help: ArgumentHelp("The length of a period; 100000 if not given.", valueName: "microseconds"))
    var cpuPeriod: UInt64?
    @Option(help: ArgumentHelp("Run only on these processors, e.g. 0-2,5.", valueName: "list")) var cpusetCpus: String?
    @Option(help: ArgumentHelp("Use only the memory of these nodes.", valueName: "list")) var cpusetMems: String?
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "How readily the kernel kills it when memory runs out, from -1000 to 1000.", valueName: "number"))
    var oomScoreAdj: Int?
    @Option(help: ArgumentHelp("The container's weight when block devices are busy, 10 to 1000.", valueName: "number"))
    var blkioWeight: UInt16?
    @Option(parsing: .unconditional, help: ArgumentHelp("Limit the number of processes.", valueName: "number"))
    var pidsLimit: Int64?
    @Option(help: ArgumentHelp("Set a resource limit.", valueName: "name=soft[:hard]")) var ulimit: [String] = []
    @Option(help: ArgumentHelp("Set a kernel parameter of the container's namespaces.", valueName: "name=value"))
    var sysctl: [String] = []

    @Option(help: ArgumentHelp("Add a capability, or ALL.", valueName: "capability")) var capAdd: [String] = []
    @Option(help: ArgumentHelp("Drop a capability, or ALL.", valueName: "capability")) var capDrop: [String] = []
    @Option(
        help: ArgumentHelp(
            "seccomp=FILE|unconfined, no-new-privileges, apparmor=PROFILE, mask=, unmask=.", valueName: "option"))
    var securityOpt: [String] = []
    @Flag(help: "All capabilities and devices, no system call filter, nothing masked.") var privileged = false

    /// What they mean.
    func options() throws -> RunOptions {
        var options = RunOptions()
        options.interactive = interactive
        options.terminal = tty
        options.removes = removes
        options.name = name
        options.pull = try PullPolicy("--pull", pull)
        options.platform = try platform.map { try PlatformOption.parse("--platform", $0) }
        for file in envFile {
            options.environment += try EnvironmentChange.file(
                "--env-file", file, try OptionFile.read("--env-file", file))
        }
        options.environment += try env.map { try EnvironmentChange("--env", $0) }
        options.workingDirectory = workdir
        options.addedGroups = groupAdd
        options.identifierFile = cidfile
        options.addedHosts = try addHost.map { try HostAddress("--add-host", $0) }
        options.user = user
        options.entrypoint = entrypoint
        options.hostname = hostname
        options.stopSignal = stopSignal
        for file in labelFile {
            options.labels += try NamedValue.file("--label-file", file, try OptionFile.read("--label-file", file))
        }
        options.labels += try label.map { try NamedValue("--label", $0) }
        options.stopTimeout = stopTimeout
        try background.set(&options)
        options.hasInit = hasInit
        options.sharesProcesses = try NamespaceMode("--pid", pid) == .host
        options.sharesIPC = try NamespaceMode("--ipc", ipc) == .host
        options.sharesHostName = try NamespaceMode("--uts", uts) == .host
        options.sharesCgroupNames = try NamespaceMode("--cgroupns", cgroupns) == .host
        options.blockWeight = blkioWeight == 0 ? nil : blkioWeight
        options.processorQuota = cpuQuota == 0 ? nil : cpuQuota
        options.processorPeriod = cpuPeriod == 0 ? nil : cpuPeriod
        options.memoryNodes = cpusetMems
        options.memoryKillScore = oomScoreAdj
        options.annotations = try annotation.map { try NamedValue("--annotation", $0) }
        let directory = try Self.workingDirectory()
        for text in volume {
            switch try VolumeOption("--volume", text, relativeTo: directory) {
            case .host(let mount): options.volumes.append(mount)
            case .named(let mount): options.namedVolumes.append(mount)
            }
        }
        options.volumesFrom = try volumesFrom.map { try VolumesFrom("--volumes-from", $0) }
        options.temporaryMounts = try tmpfs.map { try TemporaryMount("--tmpfs", $0) }
        for text in mount {
            switch try MountOption("--mount", text, relativeTo: directory) {
            case .host(let mount): options.volumes.append(mount)
            case .named(let mount): options.namedVolumes.append(mount)
            case .temporary(let temporary): options.temporaryMounts.append(temporary)
            }
        }
        options.readOnly = readOnly
        options.sharedMemory = try shmSize.map { try ByteSize("--shm-size", $0) }
        options.devices = try device.map { try DeviceGrant("--device", $0) }
        let isPublished = !publish.isEmpty || publishAll
        options.network = try options.networking.readModes(
            "--network", network.isEmpty && isPublished ? ["bridge"] : network)
        try options.networking.readFirst(ip: ip, ip6: ip6, aliases: networkAlias, hardwareAddress: macAddress)
        try options.networking.readPorts(publish, all: publishAll)
        try options.networking.readNames(servers: dns, search: dnsSearch, options: dnsOption)
        options.memory = try memory.map { try ByteSize("--memory", $0) }
        options.memoryAndSwap = try memorySwap.map { try ByteSize("--memory-swap", $0, allowsUnlimited: true) }
        options.memoryReservation = try memoryReservation.map { try ByteSize("--memory-reservation", $0) }
        options.processors = try cpus.map { try ProcessorTime("--cpus", $0) }
        options.processorShares = cpuShares
        options.processorSet = cpusetCpus
        options.processCount = pidsLimit
        options.limits = try ulimit.map { try UserLimit("--ulimit", $0) }
        options.kernelParameters = try sysctl.map { try NamedValue("--sysctl", $0, needsValue: true) }
        // As podman takes them: several in one word, too.
        func parts(_ words: [String]) -> [String] {
            words.flatMap { $0.utf8.split(separator: UInt8(ascii: ",")).map { String(Substring($0)) } }
        }
        options.addedCapabilities = try parts(capAdd).map { try CapabilityChange("--cap-add", $0) }
        options.droppedCapabilities = try parts(capDrop).map { try CapabilityChange("--cap-drop", $0) }
        options.security = try securityOpt.map { try SecurityOption("--security-opt", $0) }
        options.privileged = privileged
        return options
    }

    /// - Throws: where its name is no text, in which it would be another directory's.
    private static func workingDirectory() throws -> String? {
        guard let path = getcwd(nil, 0) else { return nil }
        defer { free(path) }
        guard let text = CallerText.text(path) else {
            throw SystemError("read", "the working directory", errno: EILSEQ, advice: "its name is not UTF-8")
        }
        return text
    }
}
