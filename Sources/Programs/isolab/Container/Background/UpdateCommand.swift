import ArgumentParser
import Engine

/// `isolab update`: other limits, or another restart policy.
struct UpdateCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "update", abstract: "Change limits or the restart policy of containers, whether they run or not.")

    @Option(name: .shortAndLong, help: ArgumentHelp("Limit memory, e.g. 512m.", valueName: "bytes")) var memory: String?
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Limit memory and swap together; -1 means no limit.", valueName: "bytes"))
    var memorySwap: String?
    @Option(help: ArgumentHelp("A soft limit, enforced when the host runs short of memory.", valueName: "bytes"))
    var memoryReservation: String?
    @Option(help: ArgumentHelp("Limit processor time, in processors, e.g. 1.5.", valueName: "number")) var cpus: String?
    @Option(
        name: [.customShort("c"), .long],
        help: ArgumentHelp("The container's weight when processors are busy.", valueName: "number"))
    var cpuShares: UInt64?
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Limit processor time in each period.", valueName: "microseconds"))
    var cpuQuota: Int64?
    @Option(help: ArgumentHelp("The length of a period.", valueName: "microseconds")) var cpuPeriod: UInt64?
    @Option(help: ArgumentHelp("Run only on these processors, e.g. 0-2,5.", valueName: "list")) var cpusetCpus: String?
    @Option(help: ArgumentHelp("Use only the memory of these nodes.", valueName: "list")) var cpusetMems: String?
    @Option(parsing: .unconditional, help: ArgumentHelp("Limit the number of processes.", valueName: "number"))
    var pidsLimit: Int64?
    @Option(
        help: ArgumentHelp(
            "Restart after the end: no, on-failure[:number], always, unless-stopped.", valueName: "policy"))
    var restart: String?
    @OptionGroup var names: ContainerNames

    func run() throws {
        let options = try Failure.checked { try self.options() }
        try SeveralContainers.each(names.containers) {
            try $0.update($1, options)
            return $1
        }
    }

    private func options() throws -> UpdateOptions {
        var options = UpdateOptions()
        options.memory = try memory.map { try ByteSize("--memory", $0) }
        options.memoryAndSwap = try memorySwap.map { try ByteSize("--memory-swap", $0, allowsUnlimited: true) }
        options.memoryReservation = try memoryReservation.map { try ByteSize("--memory-reservation", $0) }
        options.processors = try cpus.map { try ProcessorTime("--cpus", $0) }
        options.processorShares = cpuShares
        options.processorQuota = cpuQuota
        options.processorPeriod = cpuPeriod
        options.processorSet = cpusetCpus
        options.memoryNodes = cpusetMems
        options.processCount = pidsLimit
        options.restart = try restart.map { try RestartPolicy("--restart", $0) }
        return options
    }
}
