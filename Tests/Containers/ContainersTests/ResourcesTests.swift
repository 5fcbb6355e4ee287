import Linux
import OCI
import Testing

@testable import Containers

/// Every field of `linux.resources`, on v1 and on v2, and what cannot be.
@Suite struct ResourcesTests {
    typealias Resources = RuntimeConfiguration.Resources

    private static let everyController = [
        "cpu", "cpuset", "memory", "pids", "blkio", "hugetlb", "net_cls", "net_prio", "rdma", "devices",
    ]
    private static let classic = CgroupLayout(
        hierarchies: everyController.map {
            CgroupHierarchy(version: 1, controllers: [$0], mountPoint: "/\($0)", ownPath: "/")
        })
    private static let unified = CgroupLayout(hierarchies: [
        CgroupHierarchy(
            version: 2, controllers: ["cpu", "cpuset", "memory", "pids", "io", "hugetlb", "rdma"], mountPoint: "/u",
            ownPath: "/")
    ])

    private static func plan(_ resources: Resources, _ layout: CgroupLayout) throws -> CgroupPlan {
        CgroupPlan(name: "n", limits: try CgroupLimits(resources), layout: layout)
    }

    /// `file=value`, without the device rules.
    private static func settings(_ resources: Resources, _ layout: CgroupLayout) throws -> [String] {
        try plan(resources, layout).directories.flatMap(\.settings).filter { !$0.file.hasPrefix("devices.") }
            .map { "\($0.file)=\($0.value)" }
    }

    /// A configuration with everything in it.
    private static func full(onV2: Bool) -> Resources {
        Resources(
            memory: .init(
                limit: 1 << 20, reservation: 1 << 19, swap: 3 << 20, kernelTCP: onV2 ? nil : 4096,
                swappiness: onV2 ? nil : 10, disableOOMKiller: onV2 ? nil : true),
            cpu: .init(
                shares: 512, quota: 50_000, burst: 10_000, period: 100_000, realtimeRuntime: onV2 ? nil : 950,
                realtimePeriod: onV2 ? nil : 1000, cpus: "0-1", mems: "0", idle: 0),
            pids: .init(limit: 0),
            blockIO: .init(
                weight: 500, leafWeight: onV2 ? nil : 300,
                weightDevice: [.init(major: 8, minor: 0, weight: 10, leafWeight: onV2 ? nil : 20)],
                throttleReadBpsDevice: [.init(major: 8, minor: 0, rate: 600)],
                throttleWriteBpsDevice: [.init(major: 8, minor: 16, rate: 0)],
                throttleReadIOPSDevice: [.init(major: 8, minor: 0, rate: 30)],
                throttleWriteIOPSDevice: [.init(major: 8, minor: 16, rate: 40)]),
            hugepageLimits: [.init(pageSize: "2MB", limit: 4 << 20)],
            network: .init(classID: 0x10_0001, priorities: [.init(name: "eth0", priority: 5)]),
            rdma: ["mlx5_1": .init(hcaHandles: 3, hcaObjects: 10_000), "rxe3": .init(hcaObjects: 7)],
            unified: onV2 ? ["memory.high": "900000", "io.latency": "8:0 target=1\n8:16 target=2"] : [:])
    }

    @Test func everyFieldOnV1() throws {
        let plan = try Self.plan(Self.full(onV2: false), Self.classic)
        #expect(plan.refusals.isEmpty)
        #expect(
            try Self.settings(Self.full(onV2: false), Self.classic) == [
                "cpu.idle=0", "cpu.rt_period_us=1000", "cpu.rt_runtime_us=950", "cpu.cfs_period_us=100000",
                "cpu.cfs_quota_us=50000", "cpu.cfs_burst_us=10000", "cpu.shares=512",
                "cpuset.mems=0", "cpuset.cpus=0-1",
                "memory.limit_in_bytes=1048576", "memory.memsw.limit_in_bytes=3145728",
                "memory.soft_limit_in_bytes=524288", "memory.kmem.tcp.limit_in_bytes=4096", "memory.swappiness=10",
                "memory.oom_control=1",
                "pids.max=0",
                "blkio.weight=500", "blkio.leaf_weight=300", "blkio.weight_device=8:0 10",
                "blkio.leaf_weight_device=8:0 20", "blkio.throttle.read_bps_device=8:0 600",
                "blkio.throttle.read_iops_device=8:0 30", "blkio.throttle.write_bps_device=8:16 0",
                "blkio.throttle.write_iops_device=8:16 40",
                "hugetlb.2MB.limit_in_bytes=4194304", "hugetlb.2MB.rsvd.limit_in_bytes=4194304",
                "net_cls.classid=1048577", "net_prio.ifpriomap=eth0 5",
                "rdma.max=mlx5_1 hca_handle=3 hca_object=10000", "rdma.max=rxe3 hca_object=7",
            ])
        let weight = plan.directories.flatMap(\.settings).first { $0.file == "blkio.weight_device" }
        #expect(weight?.otherwise.map(\.file) == ["blkio.bfq.weight_device"])
    }

    @Test func everyFieldOnV2() throws {
        let plan = try Self.plan(Self.full(onV2: true), Self.unified)
        #expect(
            plan.refusals.map(\.field) == ["linux.resources.network.classID", "linux.resources.network.priorities"])
        #expect(
            try Self.settings(Self.full(onV2: true), Self.unified) == [
                "cpu.idle=0", "cpu.max=50000 100000", "cpu.max.burst=10000", "cpu.weight=59",
                "cpuset.mems=0", "cpuset.cpus=0-1",
                "memory.max=1048576", "memory.swap.max=2097152", "memory.low=524288",
                "pids.max=1",
                "io.bfq.weight=500", "io.bfq.weight=8:0 10", "io.max=8:0 rbps=600 riops=30",
                "io.max=8:16 wbps=max wiops=40",
                "hugetlb.2MB.max=4194304", "hugetlb.2MB.rsvd.max=4194304",
                "rdma.max=mlx5_1 hca_handle=3 hca_object=10000", "rdma.max=rxe3 hca_object=7",
                "io.latency=8:0 target=1", "io.latency=8:16 target=2", "memory.high=900000",
            ])
        let weight = plan.directories.flatMap(\.settings).first { $0.file == "io.bfq.weight" }
        #expect(weight?.otherwise == [.init(file: "io.weight", value: "4950")])
        #expect(plan.filteredDevices.first == .init(allow: false))
    }

    /// −1 is no limit, 0 says nothing but of processes, and memory without a limit takes that of memory and swap away.
    @Test func unlimited() throws {
        let resources = Resources(
            memory: .init(limit: -1), cpu: .init(shares: 0, quota: -1, period: 0), pids: .init(limit: -1),
            blockIO: .init(weight: 0))
        #expect(
            try Self.settings(resources, Self.classic) == [
                "cpu.cfs_quota_us=-1", "memory.limit_in_bytes=-1", "memory.memsw.limit_in_bytes=-1", "pids.max=max",
            ])
        #expect(
            try Self.settings(resources, Self.unified) == [
                "cpu.max=max", "memory.max=max", "memory.swap.max=max", "pids.max=max",
            ])
        #expect(try CgroupLimits(Resources(memory: .init(limit: 0, swap: 0))).memory == nil)
    }

    /// What v2 cannot say is an error there, and files of v2 are one where it is not mounted, as the specification has it.
    @Test(
        arguments: [
            ("memory.swappiness", true, Resources(memory: .init(swappiness: 60))),
            ("memory.kernelTCP", true, Resources(memory: .init(kernelTCP: 1))),
            ("memory.disableOOMKiller", true, Resources(memory: .init(disableOOMKiller: true))),
            ("memory.swap", true, Resources(memory: .init(swap: 1 << 20))),
            ("cpu.realtimeRuntime", true, Resources(cpu: .init(realtimeRuntime: 1))),
            ("cpu.realtimePeriod", true, Resources(cpu: .init(realtimePeriod: 1))),
            ("blockIO.leafWeight", true, Resources(blockIO: .init(leafWeight: 10))),
            ("unified", true, Resources(unified: ["misc.max": "x 1"])),
            ("unified", true, Resources(unified: ["../x.y": "1"])),
            ("unified", true, Resources(unified: ["memory": "1"])),
            ("unified", true, Resources(unified: ["cgroup.procs": "1"])),
            ("unified", false, Resources(unified: ["memory.high": "1"])),
        ])
    func refused(field: String, onV2: Bool, resources: Resources) throws {
        let plan = try Self.plan(resources, onV2 ? Self.unified : Self.classic)
        #expect(plan.refusals.map(\.field) == ["linux.resources.\(field)"])
        let error = #expect(throws: SystemError.self) { try Cgroup.create(plan) }
        #expect(error?.object.hasPrefix("linux.resources.\(field): ") == true, "\(error?.object ?? "none")")
    }

    /// Values no cgroup can have are refused before anything is made, by their field.
    @Test(
        arguments: [
            ("memory.limit", Resources(memory: .init(limit: -2))),
            ("memory.swap", Resources(memory: .init(limit: 2 << 20, swap: 1 << 20))),
            ("memory.swappiness", Resources(memory: .init(swappiness: 101))),
            ("cpu.quota", Resources(cpu: .init(quota: .min))),
            ("cpu.burst", Resources(cpu: .init(quota: 1000, burst: 1001))),
            ("cpu.idle", Resources(cpu: .init(idle: 2))),
            ("cpu.cpus", Resources(cpu: .init(cpus: "0; reboot"))),
            ("cpu.mems", Resources(cpu: .init(mems: "all"))),
            ("blockIO.weight", Resources(blockIO: .init(weight: 9))),
            ("blockIO.weightDevice", Resources(blockIO: .init(weightDevice: [.init(major: 8, minor: 0)]))),
            (
                "blockIO.throttleReadBpsDevice",
                Resources(blockIO: .init(throttleReadBpsDevice: [.init(major: -1, minor: 0, rate: 1)]))
            ),
            ("hugepageLimits", Resources(hugepageLimits: [.init(pageSize: "2MB/../x", limit: 1)])),
            ("hugepageLimits", Resources(hugepageLimits: [.init(pageSize: "MB", limit: 1)])),
            ("network.priorities", Resources(network: .init(priorities: [.init(name: "a b", priority: 1)]))),
            ("rdma.x", Resources(rdma: ["x": .init()])),
            ("devices", Resources(devices: [.init(allow: true, type: "x")])),
            ("devices", Resources(devices: [.init(allow: true, type: "c", access: "rwx")])),
            ("devices", Resources(devices: [.init(allow: true, type: "c", major: 1 << 40)])),
        ])
    func invalid(field: String, resources: Resources) {
        let error = #expect(throws: PlanError.self) { try CgroupLimits(resources) }
        #expect(error?.field == "linux.resources.\(field)")
    }

    /// Devices are an allowed list: what it does not say is denied, the default devices are always allowed, and a rule for both
    /// types that says less than everything becomes two.
    @Test func devices() throws {
        func rules(_ devices: [Resources.DeviceRule]) throws -> [String] {
            try CgroupLimits(Resources(devices: devices)).deviceRules.map { "\($0.allow ? "+" : "-")\($0.text)" }
        }
        let always = [
            "+c *:* m", "+b *:* m", "+c 1:3 rwm", "+c 1:5 rwm", "+c 1:7 rwm", "+c 1:8 rwm", "+c 1:9 rwm", "+c 5:0 rwm",
            "+c 5:2 rwm", "+c 136:* rwm",
        ]
        #expect(try rules([]) == ["-a"] + always)
        #expect(try rules([.init(allow: false, access: "rwm")]) == ["-a"] + always)
        #expect(
            try rules([.init(allow: true, type: "b", major: 8, minor: 0, access: "r")])
                == ["-a", "+b 8:0 r"] + always)
        #expect(
            try rules([.init(allow: true, major: 10, access: "rw")]) == ["-a", "+c 10:* rw", "+b 10:* rw"] + always)
        #expect(try rules([.init(allow: false), .init(allow: true)]) == ["+a"])
        #expect(try Self.plan(Resources(devices: [.init(allow: true)]), Self.unified).filteredDevices.isEmpty)
        // An update that names no devices changes none.
        #expect(try CgroupLimits(updating: Resources()).deviceRules.isEmpty)
    }

    /// What no kernel heeds any more is said, not refused.
    @Test func unheeded() {
        #expect(CgroupLimits.unheeded(Resources(memory: .init(kernel: 1, useHierarchy: false))).count == 2)
        #expect(CgroupLimits.unheeded(Resources(memory: .init(kernel: -1, useHierarchy: true))).isEmpty)
    }
}
