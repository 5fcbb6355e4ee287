/// One instruction, parted but not yet substituted: what its variables are is known when its stage is planned.
package enum Instruction: Equatable, Sendable {
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
    package struct From: Equatable, Sendable {
        package var platform: String?
        package var image: String
        /// In small letters.
        package var name: String?
    }

    /// `ARG name[=default]`.
    package struct Declaration: Equatable, Sendable {
        package var name: String
        package var value: String?
    }

    /// `name=value`.
    package struct Assignment: Equatable, Sendable {
        package var name: String
        package var value: String
    }

    /// `COPY` and `ADD`.
    package struct Copy: Equatable, Sendable {
        /// Whether archives among the sources are unpacked, and addresses would be fetched.
        package var isAdd: Bool
        /// A stage, its number, or an image.
        package var from: String?
        package var owner: String?
        package var mode: String?
        package var sources: [String]
        package var destination: String
        /// Sources that are written in the file itself, in the order of the words that announce them.
        package var documents: [HereDocument]
        /// `--parents`: the directories of a source's path are made, too.
        package var keepsParents = false
        /// `--exclude`, as ignore files have patterns.
        package var excludes: [String] = []
        /// `--checksum` of what an address gives.
        package var checksum: String?
        /// Of ADD: whether archives are unpacked.
        package var unpacks = false
    }

    /// A command, to a shell or as its words.
    package enum Command: Equatable, Sendable {
        case shell(String)
        case words([String])
    }

    /// `RUN`.
    package struct Run: Equatable, Sendable {
        package var command: Command
        package var documents: [HereDocument]
        package var mounts: [Mount]
        /// `none`, `host` or `default`.
        package var network: String?
        /// Its `--name=value` words, as they were written.
        package var flags: [String] = []
    }

    /// `RUN --mount=…` of the kinds that are known here.
    package struct Mount: Equatable, Sendable {
        package enum Kind: Equatable, Sendable {
            /// In memory, gone after the step; bytes at most.
            case memory(size: Int64?)
            case cache(Cache)
            /// Files of the context (nil), of a stage or of an image.
            ///
            /// - isWritable: whether they may be written to; what is written is gone after the step.
            case files(from: String?, source: String, isWritable: Bool)
            case secret(Secret)
        }
        package var kind: Kind
        package var target: String
    }

    /// A directory that stays from build to build, by its name.
    package struct Cache: Equatable, Sendable {
        package var identifier: String
        package var isReadOnly = false
        /// Of the directory where it is made.
        package var mode: UInt32 = 0o755
        package var uid: UInt32 = 0
        package var gid: UInt32 = 0
    }

    /// What a command may see and no layer keeps.
    package struct Secret: Equatable, Sendable {
        package var identifier: String
        package var isRequired = false
        /// Whether it is a file at the mount's target.
        package var isFile = true
        /// A variable that holds it.
        package var variable: String?
        package var mode: UInt32 = 0o400
        package var uid: UInt32 = 0
        package var gid: UInt32 = 0
    }

    /// `HEALTHCHECK`; durations in nanoseconds.
    package struct Healthcheck: Equatable, Sendable {
        /// Nil for NONE.
        package var command: Command?
        package var interval: Int64?
        package var timeout: Int64?
        package var startPeriod: Int64?
        package var startInterval: Int64?
        package var retries: Int64?
    }

    /// In capitals.
    package var name: String {
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
package struct LocatedInstruction: Equatable, Sendable {
    /// From 1.
    package var line: Int
    /// As written, its lines put together.
    package var text: String
    package var instruction: Instruction
}
