import ArgumentParser
import CommandSupport
import Lab

/// `isolab selftest`: what is put in must come back.
struct SelfTestCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "selftest",
        abstract: "Put known delays, CPU time and memory into a lane and see whether they come back.",
        discussion: """
            Each is tried several times, as a small run of its own; the 95 % interval of the difference must hold what was put \
            in. Then a process that claims to be a container, one that lies about what it is in and a launch that leaves a \
            process behind must be refused. Exit status 1 where the intervals miss more often than chance allows, or anything is \
            admitted. About five minutes; a busy host \
            widens the intervals.
            """)

    @Option(help: "The lane: a process, a container or another runtime; `isolab lanes` lists them.")
    var lane = "native"
    @Option(help: "How often each is tried.") var tries = 40
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
            let test = SelfTest(lane: lane, tries: tries, options: options)
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
