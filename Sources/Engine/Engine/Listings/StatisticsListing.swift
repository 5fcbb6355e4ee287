import Linux
package import OCI
public import Presentation

/// What a container uses, at an instant.
public struct ContainerUse: Equatable, Sendable {
    public var id: String
    public var name: String
    /// Nanoseconds of processor time so far, and of the clock.
    var processorTime: UInt64
    var instant: UInt64
    /// Bytes.
    var memory: UInt64
    /// Bytes; the host's memory where there is no limit.
    var memoryLimit: UInt64
    var read: UInt64
    var written: UInt64
    var processes: UInt64

    /// Of memory that it is charged for, what is not merely a cache that can be dropped is counted, as Docker does.
    init(
        id: String, name: String, _ statistics: CgroupStatistics, at instant: UInt64, hostMemory: UInt64
    ) {
        self.id = id
        self.name = name
        self.instant = instant
        processorTime = statistics.cpu.usage.total
        let usage = statistics.memory.usage.usage ?? 0
        let inactive = statistics.memory.raw["total_inactive_file"] ?? statistics.memory.raw["inactive_file"] ?? 0
        memory = usage > inactive ? usage - inactive : usage
        let limit = statistics.memory.usage.limit
        memoryLimit = limit == 0 || limit > hostMemory ? hostMemory : limit
        func sum(_ operation: String) -> UInt64 {
            statistics.blockIO.serviceBytes.filter { $0.operation.lowercased() == operation }.reduce(0) {
                $0.addingReportingOverflow($1.value).partialValue
            }
        }
        read = sum("read")
        written = sum("write")
        processes = statistics.processes.current ?? 0
    }

    /// Hundredths of per cent of one processor since an earlier instant; 0 without one.
    func processorShare(since earlier: ContainerUse?) -> UInt64 {
        guard let earlier, instant > earlier.instant, processorTime >= earlier.processorTime else { return 0 }
        return UInt64(Double(processorTime - earlier.processorTime) / Double(instant - earlier.instant) * 10_000 + 0.5)
    }
}

extension Listing {
    /// `isolab stats`
    ///
    /// - Parameter earlier: what they used some time before, by identifier.
    public static func statistics(
        _ uses: [ContainerUse], since earlier: [String: ContainerUse], noTruncation: Bool = false
    ) -> Listing {
        func share(_ hundredths: UInt64) -> String {
            let rest = hundredths % 100
            return "\(hundredths / 100).\(rest < 10 ? "0" : "")\(rest)%"
        }
        func size(_ bytes: UInt64) -> String { HumanSize.binary(Int64(clamping: bytes)) }
        return Listing(
            [
                Column("Container", "CONTAINER ID"), Column("Name", "NAME", .kept), Column("CPUPerc", "CPU %"),
                Column("MemUsage", "MEM USAGE / LIMIT"), Column("MemPerc", "MEM %"), Column("BlockIO", "BLOCK I/O"),
                Column("PIDs", "PIDS"),
            ],
            further: ["ID": "CONTAINER ID"],
            rows: uses.map { use in
                let id = noTruncation ? use.id : String(use.id.prefix(12))
                let memory = use.memoryLimit == 0 ? 0 : Double(use.memory) / Double(use.memoryLimit) * 10_000
                return .object([
                    .init("Container", .text(id)), .init("ID", .text(id)), .init("Name", .text(use.name)),
                    .init("CPUPerc", .text(share(use.processorShare(since: earlier[use.id])))),
                    .init("MemUsage", .text("\(size(use.memory)) / \(size(use.memoryLimit))")),
                    .init("MemPerc", .text(share(UInt64(memory + 0.5)))),
                    .init(
                        "BlockIO",
                        .text(
                            "\(HumanSize.text(Int64(clamping: use.read))) / \(HumanSize.text(Int64(clamping: use.written)))"
                        )),
                    .init("PIDs", .text("\(use.processes)")),
                ])
            })
    }
}
