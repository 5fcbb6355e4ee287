import Linux
import OCI
import Presentation
import Testing

@testable import Engine

/// `stats`: what is shown of what is counted, and of what is not.
@Suite struct ContainerUseTests {
    private static func row(_ use: ContainerUse, since earlier: ContainerUse?) throws -> String {
        let format = "{{.CPUPerc}}|{{.MemUsage}}|{{.MemPerc}}|{{.NetIO}}|{{.BlockIO}}|{{.PIDs}}"
        return try Listing.statistics([use], since: earlier.map { [$0.id: $0] } ?? [:]).text(
            ListFormat(format), limit: nil)
    }

    private static func use(
        _ statistics: CgroupStatistics?, countsBlocks: Bool, network: ContainerUse.Traffic?, at instant: UInt64
    ) -> ContainerUse {
        ContainerUse(
            id: "a", name: "one", statistics, countsBlocks: countsBlocks, network: network, at: instant,
            hostMemory: 1 << 30)
    }

    /// A container without a cgroup, or that has ended: no zeros.
    @Test func uncounted() throws {
        let blank = Self.use(nil, countsBlocks: false, network: nil, at: 1)
        #expect(try Self.row(blank, since: blank) == "--|-- / --|--|--|--|--\n")
        let empty = Self.use(CgroupStatistics(), countsBlocks: false, network: nil, at: 2)
        #expect(try Self.row(empty, since: blank) == "--|-- / --|--|--|--|--\n")
    }

    @Test func counted() throws {
        var statistics = CgroupStatistics()
        statistics.cpu.usage.total = 1_000_000_000
        statistics.memory.usage.usage = 64 << 20
        statistics.processes.current = 3
        let first = Self.use(statistics, countsBlocks: true, network: ContainerUse.Traffic(), at: 1_000_000_000)
        statistics.cpu.usage.total = 1_500_000_000
        let second = Self.use(
            statistics, countsBlocks: true, network: ContainerUse.Traffic(read: 1200, written: 7), at: 2_000_000_000)
        #expect(try Self.row(second, since: first) == "50.00%|64MiB / 1GiB|6.25%|1.2kB / 7B|0B / 0B|3\n")
        #expect(try Self.row(second, since: nil).hasPrefix("--|"))
    }

    @Test func traffic() {
        let text = """
            Inter-|   Receive                                                |  Transmit
             face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
                lo:     500       5    0    0    0     0          0         0      500       5    0    0    0     0       0          0
              eth0:    1016      10    0    0    0     0          0         0       90       1    0    0    0     0       0          0
              eth1:12345678       1    0    0    0     0          0         0        2       1    0    0    0     0       0          0

            """
        #expect(ContainerUse.Traffic(devices: text) == .init(read: 12_346_694, written: 92))
        #expect(ContainerUse.Traffic(devices: "") == .init())
    }
}
