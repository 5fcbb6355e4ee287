extension RuntimeConfiguration {
    /// The container's process: who it is, what it runs and what it may do.
    public struct Process: Equatable, Sendable {
        /// Whether a pseudo-terminal is attached.
        public var terminal: Bool
        public var consoleSize: ConsoleSize?
        public var user: User
        /// The program and its arguments.
        public var arguments: [String]
        /// The command as one string, for Windows; nothing here uses it.
        public var commandLine: String?
        /// `NAME=value` each.
        public var environment: [String]
        /// Absolute, inside the container.
        public var workingDirectory: String
        /// Absent: the runtime's own are kept.
        public var capabilities: Capabilities?
        public var resourceLimits: [ResourceLimit]
        /// `PR_SET_NO_NEW_PRIVS`.
        public var noNewPrivileges: Bool
        /// Written to `/proc/self/oom_score_adj`, −1000 … 1000.
        public var oomScoreAdjustment: Int?
        public var apparmorProfile: String?
        public var selinuxLabel: String?
        /// Since 1.1.
        public var ioPriority: IOPriority?
        /// Since 1.1.
        public var scheduler: Scheduler?
        /// Since 1.2, for processes that join a container, never its first.
        public var execCPUAffinity: ProcessorAffinity?

        public init(
            terminal: Bool = false, consoleSize: ConsoleSize? = nil, user: User = User(), arguments: [String],
            environment: [String] = [], workingDirectory: String = "/", capabilities: Capabilities? = nil,
            resourceLimits: [ResourceLimit] = [], noNewPrivileges: Bool = false, oomScoreAdjustment: Int? = nil,
            apparmorProfile: String? = nil, selinuxLabel: String? = nil, ioPriority: IOPriority? = nil,
            scheduler: Scheduler? = nil, execCPUAffinity: ProcessorAffinity? = nil
        ) {
            self.terminal = terminal
            self.consoleSize = consoleSize
            self.user = user
            self.arguments = arguments
            self.environment = environment
            self.workingDirectory = workingDirectory
            self.capabilities = capabilities
            self.resourceLimits = resourceLimits
            self.noNewPrivileges = noNewPrivileges
            self.oomScoreAdjustment = oomScoreAdjustment
            self.apparmorProfile = apparmorProfile
            self.selinuxLabel = selinuxLabel
            self.ioPriority = ioPriority
            self.scheduler = scheduler
            self.execCPUAffinity = execCPUAffinity
        }
    }

    /// The terminal's size in characters.
    public struct ConsoleSize: Equatable, Sendable {
        public var height: Int
        public var width: Int

        public init(height: Int, width: Int) {
            self.height = height
            self.width = width
        }
    }

    /// The credentials of the process, as numbers inside the container.
    public struct User: Equatable, Sendable {
        public var uid: UInt32
        public var gid: UInt32
        /// Absent: the runtime's own is kept.
        public var umask: UInt32?
        public var additionalGids: [UInt32]
        /// For Windows; nothing here uses it.
        public var username: String?

        public init(
            uid: UInt32 = 0, gid: UInt32 = 0, umask: UInt32? = nil, additionalGids: [UInt32] = [],
            username: String? = nil
        ) {
            self.uid = uid
            self.gid = gid
            self.umask = umask
            self.additionalGids = additionalGids
            self.username = username
        }
    }

    /// The five capability sets of `capabilities(7)`, by name (`CAP_CHOWN`).
    public struct Capabilities: Equatable, Sendable {
        public var bounding: [String]
        public var effective: [String]
        public var permitted: [String]
        public var inheritable: [String]
        public var ambient: [String]

        public init(
            bounding: [String] = [], effective: [String] = [], permitted: [String] = [], inheritable: [String] = [],
            ambient: [String] = []
        ) {
            self.bounding = bounding
            self.effective = effective
            self.permitted = permitted
            self.inheritable = inheritable
            self.ambient = ambient
        }
    }

    /// One limit of `setrlimit(2)`.
    public struct ResourceLimit: Equatable, Sendable {
        /// With its prefix: `RLIMIT_NOFILE`.
        public var type: String
        public var soft: UInt64
        public var hard: UInt64

        public init(type: String, soft: UInt64, hard: UInt64) {
            self.type = type
            self.soft = soft
            self.hard = hard
        }
    }

    /// `ioprio_set(2)`.
    public struct IOPriority: Equatable, Sendable {
        /// `IOPRIO_CLASS_RT`, `IOPRIO_CLASS_BE` or `IOPRIO_CLASS_IDLE`.
        public var `class`: String
        /// 0 (highest) … 7.
        public var priority: Int

        public init(class: String, priority: Int) {
            self.class = `class`
            self.priority = priority
        }
    }

    /// `sched_setattr(2)`.
    public struct Scheduler: Equatable, Sendable {
        /// `SCHED_OTHER`, `SCHED_FIFO`, …
        public var policy: String
        public var nice: Int32?
        public var priority: Int32?
        /// `SCHED_FLAG_RESET_ON_FORK`, …
        public var flags: [String]
        /// Nanoseconds, for `SCHED_DEADLINE`, as are the two that follow.
        public var runtime: UInt64?
        public var deadline: UInt64?
        public var period: UInt64?

        public init(
            policy: String, nice: Int32? = nil, priority: Int32? = nil, flags: [String] = [], runtime: UInt64? = nil,
            deadline: UInt64? = nil, period: UInt64? = nil
        ) {
            self.policy = policy
            self.nice = nice
            self.priority = priority
            self.flags = flags
            self.runtime = runtime
            self.deadline = deadline
            self.period = period
        }
    }

    /// Processors, as lists in the form of `cpuset(7)`: `0-3,7`.
    public struct ProcessorAffinity: Equatable, Sendable {
        /// Where the runtime's child runs before it is in the container's cgroup.
        public var initial: String?
        /// Where the process runs from then on; absent: wherever the cgroup allows.
        public var final: String?

        public init(initial: String? = nil, final: String? = nil) {
            self.initial = initial
            self.final = final
        }
    }
}

// MARK: - JSON

extension RuntimeConfiguration.Process {
    static let document = "process.json"

    /// Reads what `exec --process` is given: the process by itself.
    public init(json: some Sequence<UInt8>) throws(ConfigurationError) {
        self = try JSONDocument.read(RuntimeConfiguration.Process.self, from: json, document: Self.document)
    }

    public func json(indented: Bool = true) -> [UInt8] {
        JSONDocument.write(self, indented: indented)
    }
}

extension RuntimeConfiguration.Process: JSONObject {
    public static var blank: Self { Self(arguments: [], workingDirectory: "") }

    public mutating func visit(_ members: inout some JSONMembers) throws(DocumentFault) {
        try members.defaulted("terminal", &terminal)
        try members.optional("consoleSize", &consoleSize)
        try members.defaulted("user", &user)
        try members.defaulted("args", &arguments)
        try members.text("commandLine", &commandLine)
        try members.defaulted("env", &environment)
        try members.required("cwd", &workingDirectory)
        try members.optional("capabilities", &capabilities)
        try members.defaulted("rlimits", &resourceLimits)
        try members.defaulted("noNewPrivileges", &noNewPrivileges)
        try members.text("apparmorProfile", &apparmorProfile)
        try members.optional("oomScoreAdj", &oomScoreAdjustment)
        try members.optional("scheduler", &scheduler)
        try members.text("selinuxLabel", &selinuxLabel)
        try members.optional("ioPriority", &ioPriority)
        try members.optional("execCPUAffinity", &execCPUAffinity)
    }
}

extension RuntimeConfiguration.ConsoleSize: JSONObject {
    public static var blank: Self { Self(height: 0, width: 0) }

    public mutating func visit(_ members: inout some JSONMembers) throws(DocumentFault) {
        try members.required("height", &height)
        try members.required("width", &width)
    }
}

extension RuntimeConfiguration.User: JSONObject {
    public static var blank: Self { Self() }

    public mutating func visit(_ members: inout some JSONMembers) throws(DocumentFault) {
        try members.required("uid", &uid)
        try members.required("gid", &gid)
        try members.optional("umask", &umask)
        try members.defaulted("additionalGids", &additionalGids)
        try members.text("username", &username)
    }
}

extension RuntimeConfiguration.Capabilities: JSONObject {
    public static var blank: Self { Self() }

    public mutating func visit(_ members: inout some JSONMembers) throws(DocumentFault) {
        try members.defaulted("bounding", &bounding)
        try members.defaulted("effective", &effective)
        try members.defaulted("inheritable", &inheritable)
        try members.defaulted("permitted", &permitted)
        try members.defaulted("ambient", &ambient)
    }
}

extension RuntimeConfiguration.ResourceLimit: JSONObject {
    public static var blank: Self { Self(type: "", soft: 0, hard: 0) }

    public mutating func visit(_ members: inout some JSONMembers) throws(DocumentFault) {
        try members.required("type", &type)
        try members.required("hard", &hard)
        try members.required("soft", &soft)
    }
}

extension RuntimeConfiguration.IOPriority: JSONObject {
    public static var blank: Self { Self(class: "", priority: 0) }

    public mutating func visit(_ members: inout some JSONMembers) throws(DocumentFault) {
        try members.required("class", &`class`)
        try members.required("priority", &priority)
    }
}

extension RuntimeConfiguration.Scheduler: JSONObject {
    public static var blank: Self { Self(policy: "") }

    public mutating func visit(_ members: inout some JSONMembers) throws(DocumentFault) {
        try members.required("policy", &policy)
        try members.optional("nice", &nice)
        try members.optional("priority", &priority)
        try members.defaulted("flags", &flags)
        try members.optional("runtime", &runtime)
        try members.optional("deadline", &deadline)
        try members.optional("period", &period)
    }
}

extension RuntimeConfiguration.ProcessorAffinity: JSONObject {
    public static var blank: Self { Self() }

    public mutating func visit(_ members: inout some JSONMembers) throws(DocumentFault) {
        try members.text("initial", &initial)
        try members.text("final", &`final`)
    }
}

/// Root, where nothing is said, as in the specification's own types; written all the same.
extension RuntimeConfiguration.User: JSONDefaulted {
    public static var absent: Self { Self() }
    public var isAbsent: Bool { false }
}
