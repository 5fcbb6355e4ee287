import Statistics
import Testing

@testable import RunRecord

/// What the verdicts promise, held against runs whose truth is known. Fixed seeds: the same on every machine.
@Suite struct SimulatorTests {
    /// One metric of some lanes: the truth, the noise within blocks, what a block does to all, what a run does to all.
    struct Truth {
        /// Medians, ms, by lane; the first is the baseline.
        var lanes: [(id: String, median: Double)]
        /// Standard deviations as shares of the median.
        var noise = 0.05
        var blockEffect = 0.0
        var runEffect = 0.0
        var blocks = 12
        var margin = Margin(Metric.startup, share: 0.10, least: 0, unit: "ns")

        func run(_ generator: inout SeededGenerator, contrasts: [Contrast] = []) -> Run {
            var samples: [Sample] = []
            // What a run does it does to each lane in its own way: a memory layout, a neighbour.
            let runs = lanes.map { _ in runEffect * generator.normal() }
            for block in 0..<blocks {
                let weather = blockEffect * generator.normal()
                for (place, lane) in lanes.enumerated() {
                    let value = lane.median * (1 + noise * generator.normal() + weather + runs[place])
                    samples.append(
                        Sample(
                            id: samples.count, experiment: "startup", block: block, order: place, lane: lane.id,
                            workload: "exit", admitted: true,
                            measurements: [Measurement(Metric.startup, span: "launch→ready", unit: "ms", value)]))
                }
            }
            return Run(
                manifest: Manifest(
                    run: "simulated", started: "", version: "0", buildMode: "release", command: "", seed: 0,
                    experiment: "", blocks: blocks, warmups: 0, baseline: lanes[0].id, accelerator: "",
                    lanes: lanes.map { LaneRecord(id: $0.id, title: $0.id, kind: .container) }, margins: [margin],
                    contrasts: contrasts),
                samples: samples)
        }
    }

    private static let equal = (0..<6).map { (id: "lane\($0)", median: 10.0) }

    /// Six equal lanes: in at most 5 % of runs is any of them called faster or slower, by small and by ordinary n, with and
    /// without what blocks do to all.
    @Test(arguments: [(6, 0.0), (8, 0.0), (12, 0.0), (18, 0.1)])
    func falseVerdictsAreRareInTheFamily(blocks: Int, blockEffect: Double) {
        let tries = 120
        var generator = SeededGenerator(seed: UInt64(blocks))
        var truth = Truth(lanes: Self.equal)
        (truth.blocks, truth.blockEffect) = (blocks, blockEffect)
        let called = (0..<tries).count { _ in
            Summarizer.summarize(truth.run(&generator)).comparisons.contains {
                $0.verdict == .slower || $0.verdict == .faster
            }
        }
        // Two standard errors of so many tries above 5 %.
        #expect(Double(called) / Double(tries) <= 0.09, "\(called) of \(tries)")
    }

    /// With as many blocks as the planner asks of a pilot, equal lanes are called the same in four runs of five, and lanes that
    /// differ by just the margin in at most one of twenty. Noise of half the margin, and of the whole.
    @Test(arguments: [0.05, 0.10])
    func samenessIsEarned(noise: Double) throws {
        var generator = SeededGenerator(seed: UInt64(noise * 1_000))
        var truth = Truth(lanes: [("a", 10), ("b", 10)])
        (truth.noise, truth.blocks) = (noise, 20)
        let pilots = (0..<9).compactMap { _ in
            Summarizer.summarize(truth.run(&generator)).comparisons.first?.blocksNeeded
        }
        let needed = pilots.sorted()[4]
        truth.blocks = needed
        var apart = truth
        apart.lanes[1].median = 11
        let tries = 100
        func share(_ truth: Truth, _ verdicts: Set<Verdict>) -> Double {
            Double(
                (0..<tries).count { _ in
                    Summarizer.summarize(truth.run(&generator)).comparisons.contains { verdicts.contains($0.verdict) }
                }) / Double(tries)
        }
        let same = share(truth, [.same])
        let falselySame = share(apart, [.same])
        let power = share(apart, [.slower])
        print("noise \(noise), margin 0.1, \(needed) blocks: same \(same), falsely same \(falselySame), power \(power)")
        #expect(same >= 0.8 - 0.08)
        #expect(falselySame <= 0.05)
        #expect(power >= 0.8 - 0.08)
        #expect(needed >= Power.leastBlocks(comparisons: 1))
    }

    /// The noisier the host, the less is called the same: noise never widens a margin.
    @Test func noiseEndsInUndecided() {
        var generator = SeededGenerator(seed: 12)
        func same(_ noise: Double) -> Int {
            var truth = Truth(lanes: [("a", 10), ("b", 10)])
            truth.noise = noise
            return (0..<40).count { _ in
                Summarizer.summarize(truth.run(&generator)).comparisons.first?.verdict == .same
            }
        }
        let (quiet, loud, storm) = (same(0.02), same(0.1), same(1))
        #expect(quiet >= 34)
        #expect(loud < quiet)
        #expect(storm == 0)
    }

    /// Sides of one subject whose runs differ by as much as their samples do: at most 5 % of comparisons call a change.
    @Test(arguments: [(2, 0.05), (4, 0.05), (4, 0.0), (4, 0.025)])
    func equalSidesAreRarelyCalledChanged(runs: Int, effect: Double) throws {
        let tries = 150
        var generator = SeededGenerator(seed: UInt64(runs) + UInt64(effect * 1_000))
        var truth = Truth(lanes: [("a", 10), ("b", 10)])
        (truth.runEffect, truth.blocks) = (effect, 8)
        var called = 0
        for _ in 0..<tries {
            let before = (0..<runs).map { _ in truth.run(&generator) }
            let after = (0..<runs).map { _ in truth.run(&generator) }
            let comparison = try RunComparison.compare(before, after)
            if comparison.changes.contains(where: { $0.verdict == .slower || $0.verdict == .faster }) { called += 1 }
        }
        #expect(Double(called) / Double(tries) <= 0.085, "\(called) of \(tries)")
    }

    /// Single runs with a spread learnt from six others: at most 5 % as well.
    @Test func knownSpreadKeepsTheLevel() throws {
        let tries = 150
        var generator = SeededGenerator(seed: 99)
        var truth = Truth(lanes: [("a", 10), ("b", 10)])
        (truth.runEffect, truth.blocks) = (0.05, 8)
        var called = 0
        for _ in 0..<tries {
            let spread = try #require(RunSpread((0..<6).map { _ in truth.run(&generator) }))
            let comparison = try RunComparison.compare(
                truth.run(&generator), truth.run(&generator), spread: spread)
            #expect(comparison.basis == .spread(runs: 6))
            if comparison.changes.contains(where: { $0.verdict == .slower || $0.verdict == .faster }) { called += 1 }
        }
        #expect(Double(called) / Double(tries) <= 0.085, "\(called) of \(tries)")
    }

    /// A declared contrast is a comparison like any other: corrected with the rest, in the table, with its own words.
    @Test func contrastsAreComparisons() throws {
        var generator = SeededGenerator(seed: 5)
        var truth = Truth(lanes: [("native", 1), ("container", 10), ("container-noseccomp", 9)])
        truth.blocks = 20
        let run = truth.run(
            &generator, contrasts: [Contrast("container", against: "container-noseccomp", title: "the filter")])
        let summary = Summarizer.summarize(run)
        #expect(summary.comparisons.count == 3)
        let price = try #require(summary.comparisons.first { $0.baseline == "container-noseccomp" })
        #expect(price.verdict == .slower)
        #expect(price.p >= price.pUncorrected)
        let row = try #require(
            SummaryTable.encode(summary, manifest: run.manifest).split(separator: "\n").first {
                $0.contains(",container-noseccomp,the filter,")
            })
        #expect(row.contains(",slower,"))
        #expect(row.split(separator: ",", omittingEmptySubsequences: false).count == SummaryTable.columns.count)
    }
}
