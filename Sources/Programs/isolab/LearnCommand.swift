import ArgumentParser
import CommandSupport
import FoundationEssentials
import Glibc
import Lessons
import Linux

/// `isolab learn`: lessons that act on this machine, ask, show and explain.
struct LearnCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "learn", abstract: "Learn how containers and guests work, on this machine.",
        usage: """
            isolab learn
            isolab learn [--all] [--explain] [--html <file>] <lesson>
            isolab learn --verify [--json] [<lesson>]
            isolab learn check [--json] [<lesson>]
            """,
        discussion: """
            Without a lesson, list all. A lesson runs commands step by step, in a store of its own that is removed at the end, and \
            asks for a prediction first: Enter continues, b goes back, e explains, q quits. `check` looks whether the exercise \
            of a lesson is done in your own store.

            Exit status: 0 the lesson was held or left, all claims hold, or the exercise is done; 1 otherwise; 130 interrupted.
            """)

    @Argument(help: ArgumentHelp("The lesson; `isolab learn` lists them.", valueName: "lesson")) var words: [String] =
        []
    @Flag(help: "Run all steps without stops.") var all = false
    @Flag(help: "Say more about each step.") var explain = false
    @Flag(help: "Verify every claim of the lessons on this host, and say which does not hold, and why.") var verify =
        false
    @Flag(help: "Print the result of --verify or check as JSON.") var json = false
    @Option(
        help: ArgumentHelp("Write the lesson as it went here to an HTML file.", valueName: "file"),
        completion: .file(extensions: ["html"]))
    var html: String?
    @Option(help: .hidden) var tidy: String?

    private var checks: Bool { words.first == "check" }
    private var name: String? { checks ? words.dropFirst().first : words.first }

    func validate() throws {
        if words.count > (checks ? 2 : 1) {
            throw ValidationError("one lesson at a time: '\(words.last ?? "")' is too much")
        }
        if let name, Course.lesson(name) == nil {
            throw ValidationError(
                "there is no lesson '\(name)': one of \(Course.lessons.map(\.name).joined(separator: ", "))")
        }
        if json && !verify && !checks { throw ValidationError("--json is for --verify and check") }
        if verify && checks { throw ValidationError("--verify and check cannot be given together") }
        if (all || html != nil) && (name == nil || verify || checks) {
            throw ValidationError("--all and --html are for one lesson: isolab learn NAME")
        }
    }

    func run() throws {
        let program = StandardDirectories.programPath
        do {
            if let tidy { return try LessonLeftovers.tidy(tidy, program: program) }
            let chosen = name.flatMap(Course.lesson).map { [$0] } ?? Course.lessons
            if checks { return try check(chosen, program) }
            if verify { return try verify(chosen, program) }
            guard name != nil, let lesson = chosen.first else { return write(page.list(Course.lessons)) }
            try hold(lesson, program)
        } catch let stopped as Stopped {
            if stopped.status != 0 { throw ExitCode(stopped.status) }
        } catch {
            throw Failure.exit(error)
        }
    }

    private var page: TerminalLesson {
        TerminalLesson(width: standardOutputWidth ?? 80, colour: standardOutputTakesColour, explains: explain)
    }

    private func write(_ lines: [String]) {
        print(lines.joined(separator: "\n"))
        fflush(nil)
    }

    // MARK: - What is asked for

    private func hold(_ lesson: Lesson, _ program: String) throws {
        // Whether it can be written is known before the lesson, not after it.
        let file = try html.map { try NamedOutput($0) }
        let interrupts = Interrupts()
        let run = try LessonRun(lesson, program: program, interrupts: interrupts)
        defer { run.close() }
        var left: Stopped?
        var conversation = Conversation(run, page: page, stops: !all, interrupts: interrupts, write: write)
        do { try conversation.hold() } catch let stopped as Stopped { left = stopped }
        run.close()
        if let file, left?.status ?? 0 == 0 {
            let text = HTMLLesson.render(lesson, run.results, host: host)
            try SystemFile.write(Array(text.utf8), to: file.descriptor, file.path)
            try file.commit()
        }
        if let left { throw left }
        if let exercise = lesson.exercise { write(page.ending(lesson, exercise)) }
        let failed = run.results.flatMap(\.verdicts).contains { if case .fails = $0.verdict { true } else { false } }
        if failed { throw ExitCode.failure }
    }

    private func verify(_ lessons: [Lesson], _ program: String) throws {
        let interrupts = Interrupts()
        var verification = Verification()
        for lesson in lessons { try verification.add(lesson, program: program, interrupts: interrupts) }
        if json { try printJSON(LearnReport(verification)) } else { write(page.verification(verification)) }
        if !verification.succeeded { throw ExitCode.failure }
    }

    private func check(_ lessons: [Lesson], _ program: String) throws {
        let interrupts = Interrupts()
        let checks = try lessons.compactMap { try ExerciseCheck($0, program: program, interrupts: interrupts) }
        guard !checks.isEmpty else {
            throw ValidationError("the lesson '\(name ?? "")' has no exercise")
        }
        if json {
            try printJSON(checks.map { LearnReport($0) })
        } else {
            for check in checks { write(page.exercise(check)) }
        }
        if !checks.allSatisfy(\.isDone) { throw ExitCode.failure }
    }

    private var host: HTMLLesson.Host {
        var names = utsname()
        uname(&names)
        let kernel = withUnsafeBytes(of: names.release) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        return HTMLLesson.Host(
            kernel: kernel, user: StandardDirectories.isHostRoot ? "root" : "an ordinary user (\(geteuid()))",
            version: isolabVersion, time: Date.now.formatted(.iso8601.year().month().day()))
    }

    private func printJSON(_ value: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        print(String(decoding: try encoder.encode(value), as: UTF8.self))
    }
}

/// What automatic graders read of a verification or an exercise.
private struct LearnReport: Encodable {
    struct Row: Encodable {
        let lesson: String
        let step: String?
        let text: String
        /// `holds`, `fails` or `left out`.
        let result: String
        let reason: String?
    }

    let succeeded: Bool
    let rows: [Row]

    init(_ verification: Verification) {
        succeeded = verification.succeeded
        rows = verification.rows.map { row in
            let (result, reason): (String, String?) =
                switch row.verdict {
                case .holds: ("holds", nil)
                case .fails(let reason): ("fails", reason)
                case .leftOut(let reason): ("left out", reason)
                }
            return Row(lesson: row.lesson, step: row.step, text: row.claim, result: result, reason: reason)
        }
    }

    init(_ check: ExerciseCheck) {
        succeeded = check.isDone
        rows = check.rows.map { row in
            Row(
                lesson: check.lesson.name, step: nil, text: row.text, result: row.missing == nil ? "holds" : "fails",
                reason: row.missing)
        }
    }
}
