package import Containerfiles
import Linux
package import OCI

/// How a build is done.
package struct BuildOptions: Sendable {
    package var request: BuildRequest
    /// The image's names.
    package var names: [ImageReference]
    /// Whether steps are done though a layer of theirs is kept.
    package var ignoresCache: Bool
    /// Seconds since 1970 later than which nothing is said to be, so that the same build has the same digests
    /// (reproducible-builds.org, SOURCE_DATE_EPOCH); nil: as it is.
    package var epoch: Int64?
    package var compression: MediaType.Compression
    /// Limits of each command: bytes, processors' worth of time, processes.
    package var memory: Int64?
    package var processors: Double?
    package var processCount: Int64?
    /// Whether commands say nothing.
    package var isQuiet: Bool
    /// What `RUN --mount=type=secret` may show, by identifier.
    package var secrets: [BuildSecret] = []
    /// Fetches what ADD names by an address; nil where builds have no network.
    package var fetch: BuildFetch?
    /// Puts a command into the network that the request names; nil where it is none, or the host's.
    package var join: (@Sendable () throws -> BuildSandbox)?
    /// Pulls an image that a stage begins with or copies from; nil: what is here is used.
    package var pull: (@Sendable (ImageReference, Platform) throws -> Void)?
    /// Whether it is pulled even if it is here.
    package var pullsAlways = false
    /// Whether nothing is done but told (`--plan`).
    package var isPlan = false

    package init(
        request: BuildRequest = BuildRequest(), names: [ImageReference] = [], ignoresCache: Bool = false,
        epoch: Int64? = nil, compression: MediaType.Compression = .gzip, memory: Int64? = nil,
        processors: Double? = nil, processCount: Int64? = nil, isQuiet: Bool = false
    ) {
        self.request = request
        self.names = names
        self.ignoresCache = ignoresCache
        self.epoch = epoch
        self.compression = compression
        self.memory = memory
        self.processors = processors
        self.processCount = processCount
        self.isQuiet = isQuiet
    }
}

/// A network namespace for one command of a build.
package struct BuildSandbox {
    /// As this process sees it.
    package var path: String
    /// What the command finds in `/etc`.
    package var files: [(name: String, content: String)]
    /// Frees what it has in networks, once the command has ended.
    package var leave: () -> Void

    package init(path: String, files: [(name: String, content: String)], leave: @escaping () -> Void) {
        self.path = path
        self.files = files
        self.leave = leave
    }
}

/// Writes what an address gives to a descriptor.
package typealias BuildFetch = @Sendable (_ url: String, _ descriptor: Int32) throws -> Void

/// `--secret id=NAME[,src=FILE|,env=VARIABLE]`: what commands may see and no layer keeps.
package struct BuildSecret: Equatable, Sendable {
    package enum Source: Equatable, Sendable {
        case file(String)
        case variable(String)
    }

    package var identifier: String
    package var source: Source

    package init(identifier: String, source: Source) {
        self.identifier = identifier
        self.source = source
    }
}

/// What is told while a build runs.
package enum BuildEvent: Equatable, Sendable, CustomStringConvertible {
    /// A step begins; numbers from 1.
    case step(Int, of: Int, text: String)
    /// Its layer was there.
    case cached
    /// It is done: nanoseconds, and the bytes of its layer as stored, nil where it made none.
    case done(nanoseconds: UInt64, layerSize: Int64?)
    case warning(String)

    package var description: String {
        switch self {
        case .step(let number, let count, let text):
            let line = String(text.split(separator: "\n", maxSplits: 1).first ?? "").displayable(keepingLines: true)
            return "STEP \(number)/\(count): \(line)"
        case .cached: return "--> CACHED"
        case .done(let nanoseconds, let size):
            let hundredths = nanoseconds / 10_000_000
            let fraction = String(hundredths % 100)
            let seconds = "\(hundredths / 100).\(fraction.utf8.count == 1 ? "0" : "")\(fraction) s"
            return "--> \(seconds)" + (size.map { ", \($0) bytes" } ?? "")
        case .warning(let text): return "warning: \(text.displayable())"
        }
    }
}

/// An image that was made.
package struct BuiltImage: Equatable, Sendable {
    /// The digest of its configuration.
    package var id: Digest
    /// Its manifest.
    package var target: Descriptor
    /// How many of the layers were there already.
    package var cachedLayers: Int
}
