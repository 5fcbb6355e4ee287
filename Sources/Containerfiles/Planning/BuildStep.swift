public import OCI

/// One step of a stage, with everything in it that its Containerfile decides.
public struct BuildStep: Equatable, Sendable {
    /// From 1.
    public var line: Int
    /// The instruction, variables replaced, in one line.
    public var text: String
    public var action: Action
    /// For the image's history.
    public var createdBy: String
    /// What the image says of its containers after the step.
    public var execution: ImageConfiguration.Execution
    public var author: String?

    public enum Action: Equatable, Sendable {
        /// Only the configuration changes.
        case configure
        /// WORKDIR: the directory is made where it is missing.
        case makeDirectory(path: String)
        case copy(Copy)
        case run(Run)
    }

    /// Files into the image.
    public struct Copy: Equatable, Sendable {
        public enum Origin: Equatable, Hashable, Sendable {
            case context
            /// By its place in the Containerfile.
            case stage(Int)
            case image(String)
        }
        public var origin: Origin
        /// Paths relative to the origin's root, wildcards in them.
        public var sources: [PathPattern]
        /// Files written in the Containerfile.
        public var documents: [Document]
        /// Absolute, without a slash at its end.
        public var destination: String
        /// Whether the destination is a directory, as its slash or several sources say.
        public var intoDirectory: Bool
        /// `user[:group]`; nil: root.
        public var owner: String?
        /// Permissions; nil: the source's.
        public var mode: UInt32?
        /// Whether archives of the context are unpacked.
        public var unpacks: Bool
    }

    /// A file whose content is in the Containerfile.
    public struct Document: Equatable, Sendable {
        public var name: String
        public var content: String
    }

    /// A command in a container.
    public struct Run: Equatable, Sendable {
        public var arguments: [String]
        /// `NAME=value`: the image's, and what ARG declared.
        public var environment: [String]
        /// `NAME=value` of what does not count for the cache.
        public var uncountedEnvironment: [String]
        public var workingDirectory: String
        public var user: String?
        public var mounts: [Instruction.Mount]
        /// A here-document that is a program by itself (`#!`): it is run instead, from a file outside of the image.
        public var script: Document?
    }
}
