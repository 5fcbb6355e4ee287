/// A program that the child itself runs, in its namespaces, with a text on standard input.
public struct ChildHook: Equatable, Sendable {
    /// Absolute, as the child sees it.
    public var path: String
    /// The zeroth included.
    public var arguments: [String]
    /// `NAME=value`; nothing is inherited.
    public var environment: [String]
    /// Ten spaces in it at `pidPlace`, counted in bytes, are replaced by the child's process number.
    public var input: String
    public var pidPlace: Int?
    /// Seconds; nil: no limit.
    public var timeout: Int?
    /// Where it runs, if it may be entered; nil: where the child is.
    public var workingDirectory: String?
    /// `createContainer` or `startContainer`.
    public var kind: String
    /// Its place among those of its kind.
    public var number = 0
    /// Whether its good end is told to whoever waits for the program (`ISOLAB_READY`).
    public var tellsEnd = false

    public init(
        path: String, arguments: [String], environment: [String], input: String, pidPlace: Int? = nil,
        timeout: Int? = nil, workingDirectory: String? = nil, kind: String = "child's", number: Int = 0
    ) {
        self.path = path
        self.arguments = arguments
        self.environment = environment
        self.input = input
        self.pidPlace = pidPlace
        self.timeout = timeout
        self.workingDirectory = workingDirectory
        self.kind = kind
        self.number = number
    }
}

/// A point at which a child waits for its launcher.
public enum LauncherStage: UInt32, Sendable, CustomStringConvertible {
    /// The launcher writes the id maps of the new user namespace.
    case identityMaps = 1
    /// The launcher runs hooks, moves network devices: the namespaces are there, the root is not entered yet.
    case runtimeHooks = 2
    /// The launcher takes the listener of the seccomp filter that is in force now.
    case listener = 3
    /// The launcher writes down that the container exists.
    case record = 4

    /// Whether the child must not make system calls while it waits.
    var isSilent: Bool { self == .listener }

    public var description: String {
        switch self {
        case .identityMaps: "id maps"
        case .runtimeHooks: "runtime hooks"
        case .listener: "seccomp listener"
        case .record: "record"
        }
    }
}

/// Whose namespaces a child joins: one of the launch's descriptors.
public enum NamespaceSource: Equatable, Sendable, CustomStringConvertible {
    /// A file of /proc/<pid>/ns, or a bind mount of one; opened by the launcher.
    case file(String)
    /// Every kind at once, of a process the launcher holds a pidfd of.
    case process(Int32)

    public var description: String {
        switch self {
        case .file(let path): path
        case .process(let pid): "process \(pid)"
        }
    }
}
