import ArgumentParser
import CommandSupport
import Lab
import Reports
import RunRecord

/// `isolab bench`: measures and writes a report.
struct BenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench", abstract: "Measure what isolation costs here, and write a report.",
        usage: "isolab bench [<options>] [<experiment>]",
        discussion: """
            Ctrl-C stops after the current sample; what was measured is kept and reported. A second Ctrl-C stops at once.
            """)

    @Flag(
        exclusivity: .exclusive,
        help: ArgumentHelp("How long to measure: a few minutes, or as long as 99th percentiles need."))
    var length: Length = .quick

    @Argument(help: ArgumentHelp("An experiment file (YAML) instead of --quick or --full.", valueName: "experiment"))
    var file: String?

    @Option(help: "Only these lanes, separated by commas; `isolab lanes` lists them.")
    var lanes: NameList?

    @Option(help: "Only these experiments or workloads, separated by commas: startup, memory, syscalls, harness.")
    var workloads: NameList?

    @Option(help: "Samples per lane, not counting warm-ups.")
    var blocks: Int?

    @Option(help: "The seed for the order of lanes within blocks; it is recorded in the manifest.")
    var seed: UInt64?

    @Option(name: .shortAndLong, help: "The run's directory; default reports/<time>-<name>.")
    var output: String?

    @Option(help: "Choose the number of blocks from this pilot run of the same experiment.")
    var pilot: String?

    @Option(
        help: ArgumentHelp(
            "Make this many runs, each in a new process, in <output>/1 to <output>/k; from 4 on isolab learns how much runs differ here.",
            valueName: "k"))
    var runs: Int?

    @Flag(help: "Measure even if there are too few blocks to decide anything; the report says so.")
    var exploratory = false

    @OptionGroup var parts: PartOptions

    @Flag(help: "Do not wait for an idle host before a block.")
    var noIdleGate = false

    func validate() throws {
        if let blocks, blocks < 1 { throw ValidationError("--blocks takes a whole number from 1, not \(blocks)") }
        if let runs, runs < 2 { throw ValidationError("--runs takes a whole number from 2, not \(runs)") }
    }

    func run() throws {
        if let runs { return try repeated(runs) }
        var options = parts.options
        options.file = file
        options.preset = length == .full ? .full : .quick
        options.lanes = lanes?.names
        options.workloads = workloads?.names
        options.blocks = blocks
        options.seed = seed
        options.output = output
        options.skipsIdleGate = noIdleGate
        options.adoptsOrphans = true
        options.exploratory = exploratory
        do {
            try Program.protect()
            if let pilot { options.pilot = Summarizer.summarize(try Run.read(directory: pilot).run) }
            let bench = try Bench(options, version: isolabVersion)
            let outcome = try bench.run(progress: TerminalProgress())
            let rendered = try RunFiles.render(outcome.directory)
            print(
                TerminalReport.render(run: rendered.run, summary: rendered.summary, colour: standardOutputTakesColour))
            print("report: \(RunDirectory(outcome.directory).path(of: .html))")
            if outcome.interrupted { throw ExitCode(130) }
            guard rendered.run.samples.contains(where: \.admitted) else {
                printToStandardError("isolab: no sample was admitted; the report says why")
                throw ExitCode.failure
            }
        } catch {
            throw Failure.exit(error)
        }
    }
}

extension BenchCommand {
    /// Makes several runs, and remembers how much they differ.
    private func repeated(_ count: Int) throws {
        do {
            // What cannot be measured is said before the first of them begins.
            var options = parts.options
            (options.file, options.preset, options.exploratory) = (file, length == .full ? .full : .quick, exploratory)
            (options.lanes, options.workloads, options.blocks) = (lanes?.names, workloads?.names, blocks)
            _ = try Bench(options, version: isolabVersion)
            let directory = output ?? "reports/\(Clock.compactNow)-\(count)-runs"
            let first = seed ?? UInt64.random(in: 0...UInt64(UInt32.max))
            let subject = BenchSubject.program(BenchSubject.own, name: "run")
            var made: [Run] = []
            for number in 1...count {
                printToStandardError("isolab: run \(number) of \(count)")
                made.append(
                    try subject.run(
                        into: "\(directory)/\(number)", seed: first &+ UInt64(number - 1),
                        arguments: Self.passedOn(CommandLine.arguments)))
            }
            print("\(count) runs: \(directory)/1 to \(count)")
            guard let spread = RunSpread(made) else { return }
            let path = SpreadFile.path(parts.places)
            try spread.write(to: path)
            print("how much runs differ on this host, from \(count): \(path)")
        } catch {
            throw Failure.exit(error)
        }
    }

    /// This command's own arguments without what each run is given anew.
    static func passedOn(_ arguments: [String]) -> [String] {
        var kept: [String] = []
        var skip = false
        for word in arguments.drop(while: { $0 != "bench" }).dropFirst() {
            if skip {
                skip = false
            } else if ["--runs", "--output", "-o", "--seed"].contains(word) {
                skip = true
            } else if !["--runs=", "--output=", "--seed="].contains(where: word.hasPrefix) {
                kept.append(word)
            }
        }
        return kept
    }
}

/// The two presets as flags.
enum Length: String, EnumerableFlag {
    case quick
    case full
}

/// `a,b,c`
struct NameList: ExpressibleByArgument {
    let names: [String]

    init?(argument: String) {
        names = argument.split(separator: ",").map { String($0) }
        if names.isEmpty { return nil }
    }
}

/// What several commands let the user bring along.
struct PartOptions: ParsableArguments {
    @Option(help: ArgumentHelp("A directory that holds a root file system, instead of isolab's own minimal one."))
    var image: String?

    @Option(help: "The guests' kernel (bzImage or vmlinux), instead of Debian's cloud kernel.")
    var kernel: String?

    @Option(
        help: ArgumentHelp(
            "A libvirt of this host instead of the embedded driver, e.g. qemu:///system, whose daemon then runs the guests.",
            valueName: "uri"))
    var connect: String?

    @OptionGroup var places: PlaceOptions

    /// Options with nothing but the user's own parts in them.
    var options: BenchOptions {
        BenchOptions(
            image: image, kernel: kernel, connect: connect, stateDirectory: places.stateDirectory,
            cacheDirectory: places.cacheDirectory)
    }
}

/// Where isolab keeps what outlives a process; tests move it.
struct PlaceOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("Where owner records and scratch space live.", valueName: "directory", visibility: .hidden))
    var stateDirectory: String?

    @Option(help: ArgumentHelp("Where kernels and images are kept.", valueName: "directory", visibility: .hidden))
    var cacheDirectory: String?
}
