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
        OptionSpecification("memory", value: "BYTES", help: "memory limit"),
        OptionSpecification("memory-reservation", value: "BYTES", help: "memory reservation"),
        OptionSpecification("memory-swap", value: "BYTES", help: "memory and swap together; -1 for no limit"),
        OptionSpecification("cpu-period", value: "MICROSECONDS", help: "period of the processor quota"),
        OptionSpecification("cpu-quota", value: "MICROSECONDS", help: "processor time in each period"),
        OptionSpecification("cpu-burst", value: "MICROSECONDS", help: "saved-up time it may use beyond"),
        OptionSpecification("cpu-share", "cpu-shares", value: "SHARES", help: "weight among others"),
        OptionSpecification("cpu-rt-period", value: "MICROSECONDS", help: "period of real-time scheduling"),
        OptionSpecification("cpu-rt-runtime", value: "MICROSECONDS", help: "real-time processor time"),
        OptionSpecification("cpu-idle", value: "0|1", help: "whether it runs only when nobody else does"),
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
            let bytes = try SystemFile.bytes(of: file == "-" ? "/dev/stdin" : file)
            resources = try RuntimeConfiguration.Resources(json: bytes)
        }
        try addMemory(options, &resources)
        try addProcessor(options, &resources)
        if let weight = try change("blkio-weight", options, as: UInt16.self) {
            var block = resources.blockIO ?? .init()
            block.weight = weight
            resources.blockIO = block
        }
        if let limit = try options.number("pids-limit", as: Int64.self) { resources.pids = .init(limit: limit) }
        guard resources != RuntimeConfiguration.Resources() else { throw UsageError("nothing to change is given") }
        try context.runtime().update(id, resources)
        return 0
    }

    /// A number that changes something: in a configuration 0 stands for what is not said, and an update by it would do nothing.
    private static func change<Number: FixedWidthInteger>(
        _ name: String, _ options: Options, as type: Number.Type
    ) throws(UsageError) -> Number? {
        let number = try options.number(name, as: type)
        if number == 0 { throw UsageError("--\(name) 0 changes nothing: give an amount, or -1 for no limit") }
        return number
    }

    private static func addMemory(_ options: Options, _ resources: inout RuntimeConfiguration.Resources) throws {
        var memory = resources.memory ?? .init()
        if let bytes = try change("memory", options, as: Int64.self) { memory.limit = bytes }
        if let bytes = try change("memory-reservation", options, as: Int64.self) { memory.reservation = bytes }
        if let bytes = try change("memory-swap", options, as: Int64.self) { memory.swap = bytes }
        if memory != .init() { resources.memory = memory }
    }

    private static func addProcessor(_ options: Options, _ resources: inout RuntimeConfiguration.Resources) throws {
        var processor = resources.cpu ?? .init()
        if let period = try change("cpu-period", options, as: UInt64.self) { processor.period = period }
        if let quota = try change("cpu-quota", options, as: Int64.self) { processor.quota = quota }
        if let burst = try options.number("cpu-burst", as: UInt64.self) { processor.burst = burst }
        if let shares = try change("cpu-share", options, as: UInt64.self) { processor.shares = shares }
        if let period = try change("cpu-rt-period", options, as: UInt64.self) { processor.realtimePeriod = period }
        if let time = try options.number("cpu-rt-runtime", as: Int64.self) { processor.realtimeRuntime = time }
        if let idle = try options.number("cpu-idle", as: Int64.self) { processor.idle = idle }
        if let list = options.value("cpuset-cpus") { processor.cpus = list }
        if let list = options.value("cpuset-mems") { processor.mems = list }
        if processor != .init() { resources.cpu = processor }
    }
}
