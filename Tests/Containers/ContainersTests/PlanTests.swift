import Linux
import OCI
import Seccomp
import Testing

@testable import Containers

/// A plan is a value: what a configuration becomes is decided, and tested, without root.
@Suite struct PlanTests {
    /// A host with everything on cgroup v2.
    static let modern = HostFacts(
        cgroups: CgroupLayout(hierarchies: [
            CgroupHierarchy(
                version: 2, controllers: ["cpuset", "cpu", "io", "memory", "hugetlb", "pids"],
                mountPoint: "/sys/fs/cgroup", ownPath: "/user.slice")
        ]), boundingSet: CapabilitySet(rawValue: 0x1ff_ffff_ffff), mountPoint: "/m")

    private func plan(
        root: RootFileSystem = .readOnly("/r"), host: HostFacts = PlanTests.modern,
        options: LaunchPlan.Options = LaunchPlan.Options(),
        _ change: (inout RuntimeConfiguration) -> Void = { _ in }
    ) throws -> LaunchPlan {
        var configuration = RuntimeConfiguration(
            ociVersion: "1.0.2", process: .init(arguments: ["/p"]), linux: .init(namespaces: [.init(.mount)]))
        change(&configuration)
        return try LaunchPlan(configuration, root: root, options: options, host: host)
    }

    /// The least a container is, step by step: nothing is added that was not asked for.
    @Test func leastPlan() throws {
        let steps: [ChildStep] = [
            .mount(source: "", target: "/", type: "", flags: [.follower, .recursive], data: ""),
            .mount(source: "/r", target: "/m", type: "", flags: [.bind, .recursive], data: ""),
            .setMountAttributes(path: "/m", set: .readOnly, clear: [], recursive: false),
            .pivotRoot(path: "/m"),
            .sessionKeyring(name: nil), .newSession, .streams, .nullStreams, .resetSignals,
            .closeAtOnce(preserving: 0),
            .limitBoundingSet(to: []),
            .setGroups(primary: 0, additional: []), .setUser(0), .changeDirectory(path: "/"),
            .setCapabilities(effective: [], permitted: [], inheritable: []),
            .execute(candidates: ["/p"], arguments: ["/p"], environment: []),
        ]
        let plan = try plan()
        #expect(plan.namespaces == .mount)
        #expect(plan.steps == steps)
        #expect(plan.warnings.isEmpty)
    }

    /// Docker's configuration: the overlay is made before the root changes, everything else after; masks come after what
    /// they mask; on v2 the child need not write itself into a cgroup.
    @Test func dockersOrder() throws {
        let configuration = RuntimeConfiguration.docker(
            arguments: ["sh"], hostname: "h", memory: 1 << 20, processors: 0.5, processCount: 9, seccomp: nil)
        let plan = try LaunchPlan(configuration, root: .overlay(lower: ["/a:b", "/c"]), host: Self.modern)
        let names = plan.steps.map(\.name)
        #expect(plan.namespaces == [.pid, .mount, .network, .uts, .ipc])
        #expect(names.first == "unshare cgroup")
        let order = [
            "overlay on /m/merged", "pivot_root", "mount /proc", "mknod /dev/null", "read-only /proc/sys",
            "mask /proc/kcore", "bounding set", "setuid", "capset", "execve",
        ]
        let places: [Int] = order.compactMap { (word: String) in names.firstIndex { $0.hasSuffix(word) } }
        #expect(places.count == order.count)
        #expect(places == places.sorted())
        let overlay = ChildStep.mount(
            source: "overlay", target: "/m/merged", type: "overlay", flags: [],
            data: "lowerdir=/a\\:b:/c,upperdir=/m/upper,workdir=/m/work,volatile")
        #expect(plan.steps.contains(overlay))
        #expect(plan.limits?.memory == 1 << 20)
        #expect(plan.description.contains("memory.max = 1048576"))
        #expect(plan.description.contains("cpu.max = 50000 100000"))
        #expect(plan.description.contains("pids.max = 9"))
    }

    /// The filter comes before the privileges go, unless no_new_privs makes it possible to load it last.
    @Test func placeOfTheFilter() throws {
        let filter = SeccompProgram(instructions: [FilterInstruction(code: 6, constant: 0x7fff_0000)])
        let without = try plan(options: .init(seccomp: filter)).steps.map(\.name)
        #expect(without.filter { $0 == "seccomp" || $0 == "capset" } == ["seccomp", "capset"])
        let with = try plan(options: .init(seccomp: filter)) { $0.process?.noNewPrivileges = true }
        #expect(with.steps.map(\.name).suffix(3) == ["no_new_privs", "seccomp", "execve"])
        #expect(with.steps.contains(.seccomp(instructions: [0x7fff_0000_0000_0006], flags: 0)))
    }

    /// In a user namespace devices are bound, not made; /proc comes from before the root changed; the maps are awaited
    /// before anything needs an owner.
    @Test func userNamespace() throws {
        let configuration = RuntimeConfiguration.docker(
            arguments: ["sh"], userMappings: .contiguous(from: 100_000), seccomp: nil)
        let plan = try LaunchPlan(configuration, root: .overlay(lower: ["/l"]), host: Self.modern)
        #expect(plan.namespaces.contains(.user))
        #expect(plan.identityMaps?.users == "0 100000 65536\n")
        let names = plan.steps.map(\.name)
        #expect(names.first { $0.hasPrefix("mknod") } == nil)
        // Message queues belong to whoever makes their namespace: root inside.
        #expect(!plan.namespaces.contains(.ipc))
        let order = ["await id maps", "unshare ipc", "mount tmpfs on /m", "fsmount proc", "pivot_root", "attach /proc"]
        #expect(names.filter(order.contains) == order)
        let joined = try self.plan { $0.linux?.namespaces += [.init(.user, path: "/ns/user"), .init(.ipc)] }
        #expect(joined.namespaces == .mount)
        #expect(joined.steps.prefix(3).map(\.name) == ["setgroups", "setuid", "unshare ipc"])
    }

    /// What the host cannot give is taken off and said, not left to fail in the child.
    @Test func clippedToTheHost() throws {
        var host = Self.modern
        host.boundingSet = CapabilitySet(rawValue: 1 << 13)
        host.hardLimits = [.openFiles: 100]
        let plan = try plan(host: host) {
            $0.process?.capabilities = .init(bounding: ["CAP_NET_RAW", "CAP_SYS_ADMIN"], effective: ["CAP_FLY"])
            $0.process?.resourceLimits = [.init(type: "RLIMIT_NOFILE", soft: 50, hard: 500)]
        }
        #expect(plan.steps.contains(.setLimit(ResourceLimit(.openFiles, soft: 50, hard: 100))))
        #expect(plan.steps.contains(.limitBoundingSet(to: CapabilitySet(rawValue: 1 << 13))))
        #expect(
            plan.warnings == [
                "RLIMIT_NOFILE 50:500: clipped to this host's hard limit, 100",
                "process.capabilities.bounding: this host cannot give sys_admin",
            ])
    }

    /// Where nothing enforces the device rules, making device nodes is what goes; where something does, it stays.
    @Test func unenforcedDeviceRules() throws {
        func bounding(_ host: HostFacts) throws -> CapabilitySet? {
            let configuration = RuntimeConfiguration.docker(arguments: ["sh"], seccomp: nil)
            let plan = try LaunchPlan(configuration, root: .readOnly("/r"), host: host)
            for case .limitBoundingSet(let set) in plan.steps { return set }
            return nil
        }
        var helpless = Self.modern
        helpless.limitsDevices = false
        #expect(try bounding(helpless)?.rawValue == 0xa004_25fb)
        #expect(try bounding(Self.modern)?.rawValue == 0xa804_25fb)
    }

    /// Configurations that cannot be are refused with the field at fault.
    @Test(
        arguments: [
            ("process.args", { @Sendable (c: inout RuntimeConfiguration) in c.process?.arguments = [] }),
            ("process.cwd", { c in c.process?.workingDirectory = "relative" }),
            ("process.terminal", { c in c.process?.terminal = true }),
            ("process.rlimits", { c in c.process?.resourceLimits = [.init(type: "RLIMIT_X", soft: 1, hard: 1)] }),
            ("process.rlimits", { c in c.process?.resourceLimits = [.init(type: "RLIMIT_CPU", soft: 2, hard: 1)] }),
            ("linux.namespaces", { c in c.linux?.namespaces = [.init(.pid)] }),
            ("linux.namespaces", { c in c.linux?.namespaces.append(.init(.network, path: "proc/1/ns/net")) }),
            ("linux.uidMappings", { c in c.linux?.namespaces.append(.init(.user)) }),
            ("hostname", { c in c.hostname = "h" }),
            ("linux.intelRdt", { c in c.linux?.intelRdt = .init() }),
            ("linux.mountLabel", { c in c.linux?.mountLabel = "system_u:object_r:svirt_file_t:s0" }),
            ("process.apparmorProfile", { c in c.process?.apparmorProfile = "docker-default" }),
            ("process.selinuxLabel", { c in c.process?.selinuxLabel = "system_u:system_r:svirt_t:s0" }),
            ("process.scheduler.policy", { c in c.process?.scheduler = .init(policy: "SCHED_LUCK") }),
            (
                "process.ioPriority.priority",
                { c in c.process?.ioPriority = .init(class: "IOPRIO_CLASS_BE", priority: 8) }
            ),
            ("linux.personality.domain", { c in c.linux?.personality = .init(domain: "HURD") }),
            ("linux.memoryPolicy.nodes", { c in c.linux?.memoryPolicy = .init(mode: "MPOL_BIND", nodes: "3-1") }),
            ("mounts[0].type", { c in c.mounts = [.init(destination: "/x")] }),
            ("mounts", { c in c.mounts = [.init(destination: "/x", type: "bind", source: "y", options: ["bind"])] }),
            ("linux.seccomp", { c in c.linux?.seccomp = SeccompProfile(defaultAction: .allow) }),
        ] as [(String, @Sendable (inout RuntimeConfiguration) -> Void)])
    func refused(field: String, change: @Sendable (inout RuntimeConfiguration) -> Void) {
        let error = #expect(throws: PlanError.self) { try plan(change) }
        #expect(error?.field.hasPrefix(field) == true)
    }

    /// Where AppArmor and SELinux are enabled, their labels are written for the next execve, and given to what is mounted.
    @Test func securityLabels() throws {
        var host = Self.modern
        host.securityModules = ["apparmor", "selinux"]
        let plan = try plan(host: host) {
            $0.process?.apparmorProfile = "profile"
            $0.linux?.mountLabel = "u:r:t:s0"
            $0.mounts = [.init(destination: "/t", type: "tmpfs"), .init(destination: "/proc", type: "proc")]
        }
        // Its file is opened while the host's procfs is in sight, which shows the process, and written to before it is closed.
        let names = plan.steps.map(\.name)
        let order = ["hold label", "pivot_root", "label", "close descriptors", "execve"]
        #expect(names.filter(order.contains) == order)
        #expect(plan.steps.contains(.writeLabel(.appArmor, "exec profile")))
        #expect(
            plan.steps.contains(
                .mount(source: "tmpfs", target: "/t", type: "tmpfs", flags: [], data: "context=\"u:r:t:s0\"")))
        #expect(plan.steps.contains(.mount(source: "proc", target: "/proc", type: "proc", flags: [], data: "")))
    }

    /// Numbers of system calls' operands, against <linux/sched.h>, <linux/ioprio.h>, <linux/mempolicy.h>.
    @Test func scheduling() throws {
        let plan = try plan {
            $0.process?.scheduler = .init(policy: "SCHED_BATCH", nice: -3, flags: ["SCHED_FLAG_RESET_ON_FORK"])
            $0.process?.ioPriority = .init(class: "IOPRIO_CLASS_IDLE", priority: 7)
            $0.linux?.memoryPolicy = .init(mode: "MPOL_INTERLEAVE", nodes: "0,64-65", flags: ["MPOL_F_STATIC_NODES"])
        }
        func operands(_ name: String) -> ([UInt64], [UInt64]?)? {
            for case .systemCall(name, _, let operands, let memory, _) in plan.steps { return (operands, memory) }
            return nil
        }
        #expect(operands("sched_setattr")?.1 == [48 | 3 << 32, 1, UInt64(UInt32(bitPattern: -3)), 0, 0, 0])
        #expect(operands("ioprio_set")?.0 == [1, 0, 3 << 13 | 7])
        #expect(operands("set_mempolicy")?.0 == [3 | 1 << 15, 0, 129])
        #expect(operands("set_mempolicy")?.1 == [1, 3])
    }

    /// Namespaces of others: joined by the child, but the pid namespace by its launcher; all by the launcher, in an order that
    /// his rights allow, where a user namespace is among them.
    @Test func joinedNamespaces() throws {
        let paths = { (kinds: [RuntimeConfiguration.Namespace.Kind]) in
            kinds.map {
                RuntimeConfiguration.Namespace($0, path: "/ns/\($0.rawValue)")
            }
        }
        let plain = try plan { $0.linux?.namespaces += paths([.network, .pid]) }
        #expect(plain.childJoins.map(\.path) == ["/ns/pid"])
        #expect(plain.steps.contains(.joinNamespace(.file("/ns/network"), .network)))
        let rooted = try plan { $0.linux?.namespaces += paths([.user, .network]) }
        #expect(rooted.childJoins.map(\.path) == ["/ns/network", "/ns/user"])
        #expect(rooted.namespaces == .mount)
        var host = Self.modern
        host.privileged = false
        let rootless = try plan(host: host) { $0.linux?.namespaces += paths([.network, .user]) }
        #expect(rootless.childJoins.map(\.path) == ["/ns/user", "/ns/network"])
    }

    /// Whoever joins a container is made at the end, when nothing of the host is left to it, whatever its configuration says.
    @Test(arguments: [[], [.user], [.time], [.user, .time], [.terminal], [.shared]] as [[JoinTrait]], [true, false])
    func joining(traits: [JoinTrait], privileged: Bool) throws {
        var host = Self.modern
        host.privileged = privileged
        var configuration = RuntimeConfiguration(
            ociVersion: "1.0.2", process: .init(arguments: ["/p"]),
            linux: .init(namespaces: [.init(.mount), .init(.pid), .init(.network)]))
        if traits.contains(.user) { configuration.linux?.namespaces.append(.init(.user)) }
        if traits.contains(.time) { configuration.linux?.namespaces.append(.init(.time)) }
        if traits.contains(.shared) { configuration.linux?.namespaces.removeAll { $0.kind == .pid } }
        let process = RuntimeConfiguration.Process(terminal: traits.contains(.terminal), arguments: ["/p"])
        let plan = try JoinPlan(process, configuration: configuration, pid: 77, host: host)
        let place = try #require(plan.steps.firstIndex(of: .succeed(pass: 0)))
        let later = plan.steps[(place + 1)...].map(\.name)
        #expect(later == ["setsid"] + (traits.contains(.terminal) ? ["take terminal"] : []) + ["execve"])
        let before = plan.steps[..<place].map(\.name)
        #expect(before.contains("close descriptors") && before.contains("capset") && before.contains("setuid"))
        #expect(plan.launcherNamespaces.subtracting([.time, .user]).isEmpty)
        #expect(plan.launcherNamespaces.contains(.time) == traits.contains(.time))
    }

    enum JoinTrait { case user, time, terminal, shared }

    /// What the container sees of a joining process is under its filter from the first: whoever may trace there could have it make
    /// any call before.
    @Test(arguments: [true, false]) func filterOfJoining(noNewPrivileges: Bool) throws {
        let configuration = RuntimeConfiguration(
            ociVersion: "1.0.2", process: .init(arguments: ["/p"]),
            linux: .init(namespaces: [.init(.mount), .init(.pid)]))
        var process = RuntimeConfiguration.Process(arguments: ["/p"])
        process.noNewPrivileges = noNewPrivileges
        // Lets everything pass: SECCOMP_RET_ALLOW.
        let filter: [UInt64] = [0x7fff_0000_0000_0006]
        let plan = try JoinPlan(
            process, configuration: configuration, pid: 77, filter: (filter, 0), host: Self.modern)
        let names = plan.steps.map(\.name)
        let succeed = try #require(plan.steps.firstIndex { if case .succeed = $0 { true } else { false } })
        let loaded = try #require(plan.steps.firstIndex { if case .seccomp = $0 { true } else { false } })
        #expect(loaded < succeed, "\(names)")
        #expect(plan.steps.filter { if case .seccomp = $0 { true } else { false } }.count == 1)
    }

    /// A container in another's pid namespace likewise, where procfs can be made from outside it.
    @Test func successorOfALaunch() throws {
        let lifecycle = LaunchPlan.Lifecycle(identifier: "c", bundle: "/b", waitsForStart: true)
        var host = Self.modern
        host.procfsTakesNamespace = true
        func plan(
            _ namespaces: [RuntimeConfiguration.Namespace], terminal: Bool = false
        ) throws -> LaunchPlan {
            try self.plan(host: host, options: .init(lifecycle: lifecycle)) {
                $0.linux?.namespaces += namespaces
                $0.process?.terminal = terminal
            }
        }
        #expect(try !plan([.init(.pid)]).hasSuccessor)
        #expect(try plan([.init(.pid, path: "/ns/pid")], terminal: true).hasSuccessor)
        // It makes its own namespaces where it belongs: inside.
        let inside = try plan([.init(.pid, path: "/ns/pid"), .init(.user, path: "/ns/user"), .init(.network)])
        #expect(inside.hasSuccessor)
        #expect(inside.namespaces.isEmpty && inside.childJoins.isEmpty)
        let order = ["join pid", "join user", "setgroups", "setuid", "unshare mnt,net"]
        #expect(inside.steps.map(\.name).filter(order.contains).prefix(5) == order[...])
        // With one of its own it takes what needs rights over the others' first.
        let anew = try self.plan(host: host, options: .init(lifecycle: lifecycle)) {
            $0.linux?.namespaces += [.init(.pid, path: "/ns/pid"), .init(.user)]
            $0.linux?.uidMappings = [.init(containerID: 0, hostID: 1000, size: 9)]
            $0.linux?.gidMappings = [.init(containerID: 0, hostID: 1000, size: 9)]
            $0.mounts = [.init(destination: "/proc", type: "proc")]
        }
        #expect(anew.hasSuccessor)
        #expect(anew.namespaces.isEmpty && anew.childJoins.isEmpty)
        let taken = ["join pid", "fsmount proc", "unshare mnt,user", "await id maps", "pivot_root"]
        #expect(anew.steps.map(\.name).filter(taken.contains) == taken)
        host.procfsTakesNamespace = false
        #expect(try !plan([.init(.pid, path: "/ns/pid")]).hasSuccessor)
    }

    /// A runtime's container: dies with its maker until it is written down, waits for its start, and runs startContainer hooks
    /// and its program without one.
    @Test func lifecycleOrder() throws {
        let lifecycle = LaunchPlan.Lifecycle(identifier: "c", bundle: "/b", waitsForStart: true)
        let plan = try plan(options: .init(lifecycle: lifecycle)) {
            $0.hooks = .init(
                createRuntime: [.init(path: "/one")], createContainer: [.init(path: "/two")],
                startContainer: [.init(path: "/three", timeout: 5)])
        }
        let names = plan.steps.map(\.name)
        let order = [
            "guard launcher", "enter root", "mknod /dev/null", "leave root", "await runtime hooks", "hook /two",
            "pivot_root",
            "close descriptors", "find program", "await record", "parent-death signal", "hand over", "await start",
            "hook /three", "execve",
        ]
        #expect(names.filter(order.contains) == order)
        for case .hook(let hook) in plan.steps {
            let place = try #require(hook.pidPlace)
            #expect(hook.input.utf8.dropFirst(place).starts(with: "2147483647".utf8))
        }
    }

    /// Of a variable that is given twice the program gets the last one alone, and its startContainer hooks do; HOME is looked up where
    /// that one is empty. Names are bytes.
    @Test func variableGivenTwice() throws {
        let environment = ["A=1", "PATH=/a", "B=2", "HOME=/h", "A=3", "PATH=/b", "\u{e9}=4", "e\u{301}=5", "HOME="]
        let lifecycle = LaunchPlan.Lifecycle(identifier: "c", bundle: "/b", waitsForStart: true)
        let plan = try plan(options: .init(lifecycle: lifecycle)) {
            $0.process?.arguments = ["p"]
            $0.process?.environment = environment
            $0.hooks = .init(startContainer: [.init(path: "/hook")])
        }
        let last = ["B=2", "A=3", "PATH=/b", "\u{e9}=4", "e\u{301}=5", "HOME="]
        #expect(plan.steps.last == .execute(candidates: ["/b/p"], arguments: ["p"], environment: last))
        #expect(plan.steps.contains(.findHome(user: 0)))
        let hooks = plan.steps.compactMap { (step: ChildStep) -> [String]? in
            guard case .hook(let hook) = step else { return nil }
            return hook.environment
        }
        #expect(hooks == [last])
        let joined = try JoinPlan(
            .init(arguments: ["p"], environment: environment),
            configuration: RuntimeConfiguration(ociVersion: "1.0.2", linux: .init(namespaces: [.init(.mount)])),
            pid: 77,
            host: Self.modern)
        #expect(joined.steps.last == .execute(candidates: ["/b/p"], arguments: ["p"], environment: last))
    }

    /// A filter has a listener where a rule asks an agent: a path alone is ignored, and so is the flag of such a filter.
    @Test func listenerWithoutARule() throws {
        let filter: [UInt64] = [0x7fff_0000_0000_0006]
        func step(_ rules: [SeccompProfile.Rule]) throws -> [ChildStep] {
            try plan(options: .init(filter: filter, filterFlags: 2 | SeccompProgram.waitKillable)) {
                $0.linux?.seccomp = SeccompProfile(defaultAction: .allow, listenerPath: "/s", systemCalls: rules)
            }.steps.filter {
                switch $0 {
                case .seccomp, .seccompWithListener: true
                default: false
                }
            }
        }
        #expect(try step([]) == [.seccomp(instructions: filter, flags: 2)])
        #expect(
            try step([.init(["mkdir"], .notify)]) == [.seccompWithListener(instructions: filter, flags: 2 | 32 | 8)])
    }

    /// sysctl's names: dots part, except where a slash stands for a dot in a name.
    @Test func kernelParameterNames() {
        #expect(LaunchPlan.path(ofKernelParameter: "net.ipv4.ip_forward") == "net/ipv4/ip_forward")
        #expect(LaunchPlan.path(ofKernelParameter: "net.ipv4.conf.eth0/1.mtu") == "net/ipv4/conf/eth0.1/mtu")
    }
}
