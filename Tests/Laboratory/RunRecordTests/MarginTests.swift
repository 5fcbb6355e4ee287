import Testing

@testable import RunRecord

@Suite struct MarginTests {
    /// A margin is the share of the reference or the least that matters, whichever is more, in the record's unit.
    @Test func sizeIsTheLargerOfTwo() throws {
        let margin = Margin("startup", share: 0.1, least: 50, unit: "us")
        #expect(margin.size(beside: 10, unit: "ms") == 1)
        #expect(margin.size(beside: 0.2, unit: "ms") == 0.05)
        #expect(margin.size(beside: 0.2, unit: "B") == nil)
        #expect(Margin("memory", share: 0.1, least: 64, unit: "KiB").size(beside: 0, unit: "B") == 65_536)
    }

    /// What is written is what is read; what is no margin is none.
    @Test func textReadsBack() {
        for margin in Margin.standard { #expect(Margin(margin.metric, text: margin.text) == margin) }
        #expect(Margin("startup", text: "5%")?.share == 0.05)
        #expect(Margin("startup", text: "0 % 2 ms")?.least == 2)
        for text in [
            "", "5", "5 %  50", "-1 %", "101 %", "0 %", "5 % 3 parsec", "5 % -3 us", "nan %",
            // No duration is so many bytes, and none an hour.
            "10 % 64 KiB", "10 % 1e308 s", "10 % 3601 s", "10 % 99999999999999 s",
            // Read as numbers by `Double`, by nobody else; and what would be written as another one.
            "0x10 %", "1e1 %", "0.0000000001 %", "5.00001 %", "10 % 0.00001 us", "5. %", ".5 %",
        ] {
            #expect(Margin("startup", text: text) == nil, "\(text)")
        }
        for text in ["10 % 5 ms", "10 % 1048577 MiB"] { #expect(Margin("memory", text: text) == nil, "\(text)") }
        for (metric, text) in [
            ("startup", "0.0001 %"), ("startup", "12.5 % 0.0001 us"), ("life", "1 % 3600 s"),
            ("memory.slope", "10 % 1048576 MiB"), ("startup", "1 % 3600000000000 ns"),
        ] {
            let margin = Margin(metric, text: text)
            #expect(margin != nil, "\(text)")
            #expect(margin.flatMap { Margin(metric, text: $0.text) } == margin, "\(text)")
        }
    }

    /// A metric's own margin comes before its family's, and the last named before the first.
    @Test func lookupPrefersTheMetricsOwn() {
        var margins = Margin.standard
        #expect(margins.of("syscall.getpid")?.share == 0.05)
        #expect(margins.of("memory.pss")?.share == 0.10)
        #expect(margins.of("guest") == nil)
        margins.append(Margin("syscall.getpid", share: 0.2, least: 0, unit: "ns"))
        #expect(margins.of("syscall.getpid")?.share == 0.2)
        #expect(margins.of("syscall.read")?.share == 0.05)
    }

    /// Limits are read strictly.
    @Test func limitsAreRead() {
        #expect(ChangeLimit("startup container > 5%")?.limit == 0.05)
        #expect(ChangeLimit("memory.slope vm>2 MiB")?.unit == "MiB")
        #expect(ChangeLimit("startup container > 5%")?.description == "'startup container > 5%'")
        for text in [
            "", "startup > 5%", "startup container < 5%", "startup container > x%", "startup container > 5",
            // Read as numbers by `Double`, by nobody else.
            "startup container > 0x5%", "startup container > inf%", "startup container > -5%",
            // No duration is ever so many bytes.
            "startup container > 2 MiB", "memory.slope vm > 2 ms",
        ] {
            #expect(ChangeLimit(text) == nil, "\(text)")
        }
        #expect(ChangeLimit("memory.slope vm > 2 MiB")?.unit == "MiB")
    }

    /// A limit is exceeded only by a change with a verdict, kept where the verdict or the whole interval says so, and unanswerable where
    /// nothing can tell.
    @Test func limitsAreJudgedByVerdicts() throws {
        func comparison(
            _ verdict: Verdict, _ shift: Double, p: Double?, to high: Double? = nil, median: Double = 10
        ) -> RunComparison {
            let change = RunComparison.Change(
                key: CellKey(experiment: "startup", workload: "exit", lane: "container", metric: "startup", unit: "ms"),
                samplesBefore: 8, samplesAfter: 8, runsBefore: 4, runsAfter: 4,
                medianBefore: median, medianAfter: median + shift, shift: shift, shiftLow: high.map { 2 * shift - $0 },
                shiftHigh: high, p: p, verdict: verdict,
                reason: p == nil ? RunComparison.oneRun : "")
            return RunComparison(
                before: ["a"], after: ["b"], basis: .none, forced: [], notes: [], changes: [change], onlyBefore: [],
                onlyAfter: [])
        }
        let limit = try #require(ChangeLimit("startup container > 5%"))
        let over = comparison(.slower, 1, p: 0.01)
        #expect(limit.answer(over) == .exceeded(over.changes))
        #expect(limit.answer(comparison(.slower, 0.3, p: 0.01)) == .kept)
        #expect(limit.answer(comparison(.faster, -1, p: 0.01, to: -0.5)) == .kept)
        // Without a verdict of a change, it is the far end of the interval that must keep the limit, 0.5 ms here.
        for verdict in [Verdict.undecided, .same] {
            #expect(limit.answer(comparison(verdict, 0.1, p: 0.4, to: 0.49)) == .kept)
            #expect(limit.answer(comparison(verdict, -1, p: 0.4, to: 0)) == .kept)
            for high in [0.5, 8, .nan, .infinity] {
                guard case .unanswerable = limit.answer(comparison(verdict, 0.1, p: 0.4, to: high)) else {
                    Issue.record("\(verdict) up to \(high) ms opened a gate of 0.5 ms")
                    continue
                }
            }
        }
        guard case .unanswerable(let why) = limit.answer(comparison(.undecided, 1, p: 0.4, to: 8)) else {
            Issue.record("an undecided change opened the gate")
            return
        }
        #expect(why.hasPrefix("the change may be as much as 8.00 ms"))
        // No share of nothing is small.
        guard case .unanswerable = limit.answer(comparison(.undecided, 0.1, p: 0.4, to: 0.2, median: 0)) else {
            Issue.record("a share of nothing was judged")
            return
        }
        // What one workload shows is not hidden by what another cannot tell.
        var mixed = over
        mixed.changes.insert(contentsOf: comparison(.undecided, 1, p: nil).changes, at: 0)
        #expect(limit.answer(mixed) == .exceeded(over.changes))
        #expect(limit.answer(comparison(.undecided, 1, p: nil)) == .unanswerable(RunComparison.oneRun))
        let other = try #require(ChangeLimit("startup vm > 5%"))
        guard case .unanswerable = other.answer(over) else {
            Issue.record("a lane that is not there was judged")
            return
        }
        #expect(try #require(ChangeLimit("startup container > 0.5 ms")).answer(over) == .exceeded(over.changes))
    }

    /// What names a run is no part of its configuration; what a lane is told is.
    @Test func configurationsAreComparedWithoutNames() {
        #expect(
            ManifestDifference.nameless("/var/lib/isolab/lab/4711-123456/x isolab-4711-123456-1-7")
                == "/var/lib/isolab/lab/…/x isolab-…")
        #expect(ManifestDifference.nameless("\"limit\": 536870912") == "\"limit\": 536870912")
    }
}
