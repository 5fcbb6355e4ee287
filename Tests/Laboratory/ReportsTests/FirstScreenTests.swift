import FoundationEssentials
import RunRecord
import Testing

@testable import Reports

/// What the report says in words follows from verdicts and configuration, and from nothing else.
@Suite struct FirstScreenTests {
    private static func comparison(
        _ verdict: Verdict, shift: Double, low: Double, high: Double, margin: Double? = 100
    ) -> Comparison {
        var comparison = Comparison(
            CellKey(experiment: "startup", workload: "exit", lane: "vm", metric: Metric.startup, unit: "ms"),
            against: "vm-qemu", title: "libvirt", samples: 12, baselineSamples: 12, shift: shift, shiftLow: low,
            shiftHigh: high, ratio: nil, ratioLow: nil, ratioHigh: nil, p: 0.5, cliffsDelta: 0, margin: margin,
            verdict: verdict)
        comparison.visible = 90
        comparison.blocksNeeded = 40
        return comparison
    }

    /// A cost that was not shown is not told as one: what is told is below what it lies.
    @Test func sentencesFollowVerdicts() {
        let undecided = ContrastText.sentence(Self.comparison(.undecided, shift: 0.365, low: -59.9, high: 75.5))
        #expect(undecided.hasPrefix("What libvirt costs cannot be told; below about 75.5\u{A0}ms"))
        let slower = ContrastText.sentence(Self.comparison(.slower, shift: 30, low: 20, high: 41))
        #expect(slower.hasPrefix("Libvirt costs 30.0\u{A0}ms (20.0 to 41.0\u{A0}ms)"))
        #expect(slower.contains("within the margin of 100\u{A0}ms"))
        #expect(
            !ContrastText.sentence(Self.comparison(.slower, shift: 300, low: 200, high: 410)).contains("within"))
        #expect(
            ContrastText.sentence(Self.comparison(.same, shift: 3, low: -20, high: 21)).contains(
                "is the same within 100\u{A0}ms"))
        #expect(
            ContrastText.sentence(Self.comparison(.faster, shift: -30, low: -41, high: -20)).hasPrefix(
                "Libvirt costs nothing: vm is faster than vm-qemu by 30.0\u{A0}ms (20.0 to 41.0\u{A0}ms)"))
        #expect(
            ContrastText.power(Self.comparison(.undecided, shift: 0, low: -60, high: 75))
                == "differences from 90.0\u{A0}ms would have been seen; 40 blocks would do for the margin of 100\u{A0}ms"
        )
        #expect(ContrastText.power(Self.comparison(.slower, shift: 0, low: 1, high: 2)) == nil)
    }

    /// Whether a container pays for its filter is counted from the calls' verdicts: with a filter that costs nothing, nothing of
    /// a price is said.
    @Test func theFiltersPriceIsCounted() throws {
        func paragraph(_ filter: Double) throws -> String {
            var shapes = ExampleRun.usual
            for index in shapes.indices where shapes[index].filter > 0 { shapes[index].filter = filter }
            let run = ExampleRun.run(shapes: shapes, blocks: 20)
            let reading = Reading(run: run, summary: Summarizer.summarize(run))
            guard case .paragraph(let text)? = SystemCallSection().blocks(reading).first else { return "" }
            return text
        }
        let dear = try paragraph(80)
        #expect(dear.contains("The seccomp filter (container against container-noseccomp), of"))
        #expect(dear.contains(" dearer, "))
        let free = try paragraph(0)
        #expect(free.contains("The seccomp filter (container against container-noseccomp), of"))
        #expect(!free.contains(" dearer, "))
        for text in [dear, free] { #expect(!text.contains("pays the native price")) }
    }

    /// A run from before margins were declared says so first, and calls nothing the same.
    @Test func oldRunsSayThatTheyHaveNoMargin() {
        var run = ExampleRun.run(blocks: 20)
        run.manifest.margins = nil
        let summary = Summarizer.summarize(run)
        #expect(!summary.comparisons.contains { $0.verdict == .same })
        let words = "declared no margin"
        let html = HTMLReport.render(run: run, summary: summary)
        #expect(html.components(separatedBy: "<section id=")[0].contains(words))
        #expect(MarkdownReport.render(run: run, summary: summary).contains(words))
        #expect(
            TerminalReport.render(run: run, summary: summary).replacing(/\s+/, with: " ").contains(words))
        run.manifest.margins = Margin.standard
        let declared = HTMLReport.render(run: run, summary: Summarizer.summarize(run))
        #expect(!declared.contains(words))
        #expect(declared.contains("10\u{A0}% of the reference, at least 50.0\u{A0}µs"))
    }

    /// A lane that differs from itself by as much as from the baseline is told on the first screen.
    @Test func anOverwhelmingFloorIsSaid() {
        var shapes = ExampleRun.usual
        shapes[1].startup = 0.33
        shapes[1].spread = 0.9
        let run = ExampleRun.run(shapes: shapes, blocks: 20)
        let first = HTMLReport.render(run: run, summary: Summarizer.summarize(run))
            .components(separatedBy: "<section id=")[0]
        #expect(
            first.contains("The noise floor of container&#39;s start-up")
                || first.contains("noise floor of container's"))
        let quiet = ExampleRun.run(blocks: 20)
        #expect(!HTMLReport.render(run: quiet, summary: Summarizer.summarize(quiet)).contains("is as large as"))
    }

    /// Every undecided cell says what could have been seen.
    @Test func undecidedSaysWhatCouldBeSeen() {
        var run = ExampleRun.run(blocks: 12)
        run.manifest.margins = Margin.standard
        let summary = Summarizer.summarize(run)
        let undecided = summary.comparisons.filter { $0.verdict == .undecided && $0.shiftLow != nil }
        #expect(!undecided.isEmpty)
        for comparison in undecided {
            #expect((comparison.visible ?? 0) > 0)
            #expect((comparison.blocksNeeded ?? 0) >= 6)
        }
        #expect(HTMLReport.render(run: run, summary: summary).contains(/seen from .+; .+ blocks would do/))
    }

    // MARK: The first screen itself

    /// A lane none of whose samples counts is told where samples are counted, and where what was not measured is.
    @Test func aRefusedLaneIsToldOnTheFirstScreen() throws {
        var run = ExampleRun.run(blocks: 8)
        run.manifest.lanes.removeAll { !$0.available }
        for index in run.samples.indices where run.samples[index].lane == "container" {
            run.samples[index].admitted = false
            run.samples[index].reason = "the isolation is not its lane's"
            run.samples[index].measurements = []
        }
        let summary = Summarizer.summarize(run)
        let answer = Answer(Reading(run: run, summary: summary))
        #expect(answer.certainty.contains { $0.hasPrefix("0 to 8 admitted samples a lane") })
        let missing = try #require(answer.missing.first { $0.lane == "container" })
        #expect(missing.reason.contains("only 0 of 8 samples admitted"))
        for form in [
            HTMLReport.render(run: run, summary: summary), MarkdownReport.render(run: run, summary: summary),
        ] {
            #expect(!form.contains("Nothing was left out"))
        }
    }

    /// The blocks of an interrupted run are those that were measured, and lanes that it did not come to are named.
    @Test func anInterruptedRunCountsWhatWasMeasured() {
        var run = ExampleRun.run(blocks: 8)
        run.manifest.blocks = 30
        run.manifest.interrupted = true
        run.samples.removeAll { $0.lane == "oci:crun" }
        let answer = Answer(Reading(run: run, summary: Summarizer.summarize(run)))
        #expect(answer.certainty.contains { $0.contains("in 8\u{A0}blocks of every lane") })
        #expect(!answer.certainty.contains { $0.contains("30\u{A0}blocks") })
        #expect(answer.missing.contains { $0.lane == "oci:crun" && $0.reason.contains("interrupted") })
        #expect(Self.first(run).contains("in 8\u{A0}blocks"))
    }

    /// A heading names what stands below it and nothing else.
    @Test func headingsNameWhatWasMeasured() {
        var run = ExampleRun.run(blocks: 8, only: true)
        for index in run.samples.indices { run.samples[index].measurements.removeAll { $0.metric == Metric.cpu } }
        let lines = TerminalReport.render(run: run, summary: Summarizer.summarize(run)).split(separator: "\n")
        #expect(lines.contains("Medians: teardown exit→released"))
    }

    private static func first(_ run: Run, _ summary: Summary? = nil) -> String {
        HTMLReport.render(run: run, summary: summary ?? Summarizer.summarize(run)).components(
            separatedBy: "<section id=")[0]
    }

    private static func headline(_ run: Run) -> String {
        Answer(Reading(run: run, summary: Summarizer.summarize(run))).headline
    }

    /// What host it was, and whether that is itself virtualised, stands above everything.
    @Test func theHostIsNamed() {
        var run = ExampleRun.run(blocks: 12)
        run.manifest.host = [
            FactSection("Processor", [Fact("model", "AMD EPYC"), Fact("logical CPUs", "2")]),
            FactSection("Kernel", [Fact("release", "6.18.44")]),
            FactSection("Virtualisation", [Fact("the host is itself", "a guest")]),
        ]
        let words = ["AMD EPYC, 2\u{A0}CPUs", "Linux 6.18.44, itself a guest"]
        let terminal = TerminalReport.render(run: run, summary: Summarizer.summarize(run))
        for word in words {
            #expect(Self.first(run).contains(word))
            #expect(terminal.contains(word))
        }
        run.manifest.host[2].facts[0].value = "bare metal (Dell)"
        #expect(Self.first(run).contains("Linux 6.18.44, bare metal (Dell)"))
        run.manifest.host = []
        #expect(Self.first(run).contains("processor not recorded"))
        #expect(Self.first(run).contains("virtualised or not: not recorded"))
    }

    /// Every row of the terminal's table has its n, and its ratio where one may stand.
    @Test func everyRowHasItsCount() throws {
        let run = ExampleRun.run(blocks: 20)
        let summary = Summarizer.summarize(run)
        let reading = Reading(run: run, summary: summary)
        let rows = TerminalReport.render(run: run, summary: summary).split(separator: "\n").map(String.init)
        let primary = try #require(reading.primary)
        for (lane, cell) in reading.cells(primary, Metric.startup) where cell.estimate != nil {
            let row = try #require(rows.first { $0.hasPrefix("  \(lane.id) ") && $0.contains(" to ") })
            #expect(row.split(separator: " ")[1] == "\(cell.admitted)")
            let ratio = reading.comparison(of: cell).flatMap { reading.shortRatio($0) }
            #expect(row.contains("×") == (ratio != nil))
            if let ratio { #expect(row.contains(ratio)) }
        }
        for (lane, cell) in reading.cells(primary, Metric.startup) where lane.kind == .container {
            #expect(Self.first(run, summary).contains("n\u{A0}=\u{A0}\(cell.admitted)"))
        }
    }

    /// Of every figure the other runtime that is best at it stands beside our container, named, with the verdict between the two.
    @Test func theBestOtherRuntimeStandsBesideOurs() throws {
        var shapes = ExampleRun.usual
        let crun = try #require(shapes.firstIndex { $0.record.id == "oci:crun" })
        shapes[crun].startup = 1.1
        let run = ExampleRun.run(shapes: shapes, blocks: 20)
        let table = try #require(Glance(Reading(run: run, summary: Summarizer.summarize(run))).table)
        let column = try #require(table.columns.firstIndex { $0.title == "Other runtimes" })
        let startup = try #require(table.rows.first { $0[0].text == "Start-up" })
        #expect(startup[column].detail.hasPrefix("lane oci:crun"))
        #expect(startup[column].detail.contains("container against it: ▲\u{A0}slower"))
        #expect(table.columns[column - 1].title == "Container")
    }

    /// What libvirt takes of a guest's end is named beside it, wherever the teardown stands.
    @Test func libvirtsPollIsNamed() {
        var run = ExampleRun.run(blocks: 12)
        for index in run.samples.indices where run.samples[index].lane == "vm" {
            guard let exit = run.samples[index].events.first(where: { $0.name == EventName.exit }) else { continue }
            run.samples[index].phases.append(
                Phase(
                    "let go, by a poll of 200 ms", actor: "libvirt", start: exit.nanoseconds + 1_000_000,
                    end: exit.nanoseconds + 186_000_000))
        }
        let first = Self.first(run).replacing("&#39;", with: "'")
        #expect(first.contains("185\u{A0}ms of it libvirt's: let go, by a poll of 200 ms"))
        #expect(TerminalReport.render(run: run, summary: Summarizer.summarize(run)).contains("vm's teardown: 185"))
    }

    /// A median that is known worse than a difference that matters stands with its interval in the headline, another without.
    @Test func wideIntervalsStandInTheHeadline() {
        #expect(!Self.headline(ExampleRun.run(blocks: 50)).contains(" to "))
        var shapes = ExampleRun.usual
        shapes[1].spread = 0.5
        let wide = Self.headline(ExampleRun.run(shapes: shapes, blocks: 20))
        #expect(wide.contains(/A container starts in .+ \(.+ to .+\)/))
    }

    /// Of a run under load the headline holds which way differences go that have their verdict, and no figure: neither in one that
    /// counted its disturbed blocks, nor in one that only says that the host was busy.
    @Test func underLoadOnlyWhatIsCertain() {
        var run = ExampleRun.run(blocks: 20)
        #expect(Self.headline(run).contains("×"))
        run.manifest.warnings = ["other programs took over 25 % of the host's CPU time: expect noise"]
        for run in [run, Self.disturbed(9)] {
            let headline = Self.headline(run)
            #expect(
                headline.contains(
                    ", so no figure heads this report. Still certain: a container starts slower"))
            #expect(headline.contains("and a guest (TCG, software emulation) starts slower than a native process"))
            #expect(!headline.contains("×") && !headline.contains("ms"))
        }
        // Nothing has its verdict: nothing is said.
        run.samples = run.samples.filter { $0.block < 4 }
        #expect(
            Self.headline(run)
                == "The host was busy while this was measured, so no figure heads this report. Nothing is certain.")
        // The noise of one lane is disturbance enough.
        var shapes = ExampleRun.usual
        shapes[1].startup = 0.33
        shapes[1].spread = 0.9
        #expect(Self.headline(ExampleRun.run(shapes: shapes, blocks: 20)).contains("no figure heads this report"))
    }

    /// Two lanes that are the same are not said to drown in noise, though any floor is greater than nothing.
    @Test func samenessIsNotOverwhelmed() throws {
        var run = ExampleRun.run(blocks: 50, only: true)
        run.manifest.margins = Margin.standard
        func places(_ lane: String) -> [Int] {
            run.samples.indices.filter {
                run.samples[$0].lane == lane && !run.samples[$0].twin && !run.samples[$0].warmup
            }
        }
        let (native, container) = (places("native"), places("container"))
        try #require(native.count == container.count && native.count >= 50)
        // The container takes what the native process took in the block before.
        let figures = native.map { run.samples[$0].measurements }
        for (turn, place) in container.enumerated() {
            run.samples[place].measurements = figures[turn == 0 ? figures.count - 1 : turn - 1]
        }
        let reading = Reading(run: run, summary: Summarizer.summarize(run))
        #expect(Answer(reading).headline.contains(", the same as a native process within "))
        #expect(!reading.overwhelmed.contains { $0.sentence.contains("container") })
        #expect(reading.floors(try #require(reading.primary), Metric.startup).contains { $0.lane.id == "container" })
    }

    /// Every disclosure says what it discloses.
    @Test func disclosuresHaveTheirOwnNames() throws {
        let run = ExampleRun.run(blocks: 12)
        let html = HTMLReport.render(run: run, summary: Summarizer.summarize(run))
        let names = html.components(separatedBy: "<summary>").dropFirst().map {
            $0.components(separatedBy: "</summary>")[0]
        }
        #expect(names.count > 10)
        #expect(Set(names).count == names.count, "\(names.filter { name in names.count { $0 == name } > 1 })")
    }

    /// Peers are set beside our container in words of their own: neither is the other and something more.
    @Test func peersArePairs() {
        var comparison = Self.comparison(.faster, shift: -57.2, low: -87.5, high: -37.8)
        (comparison.title, comparison.lane, comparison.baseline) = ("", "container", "oci:crun")
        #expect(
            ContrastText.sentence(comparison)
                == "Lane container starts faster than oci:crun, by 57.2\u{A0}ms (37.8 to 87.5\u{A0}ms), "
                + "within the margin of 100\u{A0}ms.")
        comparison.verdict = .undecided
        (comparison.shiftLow, comparison.shiftHigh) = (-18.9, 6.5)
        #expect(
            ContrastText.sentence(comparison).hasPrefix(
                "Lane container cannot be told from oci:crun; they are less than about 18.9\u{A0}ms apart"))
    }

    /// A run whose host was disturbed in so many of its cold blocks.
    private static func disturbed(_ count: Int, of blocks: Int = 20) -> Run {
        var run = ExampleRun.run(blocks: blocks)
        run.blocks = (0..<blocks).map { block in
            BlockState(
                experiment: "startup", workload: "exit (cold)", block: block, warmup: false, milliseconds: 900,
                judgedMilliseconds: 900, ownProcessors: 0.3, otherProcessors: block < count ? 0.9 : 0.01,
                stolenProcessors: 0, cpuPressure: 0.01, load: 0.4,
                disturbance: block < count ? "other programs ran" : "")
        }
        return run
    }

    /// How many blocks were disturbed is said first; with too many no figure is, and what is certain still is.
    @Test func disturbedBlocksAreCounted() {
        func answer(_ run: Run) -> Answer {
            var answer = Answer(Reading(run: run, summary: Summarizer.summarize(run)))
            answer.headline.replace("\u{A0}", with: " ")
            answer.certainty = answer.certainty.map { $0.replacing("\u{A0}", with: " ") }
            return answer
        }
        let quiet = answer(Self.disturbed(0))
        #expect(quiet.certainty.contains("None of 20 blocks was disturbed by anything else on the host."))
        let some = answer(Self.disturbed(4))
        #expect(some.certainty.contains("4 of 20 blocks were disturbed: other programs ran (4)."))
        #expect(some.headline == quiet.headline && some.headline.hasPrefix("A container starts in"))
        let many = answer(Self.disturbed(5))
        #expect(many.headline.hasPrefix("The host was disturbed in 5 of 20 blocks, so no figure heads this report"))
        #expect(many.headline.contains("Still certain: a container starts slower than a native process"))
        #expect(!many.headline.contains(" ms"))
        // A run from before this was recorded says nothing of it.
        #expect(!answer(ExampleRun.run(blocks: 20)).certainty.contains { $0.contains("disturbed") })
    }

    /// Points of disturbed blocks are crosses, and the caption says so; the table of the host holds what disturbed it.
    @Test func disturbedBlocksAreMarked() {
        func page(_ run: Run) -> String { HTMLReport.render(run: run, summary: Summarizer.summarize(run)) }
        let disturbed = page(Self.disturbed(4))
        #expect(disturbed.contains("points disturbed"))
        #expect(disturbed.contains("Crosses: measured while something else disturbed the host."))
        #expect(disturbed.contains("4 of 20") && disturbed.contains("other programs ran: 4"))
        let quiet = page(Self.disturbed(0))
        #expect(!quiet.contains("class=\"points disturbed") && !quiet.contains("Crosses:"))
        #expect(quiet.contains("0 of 20"))
    }

    /// What the harness costs is said where it was measured.
    @Test func harnessIsHeldAgainstALoopInC() {
        var shapes = ExampleRun.usual
        var bare = shapes[0]
        bare.record.id = "bare"
        bare.startup = shapes[0].startup * 0.8
        shapes.append(bare)
        var run = ExampleRun.run(shapes: shapes, blocks: 40, only: true)
        for index in run.samples.indices where ["native", "bare"].contains(run.samples[index].lane) {
            run.samples[index].experiment = "harness"
        }
        run.manifest.contrasts = [Contrast("native", against: "bare", title: "the harness")]
        let answer = Answer(Reading(run: run, summary: Summarizer.summarize(run)))
        #expect(answer.certainty.contains { $0.hasPrefix("native takes 1.2") && $0.contains("a loop in C") })
    }
}
