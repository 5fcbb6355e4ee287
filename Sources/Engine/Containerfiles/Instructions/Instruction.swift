/// One instruction, parted but not yet substituted: what its variables are is known when its stage is planned.
public enum Instruction: Equatable, Sendable {
    case from(From)
    case argument([Declaration])
    case environment([Assignment])
    case label([Assignment])
    case copy(Copy)
    case run(Run)
    case workingDirectory(String)
    case user(String)
    case entrypoint(Command)
    case command(Command)
    case expose([String])
    case volume([String])
    case shell([String])
    case stopSignal(String)
    case healthcheck(Healthcheck)
    /// Kept as text, in which the image built from this one finds its instruction.
    case onBuild(String)
    case maintainer(String)

    /// `FROM [--platform=…] image [AS name]`.
    public struct From: Equatable, Sendable {
        public var platform: String?
        public var image: String
        /// In small letters.
        public var name: String?
    }

    /// `ARG name[=default]`.
    public struct Declaration: Equatable, Sendable {
        public var name: String
        public var value: String?
    }

    /// `name=value`.
    public struct Assignment: Equatable, Sendable {
        public var name: String
        public var value: String
    }

    /// `COPY` and `ADD`.
    public struct Copy: Equatable, Sendable {
        /// Whether archives among the sources are unpacked, and addresses would be fetched.
        public var isAdd: Bool
        /// A stage, its number, or an image.
        public var from: String?
        public var owner: String?
        public var mode: String?
        public var sources: [String]
        public var destination: String
        /// Sources that are written in the file itself, in the order of the words that announce them.
        public var documents: [HereDocument]
        /// `--parents`: the directories of a source's path are made, too.
        public var keepsParents = false
        /// `--exclude`, as ignore files have patterns.
        public var excludes: [String] = []
        /// `--checksum` of what an address gives.
        public var checksum: String?
        /// Of ADD: whether archives are unpacked.
        public var unpacks = false
    }

    /// A command, to a shell or as its words.
    public enum Command: Equatable, Sendable {
        case shell(String)
        case words([String])
    }

    /// `RUN`.
    public struct Run: Equatable, Sendable {
        public var command: Command
        public var documents: [HereDocument]
        public var mounts: [Mount]
        /// `none`, `host` or `default`.
        public var network: String?
        /// Its `--name=value` words, as they were written.
        public var flags: [String] = []
    }

    /// `RUN --mount=…` of the kinds that are known here.
    public struct Mount: Equatable, Sendable {
        public enum Kind: Equatable, Sendable {
            /// In memory, gone after the step; bytes at most.
            case memory(size: Int64?)
            case cache(Cache)
            /// Files of the context (nil), of a stage or of an image.
            ///
            /// - isWritable: whether they may be written to; what is written is gone after the step.
            case files(from: String?, source: String, isWritable: Bool)
            case secret(Secret)
        }
        public var kind: Kind
        public var target: String
    }

    /// A directory that stays from build to build, by its name.
    public struct Cache: Equatable, Sendable {
        public var identifier: String
        public var isReadOnly = false
        /// Of the directory where it is made.
        public var mode: UInt32 = 0o755
        public var uid: UInt32 = 0
        public var gid: UInt32 = 0
    }

    /// What a command may see and no layer keeps.
    public struct Secret: Equatable, Sendable {
        public var identifier: String
        public var isRequired = false
        /// Whether it is a file at the mount's target.
        public var isFile = true
        /// A variable that holds it.
        public var variable: String?
        public var mode: UInt32 = 0o400
        public var uid: UInt32 = 0
        public var gid: UInt32 = 0
    }

    /// `HEALTHCHECK`; durations in nanoseconds.
    public struct Healthcheck: Equatable, Sendable {
        /// Nil for NONE.
        public var command: Command?
        public var interval: Int64?
        public var timeout: Int64?
        public var startPeriod: Int64?
        public var startInterval: Int64?
        public var retries: Int64?
    }

    /// In capitals.
    public var name: String {
        switch self {
        case .from: "FROM"
        case .argument: "ARG"
        case .environment: "ENV"
        case .label: "LABEL"
        case .copy(let copy): copy.isAdd ? "ADD" : "COPY"
        case .run: "RUN"
        case .workingDirectory: "WORKDIR"
        case .user: "USER"
        case .entrypoint: "ENTRYPOINT"
        case .command: "CMD"
        case .expose: "EXPOSE"
        case .volume: "VOLUME"
        case .shell: "SHELL"
        case .stopSignal: "STOPSIGNAL"
        case .healthcheck: "HEALTHCHECK"
        case .onBuild: "ONBUILD"
        case .maintainer: "MAINTAINER"
        }
    }
}

/// An instruction and where it stands.
public struct LocatedInstruction: Equatable, Sendable {
    /// From 1.
    public var line: Int
    /// As written, its lines put together.
    public var text: String
    public var instruction: Instruction
}
