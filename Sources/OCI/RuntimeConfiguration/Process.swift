extension RuntimeConfiguration {
    /// The container's process: who it is, what it runs and what it may do.
    public struct Process: Codable, Equatable, Sendable {
        /// Whether a pseudo-terminal is attached.
        @DefaultWhenAbsent public var terminal: Bool
        public var consoleSize: ConsoleSize?
        public var user: User
        /// The program and its arguments.
        @DefaultWhenAbsent public var arguments: [String]
        /// The command as one string, for Windows; nothing here uses it.
        public var commandLine: String?
        /// `NAME=value` each.
        @DefaultWhenAbsent public var environment: [String]
        /// Absolute, inside the container.
        public var workingDirectory: String
        /// Absent: the runtime's own are kept.
        public var capabilities: Capabilities?
        @DefaultWhenAbsent public var resourceLimits: [ResourceLimit]
        /// `PR_SET_NO_NEW_PRIVS`.
        @DefaultWhenAbsent public var noNewPrivileges: Bool
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

        enum CodingKeys: String, CodingKey {
            case terminal, consoleSize, user
            case arguments = "args"
            case commandLine
            case environment = "env"
            case workingDirectory = "cwd"
            case capabilities
            case resourceLimits = "rlimits"
            case noNewPrivileges
            case oomScoreAdjustment = "oomScoreAdj"
            case apparmorProfile, selinuxLabel, ioPriority, scheduler, execCPUAffinity
        }
    }

    /// The terminal's size in characters.
    public struct ConsoleSize: Codable, Equatable, Sendable {
        public var height: Int
        public var width: Int

        public init(height: Int, width: Int) {
            self.height = height
            self.width = width
        }
    }

    /// The credentials of the process, as numbers inside the container.
    public struct User: Codable, Equatable, Sendable {
        public var uid: UInt32
        public var gid: UInt32
        /// Absent: the runtime's own is kept.
        public var umask: UInt32?
        @DefaultWhenAbsent public var additionalGids: [UInt32]
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
    public struct Capabilities: Codable, Equatable, Sendable {
        @DefaultWhenAbsent public var bounding: [String]
        @DefaultWhenAbsent public var effective: [String]
        @DefaultWhenAbsent public var permitted: [String]
        @DefaultWhenAbsent public var inheritable: [String]
        @DefaultWhenAbsent public var ambient: [String]

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
    public struct ResourceLimit: Codable, Equatable, Sendable {
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
    public struct IOPriority: Codable, Equatable, Sendable {
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
    public struct Scheduler: Codable, Equatable, Sendable {
        /// `SCHED_OTHER`, `SCHED_FIFO`, …
        public var policy: String
        public var nice: Int32?
        public var priority: Int32?
        /// `SCHED_FLAG_RESET_ON_FORK`, …
        @DefaultWhenAbsent public var flags: [String]
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
    public struct ProcessorAffinity: Codable, Equatable, Sendable {
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
