import ArgumentParser
import Building
import Containerfiles
import Engine
import Images
import Linux
import OCI

/// `isolab image build`: an image from a Containerfile.
struct ImageBuildCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "build", abstract: "Build an image from a Containerfile, without a network.",
        discussion: """
            Each RUN is a container of isolab's own runtime core with Docker's defaults. A step whose parent layers, \
            instruction and files are what they were finds its layer again. With SOURCE_DATE_EPOCH in the environment, or \
            --timestamp, the same build has the same digests.
            """)

    @Argument(
        help:
            "The directory that COPY and ADD copy from; - reads an archive of it, or a Containerfile, from standard input."
    )
    var context = "."
    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("The Containerfile; - reads it from standard input.", valueName: "path"))
    var file: String?
    @Option(help: ArgumentHelp("Write the image's identifier to a file.", valueName: "file")) var iidfile: String?
    @Option(name: .shortAndLong, help: ArgumentHelp("A name for the image; may be repeated.", valueName: "name"))
    var tag: [String] = []
    @Option(help: ArgumentHelp("A value for an ARG; without =value, the environment's.", valueName: "name=value"))
    var buildArg: [String] = []
    @Option(help: ArgumentHelp("A label of the image.", valueName: "name=value")) var label: [String] = []
    @Option(help: ArgumentHelp("The stage that becomes the image.", valueName: "stage")) var target: String?
    @Option(help: ArgumentHelp("What the image is for.", valueName: "os/architecture[/variant]")) var platform: String?
    @Flag(help: "Do every step, whatever layers are kept.") var noCache = false
    @Flag(name: .shortAndLong, help: "Print the image's identifier alone.") var quiet = false
    @Flag(help: "Print what would be done, step by step, and do nothing.") var plan = false
    @Option(
        help: ArgumentHelp("Nothing is later than this: seconds since 1970.", valueName: "seconds"))
    var timestamp: Int64?
    @Option(help: ArgumentHelp("Of layers: gzip, zstd or none.", valueName: "form")) var compression = "gzip"
    @OptionGroup var limits: BuildLimitOptions

    func run() throws {
        do {
            let store = try ImageStore()
            let options = try options()
            // Reading from there, it is a directory for as long as it is needed.
            let standardInput = context == "-" ? try StandardInputContext(store, file: file) : nil
            defer { withExtendedLifetime(standardInput) {} }
            let context = try standardInput?.context ?? BuildContext(directory: context, file: file)
            let isQuiet = quiet
            let builder = ImageBuilder(store, options) { if !isQuiet { BuildOutput.say($0) } }
            if plan {
                print("\(try builder.plan(context))".displayable(keepingLines: true))
                return
            }
            let image = try builder.build(context)
            if let iidfile { try SystemFile.replace(iidfile, with: Array(image.id.description.utf8), mode: 0o644) }
            print(image.id)
        } catch {
            throw BuildFailure.exit(error)
        }
    }

    private func options() throws -> BuildOptions {
        var request = BuildRequest(
            target: target, arguments: BuildValues.arguments(buildArg), labels: try BuildValues.labels(label))
        if let platform { request.platform = try BuildValues.platform(platform) }
        return BuildOptions(
            request: request, names: try BuildValues.names(tag), ignoresCache: noCache,
            epoch: try timestamp ?? BuildValues.epoch(), compression: try BuildValues.compression(compression),
            memory: try limits.bytes, processors: limits.cpus,
            processCount: limits.pidsLimit, isQuiet: quiet)
    }
}

/// `isolab build`, as docker and podman have it too.
struct BuildCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "build", abstract: ImageBuildCommand.configuration.abstract,
        discussion: ImageBuildCommand.configuration.discussion)

    @OptionGroup var build: ImageBuildCommand

    func run() throws { try build.run() }
}

/// What each command of a build may use.
struct BuildLimitOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Of each command, with k, m or g.", valueName: "bytes")) var memory: String?
    @Option(help: ArgumentHelp("Of each command.", valueName: "processors")) var cpus: Double?
    @Option(help: ArgumentHelp("Of each command.", valueName: "processes")) var pidsLimit: Int64?

    var bytes: Int64? {
        get throws { try memory.map { try ByteSize("--memory", $0).bytes } }
    }
}
