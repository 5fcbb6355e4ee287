import RunRecord
import Testing

@testable import Reports

@Suite struct ComparisonReportTests {
    static let before = (0..<3).map { ExampleRun.run(seed: 7 + UInt64($0), blocks: 8) }

    private static func after(_ change: (inout [ExampleRun.Shape]) -> Void) -> [Run] {
        var shapes = ExampleRun.usual
        change(&shapes)
        return (0..<3).map { ExampleRun.run(seed: 17 + UInt64($0), shapes: shapes, blocks: 8) }
    }

    private static func compare(_ after: [Run], force: Bool = false) throws -> RunComparison {
        try RunComparison.compare(before, after, force: force)
    }

    /// A change is told with the figures and the word of the record, in the terminal, the page, the table and for programs.
    @Test func changesAreTold() throws {
        let after = Self.after { $0[1].startup *= 0.6 }
        let comparison = try Self.compare(after)
        let change = try #require(
            comparison.changes.first {
                $0.key.lane == "container" && $0.key.metric == Metric.startup && $0.key.workload == "exit (cold)"
            })
        #expect(change.verdict == .faster)
        let manifests = (Self.before[0].manifest, after[0].manifest)
        let text = ComparisonReport.terminal(comparison, before: manifests.0, after: manifests.1)
        let html = ComparisonReport.html(comparison, before: manifests.0, after: manifests.1)
        let markdown = ComparisonReport.markdown(comparison, before: manifests.0, after: manifests.1)
        for figure in [change.medianBefore, change.medianAfter] {
            #expect(text.contains(Quantity.text(figure, change.key.unit)))
            #expect(html.contains(">\(Quantity.text(figure, change.key.unit))<"))
            #expect(markdown.contains(Quantity.text(figure, change.key.unit)))
        }
        #expect(text.contains("▼ faster"))
        #expect(text.contains("\u{2212}4") && text.contains("\u{A0}%"))
        #expect(html.contains("▼ faster"))
        #expect(markdown.contains("| faster |"))
        let json = try ComparisonReport.json(comparison)
        #expect(json.contains("\"verdict\" : \"faster\""))
        #expect(!json.contains(/[0-9]\.[0-9]{14}/))
    }

    /// The Markdown table has as many cells in every row as in its head.
    @Test func markdownIsSquare() throws {
        let after = Self.after { $0[1].startup *= 2 }
        let markdown = ComparisonReport.markdown(
            try Self.compare(after), before: Self.before[0].manifest, after: after[0].manifest)
        let rows = markdown.split(separator: "\n").filter { $0.hasPrefix("|") }
        #expect(rows.count > 4)
        #expect(Set(rows.map { row in row.count { $0 == "|" } }).count == 1)
    }

    /// Single runs say that they have no verdict, first of all, and every figure says so again.
    @Test func singleRunsSaySo() throws {
        let after = Self.after { $0[1].startup *= 3 }
        let comparison = try RunComparison.compare(Self.before[0], after[0])
        let text = ComparisonReport.terminal(comparison, before: Self.before[0].manifest, after: after[0].manifest)
        #expect(text.contains("One run a side: no verdict."))
        #expect(!text.contains("▲") && !text.contains("▼"))
        let html = ComparisonReport.html(comparison, before: Self.before[0].manifest, after: after[0].manifest)
        #expect(html.contains("One run a side: no verdict."))
        #expect(!html.contains("▲ slower"))
        let runs = RunsReport.terminal(Self.before + after)
        for line in runs.split(separator: "\n") { #expect(TerminalText.columns(String(line)) <= 80) }
        #expect(runs.contains("no verdicts"))
    }

    /// The same runs but for a sample: other measurements, of which the headline says that nothing changed.
    private static let again = before.map { run in
        var other = run
        other.samples.removeLast()
        return other
    }

    /// Runs that differ in nothing are unchanged, and the headline says so.
    @Test func runsOfOneSubjectAreUnchanged() throws {
        let comparison = try Self.compare(Self.again)
        let change = RunChange(comparison, before: Self.before[0].manifest, after: Self.before[0].manifest)
        #expect(change.headline.hasPrefix("No change is shown"))
        #expect(!change.forced)
    }

    /// A comparison that was forced is stamped, and names what differs.
    @Test func forcedComparisonsAreStamped() throws {
        var after = Self.again
        for index in after.indices { after[index].manifest.host[1].facts[0].value = "6.19.0" }
        let comparison = try Self.compare(after, force: true)
        let html = ComparisonReport.html(comparison, before: Self.before[0].manifest, after: after[0].manifest)
        #expect(html.contains("<b>Forced: </b>"))
        #expect(html.contains("6.19.0"))
        let text = ComparisonReport.terminal(comparison, before: Self.before[0].manifest, after: after[0].manifest)
        #expect(text.contains("FORCED"))
        #expect(text.contains("6.18.0 → 6.19.0"))
        let markdown = ComparisonReport.markdown(comparison, before: Self.before[0].manifest, after: after[0].manifest)
        #expect(markdown.contains("**Forced:**"))
        for form in [html, text, markdown] {
            #expect(form.replacing(/\s+/, with: " ").contains("these runs differ in what decides"))
        }
    }

    /// Where only disturbed blocks were overridden, the stamp says that, and not that the runs differ.
    @Test func theStampSaysWhatWasForced() throws {
        var after = Self.after { $0[1].startup *= 3 }
        let condition = try #require(after[0].samples.first { $0.experiment == "startup" })
        after[0].blocks = (0..<8).map { block in
            BlockState(
                experiment: condition.experiment, workload: condition.workload, block: block, warmup: false,
                milliseconds: 500, judgedMilliseconds: 500, ownProcessors: 0, otherProcessors: 1, stolenProcessors: 0,
                disturbance: "other programs ran")
        }
        let comparison = try Self.compare(after, force: true)
        let manifests = (Self.before[0].manifest, after[0].manifest)
        for form in [
            ComparisonReport.html(comparison, before: manifests.0, after: manifests.1),
            ComparisonReport.markdown(comparison, before: manifests.0, after: manifests.1),
            ComparisonReport.terminal(comparison, before: manifests.0, after: manifests.1),
        ] {
            let words = form.replacing("&#39;", with: "'").replacing(/\s+/, with: " ")
            #expect(words.contains("more than a fifth of a run's blocks were disturbed, which may be all that changed"))
            #expect(!words.contains("differ in what decides"))
        }
    }

    /// Figures of single runs, of disturbed blocks and of one side only are counted as what they are, and not as unchanged.
    @Test func figuresWithoutVerdictAreNotUnchanged() throws {
        func forms(_ comparison: RunComparison, _ after: Run) -> [String] {
            let manifests = (Self.before[0].manifest, after.manifest)
            return [
                ComparisonReport.terminal(comparison, before: manifests.0, after: manifests.1),
                ComparisonReport.markdown(comparison, before: manifests.0, after: manifests.1),
            ].map { $0.replacing(/\s+/, with: " ") }
        }
        let after = Self.after { $0[1].startup *= 3 }
        for form in forms(try RunComparison.compare(Self.before[0], after[0]), after[0]) {
            #expect(!form.contains("no change shown"))
            #expect(form.contains("figures: no verdict"))
        }
        let lone = Self.after { $0[1].record.id = "box" }
        for form in forms(try Self.compare(lone), lone[0]) {
            #expect(form.contains("figures: no change shown"))
            #expect(form.contains(/figures?: on one side only/))
        }
        let kinds: [(tested: Bool, verdict: Verdict?)] = [
            (true, .same), (true, .undecided), (false, .undecided), (false, nil),
        ]
        let mixed = kinds.map { kind in
            CellChange(
                lane: LaneReading(record: LaneRecord(id: "a", title: "a", kind: .native), place: 0),
                condition: Condition(experiment: "startup", workload: "exit"), metric: Metric.teardown, span: "",
                unit: "ms", tested: kind.tested, verdict: kind.verdict, reason: "")
        }
        #expect(
            RunChange.untold(mixed, beside: 1)
                == "2\u{A0}other figures: no change shown; 1\u{A0}other figure: no verdict; "
                + "1\u{A0}other figure: on one side only")
        #expect(RunChange.untold([], beside: 3).isEmpty)
    }

    /// Disturbed blocks are told in every form, and why there is no verdict where there are too many.
    @Test(arguments: [1, 5]) func disturbedBlocksAreTold(disturbed: Int) throws {
        var after = Self.after { $0[1].startup *= 3 }
        let condition = try #require(after[0].samples.first { $0.experiment == "startup" })
        after[0].blocks = (0..<8).map { block in
            BlockState(
                experiment: condition.experiment, workload: condition.workload, block: block, warmup: false,
                milliseconds: 500, judgedMilliseconds: 500, ownProcessors: 0, otherProcessors: 1, stolenProcessors: 0,
                disturbance: block < disturbed ? "other programs ran" : "")
        }
        let comparison = try Self.compare(after)
        let manifests = (Self.before[0].manifest, after[0].manifest)
        let told = "Disturbed in startup, \(condition.workload): \(disturbed) of 8 blocks after."
        let reason = "\(disturbed) of 8 blocks of run \(after[0].manifest.run) were disturbed: no verdict"
        let html = ComparisonReport.html(comparison, before: manifests.0, after: manifests.1)
        let markdown = ComparisonReport.markdown(comparison, before: manifests.0, after: manifests.1)
        let text = ComparisonReport.terminal(comparison, before: manifests.0, after: manifests.1)
            .split(whereSeparator: \.isWhitespace).joined(separator: " ")
        for form in [html, markdown, text] {
            #expect(form.contains(told))
            #expect(form.contains(reason) == (disturbed == 5))
        }
        #expect(try ComparisonReport.json(comparison).contains("\"disturbed\" : \(disturbed)"))
        let runs = RunsReport.terminal([Self.before[0]] + after)
        #expect(runs.contains("disturbed: \(disturbed) of 8 blocks of startup, \(condition.workload)"))
    }

    /// Both forms keep their frames: well-formed HTML without addresses, text within the width, hostile names escaped;
    /// a lane that only one side has is told as such.
    @Test(arguments: [60, 80]) func formsAreSound(width: Int) throws {
        let after = Self.after { $0[1].record.id = "<b>container" }
        let comparison = try Self.compare(after)
        let html = ComparisonReport.html(comparison, before: Self.before[0].manifest, after: after[0].manifest)
        #expect(try !Elements.parse(html).isEmpty)
        #expect(!html.contains("<b>container"))
        #expect(html.contains("no figure in the run before"))
        #expect(!html.contains("http://") && !html.contains("https://"))
        let text = ComparisonReport.terminal(
            comparison, before: Self.before[0].manifest, after: after[0].manifest, width: width)
        for line in text.split(separator: "\n") { #expect(TerminalText.columns(String(line)) <= width) }
    }

    /// Runs are told apart by what distinguishes them, and never by less.
    @Test func labelsTellRunsApart() {
        #expect(RunLabels.of([("a", "x/a"), ("b", "x/b")]) == ["a", "b"])
        #expect(RunLabels.of([("1", "old/1"), ("1", "new/1")]) == ["old/1", "new/1"])
        #expect(RunLabels.of([("1", "/r/old/x/1"), ("1", "/r/new/x/1"), ("2", "2/")]) == ["old/x/1", "new/x/1", "2"])
        #expect(RunLabels.of([("run", "quiet.run"), ("run", "busy.run")]) == ["quiet.run", "busy.run"])
        #expect(RunLabels.of([("1", "runs/1"), ("1", "runs/1")]) == ["runs/1 (1)", "runs/1 (2)"])
    }

    /// No figure's name is cut in the terminal, nor a run's, however many stand beside each other.
    @Test(arguments: [60, 80]) func nothingIsCut(width: Int) throws {
        var runs = Self.before
        for index in runs.indices { runs[index].manifest.run = "1" }
        let labels = runs.indices.map { "a-name-that-is-rather-long-and-differs-late-\($0)/1" }
        let table = RunsReport.terminal(runs, labels: labels, width: width)
        for label in labels { #expect(table.replacing(/\s/, with: "").contains(label)) }
        let comparison = try Self.compare(Self.after { $0[1].memory *= 4 })
        let text = ComparisonReport.terminal(
            comparison, before: runs[0].manifest, after: runs[0].manifest, width: width)
        for form in [table, text] {
            #expect(!form.contains("…"))
            #expect(form.contains("Memory, cgroup charge"))
            for line in form.split(separator: "\n") { #expect(TerminalText.columns(String(line)) <= width) }
        }
    }
}
