package import OCI

/// One step of a stage, with everything in it that its Containerfile decides.
package struct BuildStep: Equatable, Sendable {
    /// From 1.
    package var line: Int
    /// The instruction, variables replaced, in one line.
    package var text: String
    package var action: Action
    /// For the image's history.
    package var createdBy: String
    /// What the image says of its containers after the step.
    package var execution: ImageConfiguration.Execution
    package var author: String?

    package enum Action: Equatable, Sendable {
        /// Only the configuration changes.
        case configure
        /// WORKDIR: the directory is made where it is missing.
        case makeDirectory(path: String)
        case copy(Copy)
        case run(Run)
    }

    /// Files into the image.
    package struct Copy: Equatable, Sendable {
        package enum Origin: Equatable, Hashable, Sendable, CustomStringConvertible {
            case context
            /// By its place in the Containerfile.
            case stage(Int)
            case image(String)

            package var description: String {
                switch self {
                case .context: "the context"
                case .stage(let index): "stage \(index)"
                case .image(let name): "image \(name)"
                }
            }
        }
        package var origin: Origin
        /// Paths relative to the origin's root, wildcards in them.
        package var sources: [PathPattern]
        /// Files written in the Containerfile.
        package var documents: [Document]
        /// Absolute, without a slash at its end.
        package var destination: String
        /// Whether the destination is a directory, as its slash or several sources say.
        package var intoDirectory: Bool
        /// `user[:group]`; nil: root.
        package var owner: String?
        /// Permissions; nil: the source's.
        package var mode: FileModeChange?
        /// Whether archives of the context are unpacked.
        package var unpacks: Bool
        /// `--parents`: for each of the sources, how many of the first parts of its path are left out; nil: only the last part of
        /// a source's path counts.
        package var pivots: [Int]?
        /// What of the sources is left out.
        package var excludes = IgnoreRules.none
        /// Files that are fetched.
        package var addresses: [Address] = []
    }

    /// A file that ADD fetches.
    package struct Address: Equatable, Sendable {
        package var url: String
        /// Of the file, where the destination is a directory; empty where the address says none.
        package var name: String
        /// What its content must hash to.
        package var checksum: Digest?
    }

    /// A file whose content is in the Containerfile.
    package struct Document: Equatable, Sendable {
        package var name: String
        package var content: String
    }

    /// A command in a container.
    package struct Run: Equatable, Sendable {
        package var arguments: [String]
        /// `NAME=value`: the image's, and what ARG declared.
        package var environment: [String]
        /// `NAME=value` of what does not count for the cache.
        package var uncountedEnvironment: [String]
        package var workingDirectory: String
        package var user: String?
        package var mounts: [Mount]
        /// Whether it has the build's network.
        package var hasNetwork = false
        /// A here-document that is a program by itself (`#!`): it is run instead, from a file outside of the image.
        package var script: Document?
    }

    /// What a command sees for its own time.
    package struct Mount: Equatable, Sendable {
        package enum Kind: Equatable, Sendable {
            /// In memory; bytes at most.
            case memory(size: Int64?)
            case cache(Instruction.Cache)
            case files(Files)
            case secret(Instruction.Secret)
        }
        package var kind: Kind
        package var target: String
    }

    /// Files of the context, of a stage or of an image, by the path of one of them or of their directory.
    package struct Files: Equatable, Sendable {
        package var origin: Copy.Origin
        /// Below the origin's root.
        package var source: PathPattern
        /// Whether they may be written to, for as long as the step lasts.
        package var isWritable = false
        package var path: String { "/" + source.text }
    }

    /// What it copies from, or shows its command.
    package var origins: [Copy.Origin] {
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
