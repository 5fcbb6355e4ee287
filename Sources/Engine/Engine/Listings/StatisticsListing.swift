import Linux
package import OCI
package import Presentation

/// What a container uses, at an instant.
///
/// Nil is what nobody counts, which must not look like nothing used: an ordinary user's container may have no cgroup, and one that has
/// ended has none.
package struct ContainerUse: Equatable, Sendable {
    package var id: String
    package var name: String
    /// Nanoseconds of processor time so far, and of the clock.
    var processorTime: UInt64?
    var instant: UInt64
    /// Bytes.
    var memory: UInt64?
    /// Bytes; the host's memory where there is no limit.
    var memoryLimit: UInt64
    /// Through networks, and from and to block devices.
    var network: Traffic?
    var blocks: Traffic?
    var processes: UInt64?

    /// Bytes in either direction.
    struct Traffic: Equatable, Sendable {
        var read: UInt64 = 0
        var written: UInt64 = 0
    }

    /// Of memory that it is charged for, what is not merely a cache that can be dropped is counted, as Docker does.
    ///
    /// - Parameters:
    ///   - statistics: of its cgroup; nil where that cannot be read.
    ///   - countsBlocks: whether that counts what passes block devices.
    init(
        id: String, name: String, _ statistics: CgroupStatistics?, countsBlocks: Bool, network: Traffic?,
        at instant: UInt64, hostMemory: UInt64
    ) {
        self.id = id
        self.name = name
        self.instant = instant
        self.network = network
        let statistics = statistics ?? CgroupStatistics()
        // A process that runs has used some.
        processorTime = statistics.cpu.usage.total == 0 ? nil : statistics.cpu.usage.total
        let inactive = statistics.memory.raw["total_inactive_file"] ?? statistics.memory.raw["inactive_file"] ?? 0
        memory = statistics.memory.usage.usage.map { $0 > inactive ? $0 - inactive : $0 }
        let limit = statistics.memory.usage.limit
        memoryLimit = limit == 0 || limit > hostMemory ? hostMemory : limit
        func sum(_ operation: String) -> UInt64 {
            statistics.blockIO.serviceBytes.filter { $0.operation.lowercased() == operation }.reduce(0) {
                $0.addingReportingOverflow($1.value).partialValue
            }
        }
        if countsBlocks { blocks = Traffic(read: sum("read"), written: sum("write")) }
        processes = statistics.processes.current
    }

    /// Hundredths of per cent of one processor since an earlier instant; nil without one.
    func processorShare(since earlier: ContainerUse?) -> UInt64? {
        guard let processorTime, let earlier, let before = earlier.processorTime, instant > earlier.instant,
            processorTime >= before
        else { return nil }
        return UInt64(Double(processorTime - before) / Double(instant - earlier.instant) * 10_000 + 0.5)
    }
}

extension ContainerUse.Traffic {
    /// What has passed the interfaces of a network namespace, loopback aside (`/proc/<pid>/net/dev`).
    init(devices text: String) {
        // Two lines of headings come first; then `eth0:`, eight numbers of what came, and eight of what went.
        for line in text.parts(between: "\n").dropFirst(2) {
            guard let (name, numbers) = line.cut(at: ":") else { continue }
            let fields = numbers.parts(between: " ")
            guard name.parts(between: " ").first != "lo", fields.count > 8 else { continue }
            read = read.addingReportingOverflow(UInt64(fields[0]) ?? 0).partialValue
            written = written.addingReportingOverflow(UInt64(fields[8]) ?? 0).partialValue
        }
    }
}

extension Listing {
    /// `isolab stats`
    ///
    /// - Parameter earlier: what they used some time before, by identifier.
    package static func statistics(
        _ uses: [ContainerUse], since earlier: [String: ContainerUse], noTruncation: Bool = false
    ) -> Listing {
        func share(_ hundredths: UInt64?) -> String {
            guard let hundredths else { return "--" }
            let rest = hundredths % 100
            return "\(hundredths / 100).\(rest < 10 ? "0" : "")\(rest)%"
        }
        func size(_ bytes: UInt64) -> String { HumanSize.binary(Int64(clamping: bytes)) }
        func traffic(_ traffic: ContainerUse.Traffic?) -> String {
            guard let traffic else { return "--" }
            return [traffic.read, traffic.written].map { HumanSize.text(Int64(clamping: $0)) }.joined(separator: " / ")
        }
        return Listing(
            [
                Column("Container", "CONTAINER ID"), Column("Name", "NAME", .kept), Column("CPUPerc", "CPU %"),
                Column("MemUsage", "MEM USAGE / LIMIT"), Column("MemPerc", "MEM %"), Column("NetIO", "NET I/O"),
                Column("BlockIO", "BLOCK I/O"), Column("PIDs", "PIDS"),
            ],
            further: ["ID": "CONTAINER ID"],
            rows: uses.map { use in
                let id = noTruncation ? use.id : String(use.id.prefix(12))
                let memory: UInt64? = use.memory.flatMap { memory in
                    use.memoryLimit == 0
                        ? nil : UInt64(Double(memory) / Double(use.memoryLimit) * 10_000 + 0.5)
                }
                return .object([
                    .init("Container", .text(id)), .init("ID", .text(id)), .init("Name", .text(use.name)),
                    .init("CPUPerc", .text(share(use.processorShare(since: earlier[use.id])))),
                    .init("MemUsage", .text(use.memory.map { "\(size($0)) / \(size(use.memoryLimit))" } ?? "-- / --")),
                    .init("MemPerc", .text(share(memory))),
                    .init("NetIO", .text(traffic(use.network))), .init("BlockIO", .text(traffic(use.blocks))),
                    .init("PIDs", .text(use.processes.map { "\($0)" } ?? "--")),
                ])
            })
    }
}
