import RunRecordTestSupport
import Testing

@testable import RunRecord

/// What two runs, or two sides of several, say of each other; and which are not compared.
@Suite struct RunComparisonTests {
    static let before = SyntheticRun(seed: 21, blocks: 30).run()

    /// Another measurement by the same manifest.
    private static let another: Run = {
        var run = before
        run.samples.removeLast()
        return run
    }()

    /// A run named twice on one side, or on both, is refused, however it is forced: under another name, without its digests, and by
    /// its seal alone.
    @Test func aRunCountsOnce() throws {
        let (run, other) = (Self.before, Self.another)
        var renamed = run
        renamed.manifest.run = "another-name"
        renamed.manifest.started = "2026-11-24T20:00:00Z"
        var sealed = other
        sealed.manifest.seal = "sha256:01"
        var resealed = run
        resealed.manifest.seal = "sha256:01"
        for (before, after) in [
            ([run], [run]), ([run], [renamed]), ([run, renamed], [other]), ([other], [run, run]),
            ([sealed], [resealed]),
        ] {
            for force in [true, false] {
                let error = #expect(throws: ComparisonRefusal.self) {
                    try RunComparison.compare(before, after, force: force)
                }
                #expect(error?.repeated != nil && error?.differences.isEmpty == true)
                #expect(error?.description.contains("name every run once") == true)
            }
        }
        let error = #expect(throws: ComparisonRefusal.self) { try RunComparison.compare([other], [run, renamed]) }
        let words = "run 2 after (another-name) is run 1 after (\(run.manifest.run)) again"
        #expect(error?.description.hasPrefix(words) == true)
        #expect(throws: Never.self) { try RunComparison.compare([run], [other]) }
        // Nothing was measured in either: that makes them no copies of each other.
        var (empty, bare) = (run, other)
        (empty.samples, bare.samples) = ([], [])
        #expect(throws: Never.self) { try RunComparison.compare(empty, bare) }
    }

    /// Two margins give two verdicts of the same figures: such runs are refused whatever is compared, and stamped by force. What is
    /// written otherwise and is as much is no difference.
    @Test func unlikeMarginsAreRefused() throws {
        var (run, other) = (Self.before, Self.another)
        run.manifest.margins = Margin.standard
        other.manifest.margins = Margin.standard.map { margin in
            margin.metric == "memory" ? Margin("memory", share: margin.share, least: 65_536, unit: "B") : margin
        }
        #expect(try RunComparison.compare(run, other).forced.isEmpty)
        other.manifest.margins?[0].share = 0.2
        for subject in [nil, Subject.configuration] {
            let error = #expect(throws: ComparisonRefusal.self) {
                try RunComparison.compare(run, other, subject: subject)
            }
            #expect(error?.differences.map(\.name) == ["margin of startup"])
            #expect(error?.differences.first?.after == "20 % 50 us")
        }
        let forced = try RunComparison.compare(run, other, force: true)
        #expect(forced.forced.map(\.name) == ["margin of startup"])
        other.manifest.margins = nil
        let error = #expect(throws: ComparisonRefusal.self) { try RunComparison.compare(run, other) }
        #expect(error?.differences.count == Margin.standard.count)
    }

    /// A record that holds no digests is named, on whichever side and place it is.
    @Test func recordsWithoutDigestsAreNamed() throws {
        #expect(try RunComparison.compare(Self.before, Self.another).notes.isEmpty)
        var old = SyntheticRun(seed: 22, blocks: 30).run()
        old.manifest.format = 1
        let comparison = try RunComparison.compare([Self.before, old], [Self.another])
        let note = try #require(comparison.notes.first { $0.name.hasPrefix("records without digests") })
        #expect(note.before == old.manifest.run && note.after == "none" && !note.decisive)
    }

    /// Two single runs have figures and no verdict, whatever they show; nothing is missing.
    @Test func singleRunsHaveNoVerdict() throws {
        var lanes = SyntheticRun.usualLanes
        lanes[1].startup /= 2
        let after = SyntheticRun(seed: 23, lanes: lanes, blocks: 30).run()
        let comparison = try RunComparison.compare(Self.before, after)
        #expect(comparison.basis == .none)
        #expect(comparison.forced.isEmpty)
        #expect(comparison.onlyBefore.isEmpty && comparison.onlyAfter.isEmpty)
        #expect(comparison.changes.count > 60)
        for change in comparison.changes {
            #expect(change.verdict == .undecided)
            #expect(change.reason == RunComparison.oneRun)
            #expect(change.p == nil && change.shiftLow == nil)
        }
        let change = try #require(
            comparison.changes.first { $0.key.lane == "container" && $0.key.metric == Metric.startup })
        #expect(abs(change.medianAfter / change.medianBefore - 0.5) < 0.05)
    }

    /// Of several runs a side a lane made twice as fast is found, by name.
    @Test func improvementIsFound() throws {
        var lanes = SyntheticRun.usualLanes
        lanes[1].startup /= 2
        func side(_ seed: UInt64, _ lanes: [SyntheticRun.Lane]) -> [Run] {
            (0..<4).map {
                SyntheticRun(seed: seed + UInt64($0), lanes: lanes, blocks: 12, memoryBlocks: 0, syscallBlocks: 0).run()
            }
        }
        let comparison = try RunComparison.compare(side(30, SyntheticRun.usualLanes), side(40, lanes))
        #expect(comparison.basis == .runs(4))
        let change = try #require(
            comparison.changes.first { $0.key.lane == "container" && $0.key.metric == Metric.startup })
        #expect(change.verdict == .faster)
        #expect(change.runsBefore == 4 && change.samplesBefore == 48)
    }

    /// A single run a side has a verdict where the host's spread between runs is known, and only on that host.
    @Test func spreadOfTheHostAllowsAVerdict() throws {
        // Of a dozen blocks some resemble each other by chance, and the interval is widened for it: enough of them.
        let made = (0..<5).map {
            SyntheticRun(seed: 50 + UInt64($0), blocks: 40, memoryBlocks: 0, syscallBlocks: 0).run()
        }
        #expect(RunSpread(Array(made.prefix(3))) == nil)
        let spread = try #require(RunSpread(made))
        var lanes = SyntheticRun.usualLanes
        lanes[1].startup *= 3
        let after = SyntheticRun(seed: 60, lanes: lanes, blocks: 40, memoryBlocks: 0, syscallBlocks: 0).run()
        let comparison = try RunComparison.compare(made[0], after, spread: spread)
        #expect(comparison.basis == .spread(runs: 5))
        let change = try #require(
            comparison.changes.first { $0.key.lane == "container" && $0.key.metric == Metric.startup })
        #expect(change.verdict == .slower, "\(change)")
        var elsewhere = spread
        elsewhere.host = ["Kernel: release=another"]
        #expect(try RunComparison.compare(made[0], after, spread: elsewhere).basis == .none)
    }

    /// Runs of unlike hosts are refused with the list of what differs; forced, they carry it.
    @Test func unlikeHostsAreRefused() throws {
        var after = Self.another
        after.manifest.host[0].facts[0].value = "Another processor"
        after.manifest.host[0].facts[1].value = "powersave"
        after.manifest.host[1].facts.removeAll()
        after.manifest.buildMode = "debug"
        after.manifest.lanes[4].accelerator = "KVM"
        after.manifest.artefacts[0].digest = "sha256:00"
        let error = #expect(throws: ComparisonRefusal.self) {
            try RunComparison.compare(Self.before, after)
        }
        #expect(
            error?.differences.map(\.name) == [
                "build mode", "Processor: model", "Kernel: release", "Kernel: cgroup", "accelerator of vm",
                "digest of workload",
            ])
        #expect(error?.description.contains("Another processor") == true)
        let forced = try RunComparison.compare(Self.before, after, force: true)
        #expect(forced.forced == error?.differences)
        #expect(forced.notes.isEmpty)
    }

    /// A lane that only one run has is listed, not compared.
    @Test func missingLanesAreListed() throws {
        var after = Self.before
        after.samples.removeAll { $0.lane == "vm" }
        let comparison = try RunComparison.compare(Self.before, after)
        #expect(comparison.onlyBefore.allSatisfy { $0.lane == "vm" })
        #expect(!comparison.onlyBefore.isEmpty)
        #expect(comparison.onlyAfter.isEmpty)
    }
}
