/// Which system calls a process may make: `linux.seccomp` of the OCI runtime specification.
public struct SeccompProfile: Equatable, Sendable {
    /// What happens to a call that no rule names.
    public var defaultAction: Action
    /// The errno of a default action of kind `errno`; absent: EPERM. Since 1.0.3.
    public var defaultErrorNumber: UInt32?
    /// Architectures whose calls are judged by the rules; a call of any other kills the process.
    public var architectures: [Architecture]
    /// `SECCOMP_FILTER_FLAG_…` by name.
    public var flags: [String]
    public var listenerPath: String?
    public var listenerMetadata: String?
    public var systemCalls: [Rule]

    public init(
        defaultAction: Action, defaultErrorNumber: UInt32? = nil, architectures: [Architecture] = [],
        flags: [String] = [], listenerPath: String? = nil, listenerMetadata: String? = nil, systemCalls: [Rule] = []
    ) {
        self.defaultAction = defaultAction
        self.defaultErrorNumber = defaultErrorNumber
        self.architectures = architectures
        self.flags = flags
        self.listenerPath = listenerPath
        self.listenerMetadata = listenerMetadata
        self.systemCalls = systemCalls
    }
}

extension SeccompProfile {
    /// What the kernel does with a call (`seccomp(2)`).
    public enum Action: String, JSONValue, Sendable, CaseIterable {
        case killThread = "SCMP_ACT_KILL_THREAD"
        case killProcess = "SCMP_ACT_KILL_PROCESS"
        /// The specification's older name of `killThread`.
        case kill = "SCMP_ACT_KILL"
        /// SIGSYS.
        case trap = "SCMP_ACT_TRAP"
        /// Refused with the rule's error number.
        case errno = "SCMP_ACT_ERRNO"
        case trace = "SCMP_ACT_TRACE"
        case allow = "SCMP_ACT_ALLOW"
        case log = "SCMP_ACT_LOG"
        /// Handed to a listening process.
        case notify = "SCMP_ACT_NOTIFY"
    }

    /// A set of system calls of one processor family and word size.
    public enum Architecture: String, JSONValue, Sendable, CaseIterable {
        case x86 = "SCMP_ARCH_X86"
        // swift-format-ignore: AlwaysUseLowerCamelCase
        case x86_64 = "SCMP_ARCH_X86_64"
        case x32 = "SCMP_ARCH_X32"
        case arm = "SCMP_ARCH_ARM"
        case aarch64 = "SCMP_ARCH_AARCH64"
        case mips = "SCMP_ARCH_MIPS"
        case mips64 = "SCMP_ARCH_MIPS64"
        case mips64n32 = "SCMP_ARCH_MIPS64N32"
        case mipsel = "SCMP_ARCH_MIPSEL"
        case mipsel64 = "SCMP_ARCH_MIPSEL64"
        case mipsel64n32 = "SCMP_ARCH_MIPSEL64N32"
        case ppc = "SCMP_ARCH_PPC"
        case ppc64 = "SCMP_ARCH_PPC64"
        case ppc64le = "SCMP_ARCH_PPC64LE"
        case s390 = "SCMP_ARCH_S390"
        case s390x = "SCMP_ARCH_S390X"
        case parisc = "SCMP_ARCH_PARISC"
        case parisc64 = "SCMP_ARCH_PARISC64"
        case riscv64 = "SCMP_ARCH_RISCV64"
        case loongarch64 = "SCMP_ARCH_LOONGARCH64"
        /// These three since 1.3.
        case m68k = "SCMP_ARCH_M68K"
        case sh = "SCMP_ARCH_SH"
        case sheb = "SCMP_ARCH_SHEB"
    }

    /// One verdict for the calls it names, where all its conditions hold.
    public struct Rule: Equatable, Sendable {
        public var names: [String]
        public var action: Action
        /// For `errno` and `trace`; absent: EPERM.
        public var errorNumber: UInt32?
        public var arguments: [Condition]

        public init(_ names: [String], _ action: Action, errorNumber: UInt32? = nil, when arguments: [Condition] = []) {
            self.names = names
            self.action = action
            self.errorNumber = errorNumber
            self.arguments = arguments
        }
    }

    /// A comparison of one argument with a constant, both taken as 64 bits without sign.
    public struct Condition: Equatable, Sendable {
        public enum Comparison: String, JSONValue, Sendable, CaseIterable {
            case notEqual = "SCMP_CMP_NE"
            case lessThan = "SCMP_CMP_LT"
            case lessOrEqual = "SCMP_CMP_LE"
            case equal = "SCMP_CMP_EQ"
            case greaterOrEqual = "SCMP_CMP_GE"
            case greaterThan = "SCMP_CMP_GT"
            /// `argument & value == valueTwo`.
            case maskedEqual = "SCMP_CMP_MASKED_EQ"
        }

        /// 0 … 5.
        public var index: UInt32
        public var value: UInt64
        /// For `maskedEqual`: what the masked argument is compared with.
        public var valueTwo: UInt64?
        public var comparison: Comparison

        public init(argument index: UInt32, _ comparison: Comparison, _ value: UInt64, equals valueTwo: UInt64? = nil) {
            self.index = index
            self.value = value
            self.valueTwo = valueTwo
            self.comparison = comparison
        }
    }
}

// MARK: - JSON

extension SeccompProfile {
    static let document = "seccomp profile"

    /// Reads a profile by itself, as `linux.seccomp` holds it.
    public init(json: some Sequence<UInt8>) throws(ConfigurationError) {
        self = try JSONDocument.read(SeccompProfile.self, from: json, document: Self.document)
    }

    /// Whether an agent is to answer for some call: without such a rule `listenerPath` is ignored.
    public var needsListener: Bool { listenerPath != nil && systemCalls.contains { $0.action == .notify } }

    /// The bytes of the profile, always in the same order: equal profiles give equal bytes, and an equal digest.
    public func json(indented: Bool = false) -> [UInt8] {
        JSONDocument.write(self, indented: indented)
    }
}

extension SeccompProfile: JSONObject {
    public static var blank: Self { Self(defaultAction: .kill) }

    public mutating func visit(_ members: inout some JSONMembers) throws(DocumentFault) {
        try members.required("defaultAction", &defaultAction)
        try members.optional("defaultErrnoRet", &defaultErrorNumber)
        try members.defaulted("architectures", &architectures)
        try members.defaulted("flags", &flags)
        try members.text("listenerPath", &listenerPath)
        try members.text("listenerMetadata", &listenerMetadata)
        try members.defaulted("syscalls", &systemCalls)
    }
}

extension SeccompProfile.Rule: JSONObject {
    public static var blank: Self { Self([], .kill) }

    public mutating func visit(_ members: inout some JSONMembers) throws(DocumentFault) {
        try members.required("names", &names)
        try members.required("action", &action)
        try members.optional("errnoRet", &errorNumber)
        try members.defaulted("args", &arguments)
    }
}

extension SeccompProfile.Condition: JSONObject {
    public static var blank: Self { Self(argument: 0, .equal, 0) }

    public mutating func visit(_ members: inout some JSONMembers) throws(DocumentFault) {
        try members.required("index", &index)
        try members.required("value", &value)
        try members.optional("valueTwo", &valueTwo)
        try members.required("op", &comparison)
    }
}
