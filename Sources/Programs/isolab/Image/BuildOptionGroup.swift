import ArgumentParser
import Building
import Containerfiles
import Engine
import Images
import Linux
import OCI

/// What both names of a build take.
struct BuildOptionGroup: ParsableArguments {
    @Argument(
        help:
            "The directory that COPY and ADD copy from; - reads an archive or a Containerfile from standard input."
    )
    var context = "."
    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("The Containerfile; - reads it from standard input.", valueName: "path"))
    var file: String?
    @Option(help: ArgumentHelp("Write the image's identifier to this file.", valueName: "file")) var iidfile: String?
    @Option(name: .shortAndLong, help: ArgumentHelp("A name for the image; may be repeated.", valueName: "name"))
    var tag: [String] = []
    @Option(help: ArgumentHelp("Set an ARG; without =value, take the environment's.", valueName: "name=value"))
    var buildArg: [String] = []
    @Option(help: ArgumentHelp("Label the image.", valueName: "name=value")) var label: [String] = []
    @Option(
        help: ArgumentHelp(
            "A secret for RUN --mount=type=secret: id=NAME,src=FILE or id=NAME,env=VARIABLE.", valueName: "fields"))
    var secret: [String] = []
    @Option(help: ArgumentHelp("The stage to build.", valueName: "stage")) var target: String?
    @Option(help: ArgumentHelp("The platform to build for.", valueName: "os/architecture[/variant]")) var platform:
        String?
    @Option(
        help: ArgumentHelp(
            "When to pull base images: missing, always or never; --pull alone is always.", valueName: "when"))
    var pull = PullPolicy.missing.rawValue
    @OptionGroup var registries: PullRegistryOptions
    @Option(
        help: ArgumentHelp(
            "none, host, or a network's name, such as bridge: what RUN is in; ADD may download then.", valueName: "name"
        ))
    var network = "none"
    @Flag(help: "Do not use cached layers.") var noCache = false
    @Option(
        help: ArgumentHelp("How to show progress: quiet, or auto, plain or tty (all alike).", valueName: "manner"))
    var progress = "auto"
    @Flag(name: .shortAndLong, help: "Print only the image's identifier.") var quiet = false
    @Flag(help: "Print what would be done, step by step, and do nothing.") var plan = false
    @Option(
        help: ArgumentHelp("Clamp all timestamps to this one, in seconds since 1970.", valueName: "seconds"))
    var timestamp: Int64?
    @Option(help: ArgumentHelp("How to compress layers: gzip, zstd or none.", valueName: "form")) var compression =
        "gzip"
    @OptionGroup var limits: BuildLimitOptions

    private var isQuiet: Bool { quiet || progress == "quiet" }

    func build() throws {
        do {
            // Before standard input is read: the program may begin anew.
            if !plan { try Program.protect() }
            let store = try ImageStore()
            let options = try options()
            // Reading from there, it is a directory for as long as it is needed.
            let standardInput = context == "-" ? try StandardInputContext(store, file: file) : nil
            defer { withExtendedLifetime(standardInput) {} }
            let context = try standardInput?.context ?? BuildContext(directory: context, file: file)
            let isQuiet = isQuiet
            let builder = ImageBuilder(store, options) { if !isQuiet { BuildOutput.say($0) } }
            if plan {
                let plan = try builder.plan(context)
                return print("\(plan)".displayable(keepingLines: true))
            }
            let image = try builder.build(context)
            if let iidfile { try NamedOutput.write(Array(image.id.description.utf8), to: iidfile) }
            print(image.id)
        } catch {
            throw BuildFailure.exit(error)
        }
    }

    private func options() throws -> BuildOptions {
        guard ["auto", "plain", "tty", "quiet"].contains(progress) else {
            throw OptionError("--progress", progress, "takes auto, plain, tty or quiet")
        }
        var networking = NetworkOptions()
        let mode = try networking.readModes("--network", [network == "default" ? "none" : network])
        var request = BuildRequest(
            target: target, arguments: try BuildValues.arguments(buildArg), labels: try BuildValues.labels(label))
        if let platform { request.platform = try BuildValues.platform(platform) }
        switch mode {
        case .none: break
        case .host: request.network = .host
        case .container: throw OptionError("--network", network, "takes none, host or a network's name in a build")
        case .networks:
            guard let join = networking.joins.first else { break }
            request.network = .shared(isInternal: try Engine.isInternalNetwork(join))
        }
        var options = BuildOptions(
            request: request, names: try BuildValues.names(tag), ignoresCache: noCache,
            epoch: try timestamp ?? BuildValues.epoch(), compression: try BuildValues.compression(compression),
            memory: try limits.bytes, processors: try limits.processors,
            processCount: limits.pidsLimit, isQuiet: isQuiet)
        options.secrets = try secret.map { try BuildValues.checked(BuildValues.secret($0), $0) }
        options.isPlan = plan
        if request.mayFetch { options.fetch = Transfer.fetch }
        if case .shared = request.network, !plan { options.join = try Self.join(networking) }
        let policy = try PullPolicy("--pull", pull)
        // A plan does nothing.
        if policy != .never, !plan {
            let isQuiet = isQuiet
            let registries = registries.arguments
            options.pullsAlways = policy == .always
            options.pull = {
                try Transfer.pull($0, $1, isMissing: policy == .missing, quiet: isQuiet, registries)
            }
        }
        return options
    }
}

extension BuildOptionGroup {
    /// Puts each RUN into networks, once what killed builds had there is free.
    private static func join(_ networking: NetworkOptions) throws -> @Sendable () throws -> BuildSandbox {
        let engine = try Engine(warn: Warning.print)
        try engine.releaseLeftovers()
        return {
            let place = try engine.joinForBuild(networking)
            return BuildSandbox(path: place.path, files: place.files) { place.leave() }
        }
    }

    /// The words of a command line whose `--pull` may stand alone, as docker's does, or be told when; yes and no are docker's, too.
    static func withPullPolicy(_ words: [String], _ path: CommandPath) -> [String] {
        guard path.names.last == "build" else { return words }
        return words.map { word in
            switch word {
            case "--pull", "--pull=true", "--pull=1": "--pull=always"
            case "--pull=false", "--pull=0": "--pull=missing"
            default: word
            }
        }
    }
}

/// What each command of a build may use.
struct BuildLimitOptions: ParsableArguments {
    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("Limit the memory of each RUN, e.g. 512m.", valueName: "bytes")) var memory: String?
    @Option(help: ArgumentHelp("Limit the processors of each RUN, e.g. 1.5.", valueName: "processors")) var cpus:
        String?
    @Option(help: ArgumentHelp("Limit the processes of each RUN.", valueName: "number")) var pidsLimit: Int64?

    var bytes: Int64? {
        get throws { try memory.map { try ByteSize("--memory", $0).bytes } }
    }

    var processors: Double? {
        get throws {
            try cpus.flatMap { try ProcessorTime("--cpus", $0).quota }.map { Double($0) / Double(ProcessorTime.period) }
        }
    }
}
