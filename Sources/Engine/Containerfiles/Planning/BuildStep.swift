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
        public enum Origin: Equatable, Hashable, Sendable, CustomStringConvertible {
            case context
            /// By its place in the Containerfile.
            case stage(Int)
            case image(String)

            public var description: String {
                switch self {
                case .context: "the context"
                case .stage(let index): "stage \(index)"
                case .image(let name): "image \(name)"
                }
            }
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
        public var mode: FileModeChange?
        /// Whether archives of the context are unpacked.
        public var unpacks: Bool
        /// `--parents`: for each of the sources, how many of the first parts of its path are left out; nil: only the last part of
        /// a source's path counts.
        public var pivots: [Int]?
        /// What of the sources is left out.
        public var excludes = IgnoreRules.none
        /// Files that are fetched.
        public var addresses: [Address] = []
    }

    /// A file that ADD fetches.
    public struct Address: Equatable, Sendable {
        public var url: String
        /// Of the file, where the destination is a directory; empty where the address says none.
        public var name: String
        /// What its content must hash to.
        public var checksum: Digest?
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
        public var mounts: [Mount]
        /// Whether it has the host's network.
        public var hasNetwork = false
        /// A here-document that is a program by itself (`#!`): it is run instead, from a file outside of the image.
        public var script: Document?
    }

    /// What a command sees for its own time.
    public struct Mount: Equatable, Sendable {
        public enum Kind: Equatable, Sendable {
            /// In memory; bytes at most.
            case memory(size: Int64?)
            case cache(Instruction.Cache)
            case files(Files)
            case secret(Instruction.Secret)
        }
        public var kind: Kind
        public var target: String
    }

    /// Files of the context, of a stage or of an image, by the path of one of them or of their directory.
    public struct Files: Equatable, Sendable {
        public var origin: Copy.Origin
        /// Below the origin's root.
        public var source: PathPattern
        /// Whether they may be written to, for as long as the step lasts.
        public var isWritable = false
        public var path: String { "/" + source.text }
    }

    /// What it copies from, or shows its command.
    public var origins: [Copy.Origin] {
        switch action {
        case .configure, .makeDirectory: return []
        case .copy(let copy): return [copy.origin]
        case .run(let run):
            return run.mounts.compactMap { mount in
                guard case .files(let files) = mount.kind else { return nil }
                return files.origin
            }
        }
    }
}
