public import ArgumentParser
import CommandSupport
import Glibc
import Lab
import Linux
import Reports
public import RunRecord

/// `isolab compare`: what changed between two runs, or between two programs or configurations measured in turns.
struct CompareCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare", abstract: "Show what changed from one run to another.",
        usage: """
            isolab compare [<options>] <before> <after>
            isolab compare [<options>] --before <run> ... --after <run> ...
            isolab compare --ab [<options>] <A> <B> [--bench <bench options> ...]
            """,
        discussion: """
            Two single runs give figures and no verdict, unless isolab knows how much runs differ on this host (isolab bench \
            --runs). With --ab, A and B are programs (two builds of isolab) or experiment files, measured in turns A B B A, \
            each run by a new process. Runs that differ in what matters are refused; --force compares them, and the comparison says so. \
            The exit status is 3 where a --fail-on is exceeded, 1 where the runs do not tell whether it is.
            """)

    @Argument(help: "Two runs' directories; more are shown side by side; with --ab, two programs or experiment files.")
    var operands: [String] = []
    @Option(parsing: .upToNextOption, help: ArgumentHelp("Several runs before.", valueName: "run"))
    var before: [String] = []
    @Option(parsing: .upToNextOption, help: ArgumentHelp("Several runs after.", valueName: "run"))
    var after: [String] = []
    @Flag(help: "Measure A and B now, in turns.") var ab = false
    @Option(help: ArgumentHelp("With --ab: runs of each, at least 2.", valueName: "k")) var runs = 4
    @Flag(help: "Compare even if the runs differ in what matters.") var force = false
    @Option(help: "What is compared, and may differ: isolab, workload, kernel, configuration.") var subject: Subject?
    @Option(
        help: ArgumentHelp("Fail on this change, e.g. 'startup container > 5%'; may be repeated.", valueName: "limit"),
        transform: ChangeLimit.read)
    var failOn: [ChangeLimit] = []
    @Flag(help: "Print the comparison as JSON.") var json = false
    @Flag(help: "Print it as a Markdown table.") var markdown = false
    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("Write the comparison as HTML too; with --ab, the directory of the runs.", valueName: "path")
    )
    var output: String?
    @OptionGroup var places: PlaceOptions
    @Option(
        parsing: .remaining,
        help: ArgumentHelp("With --ab: everything that follows is passed to isolab bench.", valueName: "options"))
    var bench: [String] = []

    func validate() throws {
        if ab {
            guard operands.count == 2, before.isEmpty, after.isEmpty else {
                throw ValidationError("--ab takes two programs or experiment files")
            }
            guard runs >= 2 else { throw ValidationError("--runs takes a whole number from 2, not \(runs)") }
            guard Set(operands.map { BenchSubject($0, name: "").isProgram }).count == 1 else {
                throw ValidationError(
                    "--ab compares two programs or two experiment files (.yaml, .yml), not one with the other: "
                        + operands.joined(separator: ", "))
            }
        } else if before.isEmpty, after.isEmpty {
            guard operands.count >= 2 else { throw ValidationError("two runs' directories are needed") }
            try refuseWhatNeedsSides()
        } else {
            guard operands.isEmpty, !before.isEmpty, !after.isEmpty else {
                throw ValidationError("--before and --after go together, without other runs")
            }
        }
        if json, markdown { throw ValidationError("--json and --markdown exclude each other") }
        // It takes all that follows, a limit and a form included.
        guard ab || bench.isEmpty else { throw ValidationError("--bench and what follows it need --ab") }
    }

    /// More than two runs without sides are shown beside each other and not compared: what only a comparison can do is not left out
    /// without a word, a limit least of all.
    private func refuseWhatNeedsSides() throws {
        guard operands.count > 2 else { return }
        let given: [(name: String, isGiven: Bool)] = [
            ("--fail-on", !failOn.isEmpty), ("--json", json), ("--markdown", markdown), ("--output", output != nil),
            ("--subject", subject != nil),
        ]
        guard let first = given.first(where: { $0.isGiven }) else { return }
        throw ValidationError(
            "\(first.name) compares two sides, and \(operands.count) runs are only shown side by side; name the sides: "
                + "--before RUN ... --after RUN ...")
    }

    func run() throws {
        do {
            var first: [Run]
            var second: [Run]
            var subject = subject
            if ab {
                let programs = operands.allSatisfy { BenchSubject($0, name: "").isProgram }
                subject = subject ?? (programs ? .isolab : .configuration)
                (first, second) = try measure(subject)
            } else if before.isEmpty {
                let runs = try operands.map(readRun)
                guard runs.count == 2 else { return print(RunsReport.terminal(runs, labels: labels(runs, operands))) }
                (first, second) = ([runs[0]], [runs[1]])
            } else {
                first = try before.map(readRun)
                second = try after.map(readRun)
            }
            // Reasons name runs, too: where two have one name, by what tells them apart.
            let names = labels(first + second, ab ? [] : before.isEmpty ? operands : before + after)
            for place in first.indices { first[place].manifest.run = names[place] }
            for place in second.indices { second[place].manifest.run = names[first.count + place] }
            let comparison = try RunComparison.compare(
                first, second, force: force, subject: subject, spread: RunSpread.read(SpreadFile.path(places)))
            try show(comparison, first[0].manifest, second[0].manifest)
            try judge(comparison)
        } catch {
            throw Failure.exit(error)
        }
    }

    /// Reads a run, and says what the reader had to leave out or cannot vouch for.
    private func readRun(_ path: String) throws -> Run {
        let reading = try Run.read(directory: path)
        for note in reading.notes { printToStandardError("isolab: \(path): \(note)") }
        return reading.run
    }

    /// What the runs are called; paths are those they were given by.
    private func labels(_ runs: [Run], _ paths: [String]) -> [String] {
        RunLabels.of(
            runs.enumerated().map { place, run in
                (run.manifest.run, place < paths.count ? paths[place] : run.manifest.run)
            })
    }

    private func show(_ comparison: RunComparison, _ before: Manifest, _ after: Manifest) throws {
        if json {
            print(try ComparisonReport.json(comparison))
        } else if markdown {
            print(ComparisonReport.markdown(comparison, before: before, after: after), terminator: "")
        } else {
            print(
                ComparisonReport.terminal(
                    comparison, before: before, after: after, colour: standardOutputTakesColour))
        }
        guard let output else { return }
        let path = ab ? "\(output)/comparison.html" : output
        let html = ComparisonReport.html(comparison, before: before, after: after)
        try NamedOutput.write(Array(html.utf8), to: path)
        if !json, !markdown { print("comparison: \(path)") }
    }

    /// Says of every limit whether it is kept; a limit that cannot be judged is a failure of its own.
    private func judge(_ comparison: RunComparison) throws {
        var exceeded = false
        var blind = false
        for limit in failOn {
            switch limit.answer(comparison) {
            case .kept: break
            case .exceeded(let changes):
                exceeded = true
                for change in changes {
                    printToStandardError("isolab: \(limit) is exceeded: \(ComparisonReport.told(change))")
                }
            case .unanswerable(let reason):
                blind = true
                printToStandardError("isolab: \(limit) cannot be judged: \(reason)")
            }
        }
        if exceeded { throw ExitCode(3) }
        if blind { throw ExitCode.failure }
    }

    /// Runs of A and B in turns, A B B A, so that whatever drifts on the host hits both alike.
    private func measure(_ subject: Subject?) throws -> ([Run], [Run]) {
        let subjects = [BenchSubject(operands[0], name: "A"), BenchSubject(operands[1], name: "B")]
        let directory = output ?? "reports/\(Clock.compactNow)-ab"
        let seed = UInt64.random(in: 0...UInt64(UInt32.max))
        if !json, !markdown { for (name, path) in zip(["A", "B"], operands) { print("\(name): \(path)") } }
        var made: [[Run]] = [[], []]
        for turn in 0..<runs {
            for side in turn.isMultiple(of: 2) ? [0, 1] : [1, 0] {
                let name = subjects[side].name
                printToStandardError("isolab: \(name), run \(turn + 1) of \(runs)")
                made[side].append(
                    try subjects[side].run(
                        into: "\(directory)/\(name)-\(turn + 1)", seed: seed &+ UInt64(turn), arguments: bench))
            }
            // What forbids the comparison is told after the first of either, not after all of them.
            if turn == 0 { _ = try RunComparison.compare(made[0], made[1], force: force, subject: subject) }
        }
        return (made[0], made[1])
    }
}

extension Subject: ExpressibleByArgument {}

extension ChangeLimit {
    /// - Throws: what is wrong with it, before anything is measured.
    @Sendable fileprivate static func read(_ text: String) throws -> ChangeLimit {
        guard let limit = ChangeLimit(text) else { throw ValidationError(form) }
        return limit
    }
}
