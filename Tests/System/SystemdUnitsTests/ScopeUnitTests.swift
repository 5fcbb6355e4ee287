import Linux
import Testing

@testable import SystemdUnits

/// Limits and annotations as settings of a scope.
struct ScopeUnitTests {
    private let facts = SystemdFacts(
        version: 255,
        deviceNames: "Character devices:\n  1 mem\n  4 /dev/vc/0\n  4 tty\n136 pts\n\nBlock devices:\n  8 sd\n")

    private func properties(_ limits: CgroupLimits, version: Int = 255) -> [String: BusValue] {
        var facts = facts
        facts.version = version
        return Dictionary(
            LimitProperties.of(limits, facts: facts).map { ($0.name, $0.value) }, uniquingKeysWith: { $1 })
    }

    @Test func nothing() { #expect(properties(CgroupLimits()).isEmpty) }

    @Test func memory() {
        #expect(
            properties(CgroupLimits(memory: 64 << 20, memoryAndSwap: 96 << 20)) == [
                "MemoryMax": .uint64(64 << 20), "MemorySwapMax": .uint64(32 << 20),
            ])
        #expect(
            properties(CgroupLimits(memory: CgroupLimits.unlimited, memoryAndSwap: CgroupLimits.unlimited)) == [
                "MemoryMax": .uint64(.max), "MemorySwapMax": .uint64(.max),
            ])
    }

    /// Quotas by microseconds in a second, in whole hundredths of a processor, rounded up.
    @Test(
        arguments: [
            (50_000, 100_000, 500_000), (50_000, nil, 500_000), (1001, 100_000, 20_000), (33_333, 100_000, 340_000),
            (.max, 100_000, .max), (.max - 1, 1, .max), (1000, .max, 10_000),
        ] as [(UInt64, UInt64?, UInt64)]) func quota(quota: UInt64, period: UInt64?, time: UInt64)
    {
        let result = properties(CgroupLimits(cpuQuota: quota, cpuPeriod: period))
        #expect(result["CPUQuotaPerSecUSec"] == .uint64(time))
        #expect(result["CPUQuotaPeriodUSec"] == period.map { .uint64($0) })
    }

    @Test func weightsAndNumbers() {
        #expect(properties(CgroupLimits(cpuShares: 1024))["CPUWeight"] == .uint64(100))
        #expect(properties(CgroupLimits(processes: 0))["TasksMax"] == .uint64(1))
        #expect(properties(CgroupLimits(processes: 20))["TasksMax"] == .uint64(20))
        var idle = CgroupLimits(cpuShares: 1024)
        idle.cpuIdle = 1
        #expect(properties(idle)["CPUWeight"] == .uint64(0))
        #expect(properties(idle, version: 249)["CPUWeight"] == .uint64(100))
    }

    @Test func processors() {
        #expect(properties(CgroupLimits(cpus: "0-2,9"))["AllowedCPUs"] == .bytes([0b111, 0b10]))
        #expect(properties(CgroupLimits(memoryNodes: "0"))["AllowedMemoryNodes"] == .bytes([1]))
        #expect(LimitProperties.mask("3-1") == nil)
        #expect(LimitProperties.mask("0-4294967295") == nil)
        #expect(LimitProperties.mask("-") == nil)
    }

    @Test func filesOfV2() {
        let unified: [CgroupLimits.Setting] = [
            .init(file: "memory.high", value: "1048576"), .init(file: "pids.max", value: "max"),
            .init(file: "cpu.max", value: "20000 100000"), .init(file: "memory.oom.group", value: "1"),
        ]
        #expect(
            properties(CgroupLimits(processes: 5, unified: unified)) == [
                "MemoryHigh": .uint64(1 << 20), "TasksMax": .uint64(.max), "CPUQuotaPerSecUSec": .uint64(200_000),
                "CPUQuotaPeriodUSec": .uint64(100_000),
            ])
    }

    @Test func blockDevices() {
        var device = CgroupLimits.BlockIO.Device(major: 8, minor: 16)
        device.readBytes = 1 << 20
        device.writeRequests = 0
        var limits = CgroupLimits()
        limits.blockIO = .init(weight: 10, devices: [device])
        #expect(
            properties(limits) == [
                "IOWeight": .uint64(1),
                "IOReadBandwidthMax": .array(of: "(st)", [.structure([.string("/dev/block/8:16"), .uint64(1 << 20)])]),
                "IOWriteIOPSMax": .array(of: "(st)", [.structure([.string("/dev/block/8:16"), .uint64(.max)])]),
            ])
    }

    /// A list that allows: by numbers, by the names of a kind; what nobody has a name for is left to the cgroup's own rules.
    @Test func devices() {
        let rules: [CgroupLimits.DeviceRule] = [
            .init(allow: false), .init(allow: true, kind: .character, access: .makeNode),
            .init(allow: true, kind: .character, major: 1, minor: 3),
            .init(allow: true, kind: .character, major: 136), .init(allow: true, kind: .character, major: 4),
            .init(allow: true, kind: .block, major: 8, access: .read),
            .init(allow: true, kind: .block, major: 8, access: .write), .init(allow: true, kind: .character, major: 99),
            .init(allow: true, kind: .character, major: 10, minor: 200),
            .init(allow: false, kind: .character, major: 10, minor: 200, access: [.write, .makeNode]),
        ]
        let result = properties(CgroupLimits(deviceRules: rules))
        #expect(result["DevicePolicy"] == .string("strict"))
        let expected = [
            ("char-*", "m"), ("/dev/char/1:3", "rwm"), ("char-pts", "rwm"), ("char-/dev/vc/0", "rwm"),
            ("char-tty", "rwm"), ("block-sd", "rw"), ("/dev/char/10:200", "r"),
        ]
        #expect(
            result["DeviceAllow"]
                == .array(of: "(ss)", expected.map { .structure([.string($0.0), .string($0.1)]) }))
        #expect(properties(CgroupLimits(deviceRules: [.init(allow: true)]))["DevicePolicy"] == .string("auto"))
        var user = facts
        user.isUser = true
        #expect(LimitProperties.of(CgroupLimits(deviceRules: rules), facts: user).isEmpty)
    }

    /// A scope that delegates, goes by itself, and takes what annotations say last.
    @Test func scope() throws {
        let unit = ScopeUnit(
            try SystemdPlace("machine.slice:p:n", id: "n", isUser: false), description: "words",
            limits: CgroupLimits(memory: 1 << 20),
            additional: [UnitProperty("MemoryMax", .uint64(5)), UnitProperty("TimeoutStopUSec", .uint64(7))],
            facts: facts)
        let found = Dictionary(uniqueKeysWithValues: unit.properties.map { ($0.name, $0.value) })
        #expect(unit.name == "p-n.scope")
        #expect(found["Slice"] == .string("machine.slice"))
        #expect(found["Delegate"] == .boolean(true))
        #expect(found["CollectMode"] == .string("inactive-or-failed"))
        #expect(found["MemoryMax"] == .uint64(5))
        #expect(found["TimeoutStopUSec"] == .uint64(7))
    }

    @Test(arguments: [
        ("TimeoutStopUSec", "uint64 10000000", UnitProperty("TimeoutStopUSec", .uint64(10_000_000))),
        ("TimeoutStopSec", "30", UnitProperty("TimeoutStopUSec", .uint64(30_000_000))),
        ("KillSignal", "15", UnitProperty("KillSignal", .int32(15))),
        ("CollectMode", "'inactive'", UnitProperty("CollectMode", .string("inactive"))),
        ("After", "['a.service', \"b.service\"]", UnitProperty("After", .strings(["a.service", "b.service"]))),
        ("Delegate", "false", UnitProperty("Delegate", .boolean(false))),
    ]) func annotations(name: String, text: String, property: UnitProperty) throws {
        #expect(try AnnotatedProperties.of(["org.systemd.property.\(name)": text, "other": "x"]) == [property])
    }

    @Test(arguments: [
        ("a", "1"), ("killSignal", "15"), ("Kill.Signal", "15"), ("KillSignal", "fifteen"), ("KillSignal", ""),
        ("TimeoutStopSec", "uint64 18446744073709551615"), ("TimeoutStopSec", "-1"), ("TimeoutStopSec", "'x'"),
        ("After", "['a', b]"), ("After", "'a\\'b'"), ("TimeoutStopUSec", "uint64 -1"),
    ]) func badAnnotations(name: String, text: String) {
        #expect(throws: AnnotatedProperties.Invalid.self) {
            try AnnotatedProperties.of(["org.systemd.property.\(name)": text])
        }
    }
}
