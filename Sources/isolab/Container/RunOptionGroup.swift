import ArgumentParser
import Engine
import Glibc
import Linux
import OCI

/// The options of `run`, as they are written; `RunOptions` is what they mean.
struct RunOptionGroup: ParsableArguments {
    @Flag(name: .shortAndLong, help: "Keep standard input open.") var interactive = false
    @Flag(name: [.short, .customLong("tty")], help: "Give it a terminal.") var tty = false
    @Flag(name: .customLong("rm"), help: "Leave nothing of the container when it has ended.") var removes = false
    @Option(help: "Its name, in place of a made-up one.") var name: String?
    @Option(help: ArgumentHelp("Write its identifier to a file.", valueName: "file")) var cidfile: String?
    @Option(help: ArgumentHelp("Fetch the image: missing (default), never or always.", valueName: "when"))
    var pull = "missing"
    @Option(help: ArgumentHelp("Of several platforms of an image, this one.", valueName: "os/architecture"))
    var platform: String?
    @Flag(name: .shortAndLong, help: "Say nothing of an image that is fetched.") var quiet = false
    @Flag(name: .customLong("init"), help: "A first process that passes signals on and takes in orphans.") var hasInit =
        false

    @Option(
        name: [.customShort("e", allowingJoined: true), .long],
        help: ArgumentHelp("A variable; the caller's own without a value.", valueName: "name[=value]"))
    var env: [String] = []
    @Option(help: ArgumentHelp("A file of variables, one a line.", valueName: "file")) var envFile: [String] = []
    @Option(name: .shortAndLong, help: ArgumentHelp("The working directory.", valueName: "directory"))
    var workdir: String?
    @Option(name: .shortAndLong, help: ArgumentHelp("Who runs it.", valueName: "user[:group]")) var user: String?
    @Option(help: ArgumentHelp("One more group for them.", valueName: "group")) var groupAdd: [String] = []
    @Option(help: ArgumentHelp("In place of the image's; '' takes it away.", valueName: "program"))
    var entrypoint: String?
    @Option(name: .shortAndLong, help: ArgumentHelp("Its host name.", valueName: "name")) var hostname: String?
    @Option(
        name: .customLong("add-host"), help: ArgumentHelp("A line of its /etc/hosts.", valueName: "name:address"))
    var addHost: [String] = []
    @Option(help: ArgumentHelp("What asks it to end.", valueName: "signal")) var stopSignal: String?
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Kept for whoever ends it: how long it has to end by itself.", valueName: "seconds"))
    var stopTimeout: Int64?
    @Option(name: .shortAndLong, help: ArgumentHelp("A label of the container.", valueName: "name=value"))
    var label: [String] = []
    @Option(help: ArgumentHelp("A file of labels, one a line.", valueName: "file")) var labelFile: [String] = []
    @Option(help: ArgumentHelp("An annotation of its configuration.", valueName: "name=value"))
    var annotation: [String] = []

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("Show a directory or file of the host.", valueName: "source:target[:ro]"))
    var volume: [String] = []
    @Option(
        help: ArgumentHelp(
            "The same in fields: type=bind, source=, target=, readonly; or type=tmpfs, target=, tmpfs-size=.",
            valueName: "fields"))
    var mount: [String] = []
    @Option(help: ArgumentHelp("A file system in memory.", valueName: "target[:options]")) var tmpfs: [String] = []
    @Flag(help: "Let it not write to its root.") var readOnly = false
    @Option(help: ArgumentHelp("The size of /dev/shm.", valueName: "bytes")) var shmSize: String?
    @Option(help: ArgumentHelp("Let it use a device.", valueName: "source[:target][:rwm]")) var device: [String] = []
    @Option(
        name: [.long, .customLong("net")],
        help: ArgumentHelp("none (default: loopback only) or host; there are no other networks yet.", valueName: "mode")
    )
    var network = "none"
    @Option(help: ArgumentHelp("private (default), or host: it sees the host's processes.", valueName: "mode"))
    var pid = "private"
    @Option(
        help: ArgumentHelp("private (default), or host: it shares the host's memory and queues.", valueName: "mode"))
    var ipc = "private"

    @Option(name: .shortAndLong, help: ArgumentHelp("At most so much memory.", valueName: "bytes")) var memory: String?
    @Option(
        parsing: .unconditional, help: ArgumentHelp("Memory and swap together; -1: no limit.", valueName: "bytes"))
    var memorySwap: String?
    @Option(help: ArgumentHelp("What it is brought back to where memory is short.", valueName: "bytes"))
    var memoryReservation: String?
    @Option(
        parsing: .unconditional, help: ArgumentHelp("At most so many processors, e.g. 1.5.", valueName: "number"))
    var cpus: String?
    @Option(
        name: [.customShort("c"), .long],
        help: ArgumentHelp("Its weight where processors are short.", valueName: "number"))
    var cpuShares: UInt64?
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("At most so much processor time in each period.", valueName: "microseconds"))
    var cpuQuota: Int64?
    @Option(help: ArgumentHelp("The period: 100000 where not given.", valueName: "microseconds")) var cpuPeriod: UInt64?
    @Option(help: ArgumentHelp("Only these processors, e.g. 0-2,5.", valueName: "list")) var cpusetCpus: String?
    @Option(help: ArgumentHelp("Only memory of these nodes.", valueName: "list")) var cpusetMems: String?
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("How gladly the kernel ends it where memory is short, -1000 to 1000.", valueName: "number"))
    var oomScoreAdj: Int?
    @Option(parsing: .unconditional, help: ArgumentHelp("At most so many processes.", valueName: "number"))
    var pidsLimit: Int64?
    @Option(help: ArgumentHelp("A resource limit.", valueName: "name=soft[:hard]")) var ulimit: [String] = []
    @Option(help: ArgumentHelp("A kernel parameter of its own namespaces.", valueName: "name=value"))
    var sysctl: [String] = []

    @Option(help: ArgumentHelp("A capability more, or ALL.", valueName: "capability")) var capAdd: [String] = []
    @Option(help: ArgumentHelp("A capability less, or ALL.", valueName: "capability")) var capDrop: [String] = []
    @Option(
        help: ArgumentHelp(
            "seccomp=FILE|unconfined, no-new-privileges, apparmor=PROFILE, mask=, unmask=.", valueName: "option"))
    var securityOpt: [String] = []
    @Flag(help: "Every capability and device, no filter, nothing masked.") var privileged = false

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
            options.environment += try EnvironmentChange.file("--env-file", file, try SystemFile.document(file))
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
            options.labels += try NamedValue.file("--label-file", file, try SystemFile.document(file))
        }
        options.labels += try label.map { try NamedValue("--label", $0) }
        options.stopTimeout = stopTimeout
        options.hasInit = hasInit
        options.sharesProcesses = try NamespaceMode("--pid", pid) == .host
        options.sharesIPC = try NamespaceMode("--ipc", ipc) == .host
        options.processorQuota = cpuQuota == 0 ? nil : cpuQuota
        options.processorPeriod = cpuPeriod == 0 ? nil : cpuPeriod
        options.memoryNodes = cpusetMems
        options.memoryKillScore = oomScoreAdj
        options.annotations = try annotation.map { try NamedValue("--annotation", $0) }
        let directory = try Self.workingDirectory()
        options.volumes = try volume.map { try VolumeMount("--volume", $0, relativeTo: directory) }
        options.temporaryMounts = try tmpfs.map { try TemporaryMount("--tmpfs", $0) }
        for text in mount {
            switch try MountOption("--mount", text, relativeTo: directory) {
            case .volume(let volume): options.volumes.append(volume)
            case .temporary(let temporary): options.temporaryMounts.append(temporary)
            }
        }
        options.readOnly = readOnly
        options.sharedMemory = try shmSize.map { try ByteSize("--shm-size", $0) }
        options.devices = try device.map { try DeviceGrant("--device", $0) }
        options.network = try NetworkMode("--network", network)
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
