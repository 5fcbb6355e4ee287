import RunRecordTestSupport
import Statistics
import Testing

@testable import RunRecord

@Suite struct SummarizerTests {
    static let run = SyntheticRun(seed: 11).run()
    static let summary = Summarizer.summarize(run)

    private func cell(_ lane: String, _ metric: String) throws -> Cell {
        try #require(Self.summary.cells.first { $0.lane == lane && $0.metric == metric })
    }

    private func comparison(_ lane: String, _ metric: String, against: String = "native") throws -> Comparison {
        try #require(
            Self.summary.comparisons.first { $0.lane == lane && $0.metric == metric && $0.baseline == against })
    }

    /// By how much the lane's start-up differs from itself.
    private func cellFloor(_ lane: String) throws -> Double? { try cell(lane, Metric.startup).floor?.bound }

    /// Warm-ups and twins are never counted, and the estimate is that of the values the rows hold.
    @Test func estimateIsOfCountedSamplesOnly() throws {
        let cell = try cell("native", Metric.startup)
        let values = Self.run.samples
            .filter { $0.experiment == "startup" && $0.lane == "native" && !$0.warmup && !$0.twin }
            .flatMap { $0.measurements.filter { $0.metric == Metric.startup }.map(\.value) }
        let sorted = SortedValues(values)
        #expect(cell.taken == 50)
        #expect(cell.admitted == 50)
        let estimate = try #require(cell.estimate)
        #expect(estimate.samples == 50)
        #expect(estimate.median == sorted.median)
        #expect(estimate.minimum == sorted.minimum)
        #expect(estimate.p95 == sorted.quantile(0.95))
        #expect(estimate.mad == sorted.medianAbsoluteDeviation)
        #expect(estimate.p99 == nil)
        let low = try #require(estimate.medianLow)
        let high = try #require(estimate.medianHigh)
        #expect(low < estimate.median && estimate.median < high)
    }

    /// A lane that fails too often has no median; it says how many failed and why.
    @Test func rejectedLaneIsWithheld() throws {
        let cell = try cell("bwrap", Metric.startup)
        #expect(cell.estimate == nil)
        #expect(cell.admitted < 48)
        #expect(cell.withheld.contains("of 50 samples admitted"))
        #expect(cell.withheld.contains("exit status 1"))
        #expect(!Self.summary.comparisons.contains { $0.lane == "bwrap" && $0.metric == Metric.startup })
    }

    /// 95 admitted of 100 are enough, 94 are not.
    @Test(arguments: [(95, true), (94, false)])
    func admissionRuleIsExact(admitted: Int, shown: Bool) throws {
        let samples = (0..<100).map { id in
            Sample(
                id: id, experiment: "startup", block: id, order: 0, lane: "native", workload: "exit",
                admitted: id < admitted, reason: id < admitted ? "" : "no nonce",
                measurements: id < admitted ? [Measurement(Metric.startup, unit: "ms", Double(id))] : [])
        }
        let summary = Summarizer.summarize(Run(manifest: Self.run.manifest, samples: samples))
        #expect((try #require(summary.cells.first).estimate != nil) == shown)
    }

    /// A lane whose every launch failed is a cell without a figure, not an absence.
    @Test func laneThatNeverRanIsACell() throws {
        var run = SyntheticRun(seed: 2, blocks: 6, memoryBlocks: 0, syscallBlocks: 0).run()
        for index in run.samples.indices where run.samples[index].lane == "vm" {
            run.samples[index].admitted = false
            run.samples[index].reason = "no ready before the deadline"
            run.samples[index].measurements = []
        }
        let cells = Summarizer.summarize(run).cells.filter { $0.lane == "vm" }
        #expect(cells.map(\.metric) == [Metric.startup, Metric.teardown, Metric.cpu])
        #expect(cells.allSatisfy { $0.withheld.contains("no ready before the deadline (6)") })
    }

    /// A system call's unit of inference is the sample's median; its distribution pools the batches.
    @Test func systemCallsAreInferredFromSamples() throws {
        let cell = try cell("native", "syscall.getpid")
        let estimate = try #require(cell.estimate)
        let medians = Self.run.samples.filter { $0.experiment == "syscalls" && $0.lane == "native" }
            .filter { !$0.warmup && !$0.twin }
            .map { SortedValues($0.measurements.filter { $0.metric == "syscall.getpid" }.map(\.value)).median }
        #expect(estimate.samples == 12)
        #expect(estimate.values == 240)
        #expect(estimate.median == SortedValues(medians).median)
        #expect(estimate.p99 != nil)
    }

    /// The memory series is not a distribution; few samples give what they can and say so.
    @Test func memoryIsHandledHonestly() throws {
        #expect(!Self.summary.cells.contains { $0.metric == Metric.memoryAvailable })
        let slope = try comparison("vm", Metric.memorySlope)
        #expect(slope.verdict == .slower)
        let run = SyntheticRun(seed: 3, blocks: 0, memoryBlocks: 2, syscallBlocks: 0).run()
        let few = Summarizer.summarize(run)
        let cell = try #require(few.cells.first { $0.lane == "vm" && $0.metric == Metric.memorySlope })
        #expect(cell.estimate?.samples == 2)
        #expect(cell.estimate?.medianLow == nil)
        #expect(cell.findings.contains("2 samples: too few for an interval."))
        let comparison = try #require(few.comparisons.first { $0.lane == "vm" })
        #expect(comparison.verdict == .undecided)
        #expect(comparison.shiftLow == nil)
        #expect(comparison.reason.contains("only 2 admitted samples"))
    }

    /// Lanes that differ by construction are told apart, with the shift inside its interval and the floor below it.
    @Test func knownDifferencesAreFound() throws {
        for lane in ["container", "container-userns", "vm", "oci:crun"] {
            let comparison = try comparison(lane, Metric.startup)
            #expect(comparison.verdict == .slower)
            #expect(comparison.cliffsDelta == 1)
            let low = try #require(comparison.shiftLow)
            let high = try #require(comparison.shiftHigh)
            #expect(low <= comparison.shift && comparison.shift <= high)
            let floor = try cellFloor(lane)
            #expect(try #require(floor) < low)
            if lane == "vm" {
                #expect(comparison.ratio == nil)
                #expect(comparison.ratioWithheld == "software emulation")
            } else {
                #expect(try #require(comparison.ratio) > 5)
            }
        }
        #expect(try comparison("container", "syscall.getpid").verdict == .slower)
    }

    /// An interval lies within the values, however much it is widened: no time below zero, nor of nothing.
    @Test func intervalsOfTimesAreTimes() throws {
        func low(_ values: [Double]) throws -> Double {
            var run = Self.run
            run.samples = values.enumerated().map { place, value in
                Sample(
                    id: place, experiment: "startup", block: place, order: 0, lane: "native", workload: "exit",
                    admitted: true,
                    measurements: [Measurement(Metric.startup, span: TimeSpan.startup.description, unit: "ms", value)])
            }
            let cell = try #require(Summarizer.summarize(run).cells.first)
            return try #require(cell.estimate?.medianLow)
        }
        // Each resembles the one before: what is widened would reach far below the least of them.
        let rising = [0.2, 0.3, 0.4, 0.5, 6, 8]
        #expect(Persistence(rising).factor > 1.2)
        #expect(MedianInterval.interval(rising) == Interval(0.2, 8))
        #expect(try low(rising) == 0.2)
        #expect(try low(rising.map { $0 - 5 }) == -4.8)
    }

    /// A ratio stands only where its interval says what the word says: it does not hold 1 beside *slower*, and does beside *same*.
    @Test func noRatioAgainstItsVerdict() {
        func withheld(_ verdict: Verdict, _ ratio: Double, _ low: Double?, _ high: Double?) -> String {
            let comparison = Comparison(
                CellKey(experiment: "startup", workload: "exit", lane: "container", metric: Metric.startup, unit: "ms"),
                against: "native", samples: 8, baselineSamples: 8, shift: 1, shiftLow: 0.5, shiftHigh: 2, ratio: ratio,
                ratioLow: low, ratioHigh: high, p: 0.01, cliffsDelta: 0, margin: nil, verdict: verdict)
            return RatioRule(manifest: Self.run.manifest).withheld(comparison, lane: nil, reference: nil)
        }
        #expect(withheld(.slower, 8.37, 0.162, 185) == "its interval holds 1")
        #expect(withheld(.slower, 8.37, 1.62, 185) == "")
        #expect(withheld(.faster, 0.5, 0.2, 1.1) == "its interval holds 1")
        #expect(withheld(.same, 1.01, 0.98, 1.04) == "")
        #expect(withheld(.same, 1.03, 1.01, 1.05) == "its interval does not hold 1")
        #expect(withheld(.slower, 8.37, nil, nil) == "its interval has no end")
        #expect(withheld(.slower, 1_200, 1_100, 1_300) == "over 1000")
        #expect(withheld(.slower, 1_200, 3, 9_000) == "its interval reaches over 1000")
    }

    /// The micro-guest has figures but is ranked with nobody.
    @Test func microGuestIsNotRanked() throws {
        #expect(try cell("vm-micro", Metric.startup).estimate != nil)
        #expect(!Self.summary.comparisons.contains { $0.lane == "vm-micro" })
    }

    /// Two modes, a drift, a slow first launch and clinging samples are each said in words.
    @Test func findingsAreSentences() throws {
        #expect(try cell("container-userns", Metric.startup).findings.contains { $0.hasPrefix("Two modes: ") })
        #expect(try cell("native", Metric.startup).findings == [])
        func findings(_ values: [Double], warmup: Double? = nil) -> [String] {
            var samples: [Sample] = []
            for (index, value) in ([warmup].compactMap { $0 } + values).enumerated() {
                samples.append(
                    Sample(
                        id: index, experiment: "startup", block: index, order: 0, lane: "native", workload: "exit",
                        warmup: warmup != nil && index == 0, admitted: true,
                        measurements: [Measurement(Metric.startup, unit: "ms", value)]))
            }
            return Summarizer.summarize(Run(manifest: Self.run.manifest, samples: samples)).cells[0]
                .findings
        }
        var generator = SeededGenerator(seed: 1)
        let noise = (0..<60).map { _ in generator.normal() }
        let steady = noise.map { 10 + 0.1 * $0 }
        #expect(findings(steady) == [])
        #expect(
            findings(steady, warmup: 31).first?.contains("a warm-up that is not counted, took 31.0 ms: 3.1") == true)
        #expect(findings([25] + steady).first?.hasPrefix("The first counted sample took 25.0 ms: 2.5") == true)
        let rising = noise.enumerated().map { 10 + 0.1 * $1 + 0.01 * Double($0) }
        #expect(findings(rising).contains { $0.hasPrefix("The values rise by 0.") })
        let clinging = zip(noise, noise.dropFirst()).map { 10 + $0 + 0.9 * $1 }
        #expect(findings(clinging).contains { $0.hasPrefix("Successive samples resemble each other") })
        #expect(
            findings(steady + [.nan, 1.7e308]).contains(
                "2 values are no figures (not finite, or beyond 10³⁰) and are left out."))
    }

    /// The same run gives the same summary, whatever the order of its rows.
    @Test func summaryIsReproducible() {
        var shuffled = Self.run
        var generator = SeededGenerator(seed: 4)
        generator.shuffle(&shuffled.samples)
        let again = Summarizer.summarize(shuffled)
        let byName = { (cell: Cell) in "\(cell.experiment) \(cell.lane) \(cell.metric)" }
        let sorted = { (cells: [Cell]) in cells.sorted { byName($0) < byName($1) } }
        #expect(sorted(again.cells) == sorted(Self.summary.cells))
    }

    /// The table has a row a cell and one a lane that could not run, each with every column.
    @Test func tableHoldsEveryCell() throws {
        let text = SummaryTable.encode(Self.summary, manifest: Self.run.manifest)
        let rows = text.split(separator: "\n")
        let contrasts = Self.summary.comparisons.count { $0.baseline != "native" }
        #expect(contrasts > 0)
        #expect(rows.count == 1 + Self.summary.cells.count + contrasts + 1)
        #expect(rows.last?.contains("oci:runsc") == true)
        #expect(rows.last?.contains("not measured: runsc is not installed") == true)
        let row = try #require(rows.first { $0.contains(",exit,vm,startup,") && $0.contains(",native,") })
        #expect(row.contains(",slower,"))
        #expect(row.split(separator: ",", omittingEmptySubsequences: false).count == SummaryTable.columns.count)
    }
}

@Suite struct VerdictTests {
    struct Case: Sendable {
        var interval: Interval?
        var margin: Double?
        var p: Double
        var samples = 50
        var expected: Verdict
    }

    static let cases = [
        // Wholly within the margin, and nothing speaks for a difference.
        Case(interval: Interval(-0.5, 0.9), margin: 1, p: 0.9, expected: .same),
        // On the margin is not within it.
        Case(interval: Interval(-1, 1), margin: 1, p: 0.9, expected: .undecided),
        // Noise is no margin: the wider the interval, the less is said.
        Case(interval: Interval(-7, 8), margin: 1, p: 0.9, expected: .undecided),
        // What is significant is never the same, however small.
        Case(interval: Interval(0.1, 0.2), margin: 1, p: 0.01, expected: .slower),
        Case(interval: Interval(-0.2, -0.1), margin: 1, p: 0.01, expected: .faster),
        // Nor is what would be significant but for the correction.
        Case(interval: Interval(0.1, 0.2), margin: 1, p: 0.2, expected: .undecided),
        Case(interval: Interval(0.58, 6.05), margin: 7.25, p: 0.0155, expected: .slower),
        Case(interval: Interval(1.1, 2), margin: 1, p: 0.01, expected: .slower),
        Case(interval: Interval(-3, -1.5), margin: 1, p: 0.01, expected: .faster),
        Case(interval: Interval(1.1, 2), margin: 1, p: 0.05, expected: .undecided),
        Case(interval: Interval(-0.1, 2), margin: 1, p: 0.01, expected: .undecided),
        // A difference needs no margin, sameness does.
        Case(interval: Interval(1.1, 2), margin: nil, p: 0.01, expected: .slower),
        Case(interval: Interval(-0.1, 0.1), margin: nil, p: 0.9, expected: .undecided),
        Case(interval: Interval(1.1, 2), margin: 1, p: 0.01, samples: 5, expected: .undecided),
        Case(interval: nil, margin: 1, p: 0.01, expected: .undecided),
    ]

    /// The rule, case by case: interval, margin, probability, samples; whatever is undecided says why.
    @Test(arguments: cases)
    func ruleIsKept(_ example: Case) {
        let decision = Verdict.decide(
            interval: example.interval, margin: example.margin, p: example.p, samples: example.samples)
        #expect(decision.verdict == example.expected, "\(example)")
        #expect(decision.reason.isEmpty == (example.expected != .undecided))
    }

    /// Figures in sentences keep three digits and the unit.
    @Test(arguments: [
        (0.0, "ms", "0 ms"), (1234.5, "ms", "1235 ms"), (12.345, "ms", "12.3 ms"), (0.01234, "ms", "0.0123 ms"),
        (9.999, "", "10.0"), (-2.5, "ns", "−2.50 ns"), (1_048_576, "B", "1.00 MiB"), (2.5e-7, "", "2.5e-7"),
        (512, "B", "512 B"),
    ])
    func figuresAreRounded(value: Double, unit: String, expected: String) {
        #expect(Figure.text(value, unit: unit) == expected)
    }
}

@Suite struct UnavailableLaneTests {
    /// A lane that cannot run here is a row of the record, but neither a launch, a cell, nor a rejection.
    @Test func isNoLaunch() {
        var manifest = Manifest(
            run: "r", started: "2026-11-24T00:00:00Z", version: "0", buildMode: "release", command: "isolab bench",
            seed: 1, experiment: "", blocks: 1, warmups: 0, baseline: "native", accelerator: "")
        manifest.lanes = [
            LaneRecord(id: "native", title: "plain process", kind: .native),
            LaneRecord(id: "vm", title: "guest", kind: .guest, available: false, reason: "no QEMU"),
        ]
        let measured = Sample(
            id: 0, experiment: "startup", block: 0, order: 0, lane: "native", workload: "exit", admitted: true,
            measurements: [Measurement(Metric.startup, span: "launch→ready", unit: "ms", 1)])
        let absent = Sample(
            id: 1, experiment: "startup", block: 0, order: 1, lane: "vm", workload: "exit", admitted: false,
            reason: "not measured: no QEMU")
        let run = Run(manifest: manifest, samples: [measured, absent])
        #expect(run.launches == [measured])
        #expect(Summarizer.summarize(run).cells.map(\.lane) == ["native"])
    }
}
