import ArgumentParser
import CommandSupport
import Lab
import Reports
import RunRecord

/// `isolab launch`: one sandbox, shown step by step.
struct LaunchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "launch", abstract: "Launch one sandbox in a lane and show where its time goes.",
        usage: "isolab launch [<options>] <lane> [<workload> ...]",
        discussion: """
            The workload is `exit` unless another command of isolab-workload is given, e.g. \
            isolab launch container -- memory 64
            """)

    @Argument(help: "The lane; `isolab lanes` lists them.") var lane: String
    @Argument(help: ArgumentHelp("A command of the workload and its arguments.", valueName: "workload"))
    var command: [String] = ["exit"]
    @Flag(help: "Print what would be done, step by step, but start nothing.") var plan = false
    @Option(
        help: ArgumentHelp(
            "Kill it after this many seconds instead of 30 (120 for a guest under software emulation).",
            valueName: "seconds"))
    var deadline: Int?
    @Flag(help: "Print a line for every step, however short.") var steps = false
    @OptionGroup var parts: PartOptions

    func validate() throws {
        if let deadline, !(1...1_000_000).contains(deadline) {
            throw ValidationError("--deadline is \(deadline); it must be from 1 to 1000000")
        }
    }

    func run() throws {
        do {
            if plan {
                let record = try Lab.plan(lane: lane, options: parts.options)
                for (name, text) in record.configuration.sorted(by: { $0.key < $1.key }) {
                    print("# \(name)\n\(text)\n")
                }
                return
            }
            try Program.protect()
            var options = parts.options
            options.adoptsOrphans = true
            let sample = try Lab.launch(lane: lane, command: command, deadlineSeconds: deadline, options: options)
            print(TerminalWaterfall.render(sample, colour: standardOutputTakesColour, everyStep: steps))
            guard sample.admitted else {
                printToStandardError("isolab: \(lane): \(sample.reason)")
                throw ExitCode.failure
            }
        } catch {
            throw Failure.exit(error)
        }
    }
}
