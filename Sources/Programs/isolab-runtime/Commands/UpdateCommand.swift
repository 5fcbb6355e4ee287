import Containers
import Glibc
import Linux
import OCI

enum UpdateCommand: Command {
    static let name = "update"
    static let summary = "change the limits of a container"
    static let usage = "<container-id>"
    static let options = [
        OptionSpecification("resources", "r", value: "FILE", help: "linux.resources as JSON; - is standard input"),
        OptionSpecification("memory", value: "SIZE", help: "memory limit, such as 70m; -1 for no limit"),
        OptionSpecification("memory-reservation", value: "SIZE", help: "memory reservation"),
        OptionSpecification("memory-swap", value: "SIZE", help: "memory and swap together; -1 for no limit"),
        OptionSpecification("kernel-memory", value: "SIZE", help: "accepted and ignored: kernels no longer have it"),
        OptionSpecification("kernel-memory-tcp", value: "SIZE", help: "buffers of TCP (cgroup v1)"),
        OptionSpecification("cpu-period", value: "MICROSECONDS", help: "period of the processor quota"),
        OptionSpecification("cpu-quota", value: "MICROSECONDS", help: "processor time in each period"),
        OptionSpecification("cpu-burst", value: "MICROSECONDS", help: "unused quota that can be saved and used later"),
        OptionSpecification("cpu-share", "cpu-shares", value: "SHARES", help: "weight among others"),
        OptionSpecification("cpu-rt-period", value: "MICROSECONDS", help: "period of real-time scheduling"),
        OptionSpecification("cpu-rt-runtime", value: "MICROSECONDS", help: "real-time processor time"),
        OptionSpecification("cpu-idle", value: "0|1", help: "whether it runs only on idle processors"),
        OptionSpecification("cpuset-cpus", value: "LIST", help: "processors it may use"),
        OptionSpecification("cpuset-mems", value: "LIST", help: "memory nodes it may use"),
        OptionSpecification("blkio-weight", value: "WEIGHT", help: "block device weight, 10 to 1000"),
        OptionSpecification("pids-limit", value: "N", help: "number of processes; -1 for no limit"),
    ]

    static func run(_ options: Options, _ context: Context) throws -> Int32 {
        try options.noMore(than: 1)
        let id = try options.argument(0, "container-id")
        var resources = RuntimeConfiguration.Resources()
        if let file = options.value("resources") {
            // Standard input may be a pipe; a file that is named may not.
            let bytes =
                try file == "-"
                ? SystemFile.bytes(of: "/dev/stdin", limit: SystemFile.greatestDocument) : SystemFile.document(file)
            do throws(ConfigurationError) { resources = try RuntimeConfiguration.Resources(json: bytes) } catch {
                throw ConfigurationError(
                    document: file == "-" ? "standard input" : file, path: error.path, problem: error.problem)
            }
        }
        try addMemory(options, &resources)
        try addProcessor(options, &resources)
        if let weight = try options.number("blkio-weight", as: UInt16.self) {
            var block = resources.blockIO ?? .init()
            block.weight = weight
            resources.blockIO = block
        }
        if let limit = try options.number("pids-limit", as: Int64.self) { resources.pids = .init(limit: limit) }
        try context.runtime().update(id, resources)
        return 0
    }

    private static func addMemory(_ options: Options, _ resources: inout RuntimeConfiguration.Resources) throws {
        var memory = resources.memory ?? .init()
        if let bytes = try options.size("memory") { memory.limit = bytes }
        if let bytes = try options.size("memory-reservation") { memory.reservation = bytes }
        if let bytes = try options.size("memory-swap") { memory.swap = bytes }
        if let bytes = try options.size("kernel-memory") { memory.kernel = bytes }
        if let bytes = try options.size("kernel-memory-tcp") { memory.kernelTCP = bytes }
        if memory != .init() { resources.memory = memory }
    }

    private static func addProcessor(_ options: Options, _ resources: inout RuntimeConfiguration.Resources) throws {
        var processor = resources.cpu ?? .init()
        if let period = try options.number("cpu-period", as: UInt64.self) { processor.period = period }
        if let quota = try options.number("cpu-quota", as: Int64.self) { processor.quota = quota }
        if let burst = try options.number("cpu-burst", as: UInt64.self) { processor.burst = burst }
        if let shares = try options.number("cpu-share", as: UInt64.self) { processor.shares = shares }
        if let period = try options.number("cpu-rt-period", as: UInt64.self) { processor.realtimePeriod = period }
        if let time = try options.number("cpu-rt-runtime", as: Int64.self) { processor.realtimeRuntime = time }
        if let idle = try options.number("cpu-idle", as: Int64.self) { processor.idle = idle }
        if let list = options.value("cpuset-cpus") { processor.cpus = list }
        if let list = options.value("cpuset-mems") { processor.mems = list }
        if processor != .init() { resources.cpu = processor }
    }
}
