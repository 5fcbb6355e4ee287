import Linux
import RunRecord
import Testing

@testable import Reports

/// Runs that others wrote, with figures and instants at the ends of their range: each is summarized and told in every form.
@Suite struct HostileRunTests {
    private static let instants: [Int64] = [.min, .min + 1, -1, 0, 1, 1 << 53, .max - 1, .max]
    private static let figures: [Double] = [
        .greatestFiniteMagnitude, -.greatestFiniteMagnitude, .infinity, -.infinity, .nan, .leastNonzeroMagnitude,
        -.leastNonzeroMagnitude, .leastNormalMagnitude / 4, 1e29, -1e29, 9.3e18, 0, -0.0, 1,
    ]
    private static let whole = [Int.min, -1, 0, 1, 1 << 40, .max]

    private func tell(_ run: Run) {
        let summary = Summarizer.summarize(run)
        #expect(!HTMLReport.render(run: run, summary: summary).isEmpty)
        #expect(!MarkdownReport.render(run: run, summary: summary).isEmpty)
        #expect(!TerminalReport.render(run: run, summary: summary).isEmpty)
        for sample in run.samples.prefix(10) {
            for everyStep in [true, false] { _ = TerminalWaterfall.render(sample, everyStep: everyStep) }
        }
        // Another measurement of the same: a run is not compared with itself.
        var other = run
        _ = other.samples.popLast()
        let comparison = try? RunComparison.compare(run, other)
        if let comparison {
            _ = ComparisonReport.html(comparison, before: run.manifest, after: run.manifest)
        }
    }

    /// Every instant there is beside every other.
    @Test(arguments: instants) func everyInstant(_ first: Int64) {
        for second in Self.instants {
            var run = ExampleRun.run(blocks: 3)
            for index in run.samples.indices {
                for place in run.samples[index].events.indices {
                    run.samples[index].events[place].nanoseconds = place % 2 == 0 ? first : second
                }
                for place in run.samples[index].phases.indices {
                    run.samples[index].phases[place].start = first
                    run.samples[index].phases[place].end = second
                }
                // Spans come from events then.
                run.samples[index].measurements.removeAll { $0.metric == Metric.startup }
            }
            tell(run)
        }
    }

    /// One figure everywhere, and one among usual ones.
    @Test(arguments: figures) func everyFigure(_ figure: Double) {
        for step in [1, 7] {
            var run = ExampleRun.run(blocks: 6)
            for index in run.samples.indices where index % step == 0 {
                for place in run.samples[index].measurements.indices {
                    run.samples[index].measurements[place].value = figure
                }
            }
            tell(run)
        }
    }

    /// Figures of every size beside each other, in numbers that are none a run has.
    @Test func mixture() {
        for seed in 0..<12 {
            var generator = Mixer(state: UInt64(seed))
            var run = ExampleRun.run(blocks: 5)
            for index in run.samples.indices {
                for place in run.samples[index].measurements.indices where generator.next() % 3 == 0 {
                    run.samples[index].measurements[place].value = generator.pick(Self.figures)
                    if generator.next() % 5 == 0 {
                        run.samples[index].measurements[place].batch = generator.pick(Self.whole)
                    }
                }
                if generator.next() % 4 == 0 { run.samples[index].instances = generator.pick(Self.whole) }
                if generator.next() % 9 == 0 { run.samples[index].block = generator.pick(Self.whole) }
                if generator.next() % 9 == 0 { run.samples[index].order = generator.pick(Self.whole) }
                if generator.next() % 9 == 0 { run.samples[index].id = generator.pick(Self.whole) }
                for place in run.samples[index].phases.indices where generator.next() % 4 == 0 {
                    run.samples[index].phases[place].start = generator.pick(Self.instants)
                    run.samples[index].phases[place].end = generator.pick(Self.instants)
                }
            }
            run.manifest.blocks = generator.pick(Self.whole)
            run.manifest.warmups = generator.pick(Self.whole)
            tell(run)
        }
    }

    /// Escape sequences and what turns the direction of writing round reach neither a terminal nor a page, from wherever in a run.
    @Test func textsThatSteer() {
        let steering = "\u{1B}[2J\u{9B}31m\u{202E}evil\u{2066}\u{061C}\u{200F}\u{2028}\u{7F}\u{8}"
        var run = ExampleRun.run(blocks: 3)
        run.manifest.command += steering
        run.manifest.experiment += steering
        run.manifest.accelerator += steering
        run.manifest.warnings.append(steering)
        for index in run.manifest.lanes.indices {
            run.manifest.lanes[index].title += steering
            run.manifest.lanes[index].reason += steering
            run.manifest.lanes[index].configuration["config.json"] = steering
        }
        for index in run.samples.indices {
            run.samples[index].reason += steering
            for place in run.samples[index].phases.indices { run.samples[index].phases[place].name += steering }
            for place in run.samples[index].events.indices where place % 3 == 1 {
                run.samples[index].events[place].name += steering
            }
        }
        let summary = Summarizer.summarize(run)
        let texts = [
            HTMLReport.render(run: run, summary: summary), MarkdownReport.render(run: run, summary: summary),
            TerminalReport.render(run: run, summary: summary),
            run.samples.prefix(5).map { TerminalWaterfall.render($0) }.joined(),
        ]
        for (text, name) in zip(texts, ["HTML", "Markdown", "terminal", "waterfall"]) {
            let found = text.unicodeScalars.filter { $0.isSteering && $0 != "\n" && $0 != "\t" }
            #expect(found.isEmpty, "\(name): \(found.map { String($0.value, radix: 16) }.prefix(5))")
            #expect(text.contains("\u{FFFD}"), "\(name)")
        }
    }

    /// Numbers from a seed (splitmix64).
    private struct Mixer: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9e37_79b9_7f4a_7c15
            var word = (state ^ (state >> 30)) &* 0xbf58_476d_1ce4_e5b9
            word = (word ^ (word >> 27)) &* 0x94d0_49bb_1331_11eb
            return word ^ (word >> 31)
        }

        mutating func pick<Element>(_ list: [Element]) -> Element { list[Int(next() % UInt64(list.count))] }
    }
}
