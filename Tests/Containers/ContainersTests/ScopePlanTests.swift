import Linux
import OCI
import SystemdUnits
import Testing

@testable import Containers

/// A container's cgroup as a scope that systemd is to make, as a value.
struct ScopePlanTests {
    private let host = HostFacts(
        cgroups: CgroupLayout(hierarchies: [
            CgroupHierarchy(
                version: 2, controllers: ["cpu", "cpuset", "io", "memory", "pids"], mountPoint: "/sys/fs/cgroup",
                ownPath: "/init.scope")
        ]), boundingSet: [])
    private let address = BusAddress(path: "/run/user/7/systemd/private", isBus: false)

    private func plan(
        _ path: String?, user: Bool = false, _ resources: RuntimeConfiguration.Resources = .init(),
        annotations: [String: String] = [:]
    ) throws -> ScopePlan {
        var configuration = RuntimeConfiguration.docker(arguments: ["true"], rootPath: "/root", seccomp: nil)
        configuration.ociVersion = RuntimeConfiguration.specificationVersion
        configuration.linux?.cgroupsPath = path
        configuration.linux?.resources = resources
        configuration.annotations = annotations
        return try ScopePlan(
            configuration, id: "c1", host,
            SystemdFacts(
                version: 255, controlGroup: user ? "/user.slice/user-7.slice/user@7.service" : "", isUser: user),
            at: address)
    }

    /// What systemd is asked for, and where its files will be, are one place; nothing above it is made here.
    @Test func place() throws {
        let plan = try plan("kube-pod.slice:cri:77", .init(memory: .init(limit: 1 << 20)))
        #expect(plan.unit.name == "cri-77.scope")
        #expect(plan.unit.properties.contains(UnitProperty("MemoryMax", .uint64(1 << 20))))
        #expect(plan.cgroup.isManaged)
        #expect(plan.cgroup.directories.map(\.path) == ["/sys/fs/cgroup/kube.slice/kube-pod.slice/cri-77.scope"])
        #expect(plan.cgroup.directories.first?.settings.contains(.init(file: "memory.max", value: "1048576")) == true)
        #expect(plan.lateLimits == nil)
        #expect(plan.record == ScopeRecord(unit: "cri-77.scope", socket: address.path, isBus: false, isUser: false))
        #expect(Cgroup(foreseen: plan.cgroup).directories.allSatisfy { $0.made.isEmpty && !$0.found })
    }

    @Test func ofAUser() throws {
        let plan = try plan(nil, user: true)
        #expect(
            plan.cgroup.directories.map(\.path) == [
                "/sys/fs/cgroup/user.slice/user-7.slice/user@7.service/user.slice/isolab-c1.scope"
            ])
    }

    /// Whoever keeps a scope counts too: a limit that leaves no room for the container's own comes when it is there.
    @Test(arguments: [(0, 0), (1, 1), (2, nil), (-1, nil)] as [(Int64, UInt64?)])
    func lateLimits(limit: Int64, late: UInt64?) throws {
        let plan = try plan(nil, .init(pids: .init(limit: limit)))
        #expect(plan.lateLimits?.processes == late)
        #expect(plan.unit.properties.contains { $0.name == "TasksMax" } == (late == nil))
        let settings = plan.cgroup.directories.flatMap(\.settings)
        #expect(settings.contains { $0.file == "pids.max" } == (late == nil))
    }

    @Test func refusals() {
        #expect(throws: PlanError.self) { try plan("/absolute") }
        #expect(throws: PlanError.self) { try plan("a.slice:b:c.slice") }
        #expect(throws: PlanError.self) { try plan(nil, annotations: ["org.systemd.property.X": "1"]) }
        #expect(throws: PlanError.self) { try plan(nil, .init(memory: .init(limit: 5, swappiness: 3))) }
    }

    /// A record says where systemd was asked, and survives being written.
    @Test func record() throws {
        var record = ContainerRecord.blank
        record.scope = ScopeRecord(unit: "a.scope", socket: "/s", isBus: true, isUser: true, invocation: "00ff")
        #expect(try ContainerRecord(json: record.json()) == record)
        #expect(
            record.scope?.instance
                == SystemdInstance(isUser: true, addresses: [BusAddress(path: "/s", isBus: true)]))
    }

    /// Where a process is among systemd's units, by each way of mounting cgroups.
    @Test(
        arguments: [
            ("0::/system.slice/a.scope\n", "/system.slice/a.scope"),
            ("4:memory:/x\n1:name=systemd:/system.slice/a.scope\n0::/\n", "/system.slice/a.scope"),
            ("2:pids:/p\n1:name=systemd:/a\n", "/a"), ("3:memory:/x\n", nil), ("", nil),
        ] as [(String, String?)]) func ownPlace(text: String, path: String?)
    { #expect(ScopeHold.path(in: text) == path) }
}
