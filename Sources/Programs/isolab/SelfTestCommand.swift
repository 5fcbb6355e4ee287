public import ArgumentParser
import CommandSupport
public import Lab

extension Injection.Kind: ExpressibleByArgument {}

/// `isolab selftest`: what is put in must come back.
struct SelfTestCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "selftest",
        abstract: "Add known delays, CPU time and memory to a lane and check that they are measured.",
        discussion: """
            Each is tried several times, as a small run of its own; the 95 % and the 99 % interval of the difference must contain \
            what was added. Then a process that claims to be a container, one that lies about what it is in and a launch that leaves a process behind \
            must be refused. The exit status is 1 if the intervals miss more often than chance allows, or if one of those is \
            admitted. It takes about five minutes; a busy host widens the intervals.
            """)

    @Option(help: "The lane: a process, a container or another runtime; `isolab lanes` lists them.")
    var lane = "native"
    @Option(help: "How many times to try each.") var tries = 40
    @Option(help: "Add only this: startup, cpu or memory.") var only: Injection.Kind?
    @OptionGroup var places: PlaceOptions

    func validate() throws {
        guard (1...10_000).contains(tries) else {
            throw ValidationError("--tries is \(tries); it must be from 1 to 10000")
        }
    }

    func run() throws {
        do {
            try Program.protect()
            var options = BenchOptions(stateDirectory: places.stateDirectory, cacheDirectory: places.cacheDirectory)
            options.adoptsOrphans = true
            let progress = TerminalProgress()
            let test = SelfTest(
                lane: lane, tries: tries, injections: Injection.all.filter { only == nil || $0.kind == only },
                options: options)
            var done = 0
            let result = try test.run { title, _, _ in
                progress.update(
                    Progress(done: done, total: test.injections.count * tries, experiment: title, lane: lane))
                done += 1
            }
            progress.finish()
            print(result.text)
            guard result.holds else { throw ExitCode.failure }
        } catch let code as ExitCode {
            throw code
        } catch {
            throw Failure.exit(error)
        }
    }
}
