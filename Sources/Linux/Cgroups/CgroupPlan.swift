/// What a cgroup allows; nil leaves the kernel's default.
public struct CgroupLimits: Equatable, Sendable {
    /// Bytes.
    public var memory: UInt64?
    /// Bytes of memory and swap together, as the OCI specification counts; never under `memory`.
    public var memoryAndSwap: UInt64?
    /// Microseconds of CPU in each period.
    public var cpuQuota: UInt64?
    /// Microseconds; the kernel's default is 100 000.
    public var cpuPeriod: UInt64?
    /// v1's scale: 2…262144, default 1024.
    public var cpuShares: UInt64?
    public var processes: UInt64?
    /// Lists as `cpuset(7)` writes them: `0-3,8`.
    public var cpus: String?
    public var memoryNodes: String?
    /// Rules for v1's devices controller in order, e.g. (`devices.deny`, `a`).
    public var deviceRules: [DeviceRule]
    /// Files of v2 to be written as they are (OCI `linux.resources.unified`).
    public var unified: [Setting]

    /// One rule of the devices controller.
    public struct DeviceRule: Equatable, Sendable {
        public var allow: Bool
        /// As v1 writes it: `a`, `c 1:3 rwm`, `b *:* m`.
        public var rule: String

        public init(allow: Bool, rule: String) {
            self.allow = allow
            self.rule = rule
        }
    }

    /// A file of a cgroup and what is written to it.
    public struct Setting: Equatable, Sendable {
        public var file: String
        public var value: String

        public init(file: String, value: String) {
            self.file = file
            self.value = value
        }
    }

    public init(
        memory: UInt64? = nil, memoryAndSwap: UInt64? = nil, cpuQuota: UInt64? = nil, cpuPeriod: UInt64? = nil,
        cpuShares: UInt64? = nil, processes: UInt64? = nil, cpus: String? = nil, memoryNodes: String? = nil,
        deviceRules: [DeviceRule] = [], unified: [Setting] = []
    ) {
        self.memory = memory
        self.memoryAndSwap = memoryAndSwap
        self.cpuQuota = cpuQuota
        self.cpuPeriod = cpuPeriod
        self.cpuShares = cpuShares
        self.processes = processes
        self.cpus = cpus
        self.memoryNodes = memoryNodes
        self.deviceRules = deviceRules
        self.unified = unified
    }
}

/// A cgroup to be: its directories and every file to be written, on this host's layout. Pure; `Cgroup.create` does it.
public struct CgroupPlan: Equatable, Sendable {
    /// One directory in one hierarchy.
    public struct Directory: Equatable, Sendable {
        public var version: Int
        /// Those of the hierarchy, or, on v2, those that must be enabled above it.
        public var controllers: [String]
        /// The directory under which `base` stands: the hierarchy's mount point, or a delegated cgroup.
        public var parent: String
        /// `parent/base`, shared by all cgroups of isolab.
        public var base: String
        public var path: String
        public var settings: [CgroupLimits.Setting]
    }

    public var name: String
    public var directories: [Directory]
    /// What was asked for and this host cannot give: no such controller.
    public var warnings: [String]

    /// - Parameters:
    ///   - name: the directory's name, one path component.
    ///   - base: the directory above it in every hierarchy.
    ///   - delegated: below the caller's own cgroup rather than the hierarchy's root (an ordinary user).
    public init(
        name: String, limits: CgroupLimits, layout: CgroupLayout, base: String = Cgroup.base, delegated: Bool = false
    ) {
        self.name = name
        var missing = Self.wanted(limits)
        directories = []
        for hierarchy in layout.hierarchies {
            var controllers = hierarchy.controllers
            // An empty cpuset of v1 admits nobody until both files are set: joined only when asked for.
            if hierarchy.version == 1, controllers == ["cpuset"], limits.cpus == nil, limits.memoryNodes == nil {
                continue
            }
            if hierarchy.version == 2 { controllers = controllers.filter(Self.useful.contains) }
            let own = delegated && hierarchy.ownPath != "/" ? hierarchy.ownPath : ""
            let parent = hierarchy.mountPoint + own
            var settings = controllers.flatMap { Self.settings(limits, controller: $0, version: hierarchy.version) }
            if hierarchy.version == 2 { settings += limits.unified }
            if controllers == ["cpuset"], hierarchy.version == 1 {
                settings = Self.completed(cpuset: settings)
            }
            missing.subtract(controllers)
            directories.append(
                Directory(
                    version: hierarchy.version, controllers: controllers, parent: parent, base: "\(parent)/\(base)",
                    path: "\(parent)/\(base)/\(name)", settings: settings))
        }
        warnings = missing.sorted().map { "no \($0) cgroup controller here: its limits are not set" }
    }

    /// v2's controllers that a sandbox's limits and figures need.
    private static let useful: Set<String> = ["cpu", "memory", "pids", "cpuset", "io"]

    private static func wanted(_ limits: CgroupLimits) -> Set<String> {
        var result: Set<String> = []
        if limits.memory != nil || limits.memoryAndSwap != nil { result.insert("memory") }
        if limits.cpuQuota != nil || limits.cpuShares != nil { result.insert("cpu") }
        if limits.processes != nil { result.insert("pids") }
        if limits.cpus != nil || limits.memoryNodes != nil { result.insert("cpuset") }
        return result
    }

    /// v1's cpuset needs both files; what was not asked for is what every node and CPU of a small machine is: the
    /// parent's. An empty value says: copy it at creation.
    private static func completed(cpuset settings: [CgroupLimits.Setting]) -> [CgroupLimits.Setting] {
        ["cpuset.mems", "cpuset.cpus"].map { file in
            settings.first { $0.file == file } ?? CgroupLimits.Setting(file: file, value: "")
        }
    }

    private static func settings(
        _ limits: CgroupLimits, controller: String, version: Int
    ) -> [CgroupLimits.Setting] {
        var result: [CgroupLimits.Setting] = []
        func set(_ file: String, _ value: String) { result.append(.init(file: file, value: value)) }
        switch (controller, version) {
        case ("memory", 1):
            if let memory = limits.memory { set("memory.limit_in_bytes", "\(memory)") }
            if let both = limits.memoryAndSwap { set("memory.memsw.limit_in_bytes", "\(both)") }
        case ("memory", 2):
            if let memory = limits.memory { set("memory.max", "\(memory)") }
            // v2 counts swap alone.
            if let both = limits.memoryAndSwap, let memory = limits.memory, both >= memory {
                set("memory.swap.max", "\(both - memory)")
            }
        case ("cpu", 1):
            if let period = limits.cpuPeriod { set("cpu.cfs_period_us", "\(period)") }
            if let quota = limits.cpuQuota { set("cpu.cfs_quota_us", "\(quota)") }
            if let shares = limits.cpuShares { set("cpu.shares", "\(shares)") }
        case ("cpu", 2):
            if limits.cpuQuota != nil || limits.cpuPeriod != nil {
                set("cpu.max", "\(limits.cpuQuota.map(String.init) ?? "max") \(limits.cpuPeriod ?? 100_000)")
            }
            if let shares = limits.cpuShares { set("cpu.weight", "\(weight(ofShares: shares))") }
        case ("pids", _):
            if let processes = limits.processes { set("pids.max", "\(processes)") }
        case ("cpuset", _):
            if let nodes = limits.memoryNodes { set("cpuset.mems", nodes) }
            if let cpus = limits.cpus { set("cpuset.cpus", cpus) }
        case ("devices", 1):
            for rule in limits.deviceRules { set(rule.allow ? "devices.allow" : "devices.deny", rule.rule) }
        default: break
        }
        return result
    }

    /// v1's 2…262144 on v2's 1…10000, linearly, as crun and systemd before it did.
    static func weight(ofShares shares: UInt64) -> UInt64 {
        let bounded = min(max(shares, 2), 262_144)
        return 1 + (bounded - 2) * 9_999 / 262_142
    }
}
