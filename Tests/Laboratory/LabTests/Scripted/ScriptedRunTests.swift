import Glibc
import Linux
import RunRecord
import Testing

@testable import Lab

/// The loop of a run with lanes that launch nothing: what is launched in which order, what counts, and what is kept of what does not.
@Suite struct ScriptedRunTests {
    /// What a run came to.
    private struct Outcome {
        var run: Run
        var log: ScriptedLane.Log
        var notes: [String]
        var rejected: Int

        func samples(_ lane: String) -> [Sample] { run.samples.filter { $0.lane == lane } }
    }

    private func measure(
        lanes: [(id: String, present: Availability, script: @Sendable (Int) -> ScriptedLane.Line)], blocks: Int,
        seed: UInt64 = 5
    ) throws -> Outcome {
        let place = try Place()
        // The image holds a workload; nothing of it is executed.
        let laboratory = try Laboratory(place.options(programs: try place.programs(workload: "exit 1\n")), seed: seed)
        defer { laboratory.close() }
        let log = ScriptedLane.Log()
        let recorder = Recorder()
        let entries = lanes.map { ScriptedLane.entry($0.id, present: $0.present, log, $0.script) }
        var set = LaneSet(lanes.map(\.id), of: entries, laboratory, recorder)
        let experiment = Experiment(
            name: "scripted", seed: seed, baseline: lanes[0].id,
            parts: [
                Experiment.Part(
                    kind: "startup", workload: "exit", lanes: lanes.map(\.id), blocks: blocks, warmups: 1, work: 10)
            ])
        let manifest = Manifest(
            run: "scripted", started: "2026-12-01T00:00:00Z", version: "test", buildMode: "debug", command: "",
            seed: seed, experiment: "", blocks: blocks, warmups: 1, baseline: lanes[0].id, accelerator: "",
            lanes: set.records)
        let writer = try RunWriter(directory: "\(place.path)/run", manifest: manifest)
        let session = Session(experiment, set, laboratory, writer, recorder, skipsIdleGate: true)
        try session.measure()
        set.close()
        try writer.finish(manifest)
        return Outcome(
            run: try Run.read(directory: "\(place.path)/run").run, log: log, notes: recorder.notes,
            rejected: session.rejected)
    }

    /// The plan is what is launched, block by block: every lane once, the baseline's hidden twin, in an order that only the seed decides.
    @Test func order() throws {
        let honest: @Sendable (Int) -> ScriptedLane.Line = { _ in .honest }
        let lanes = ["a", "b", "c"].map { (id: $0, present: Availability.yes, script: honest) }
        let first = try measure(lanes: lanes, blocks: 6)
        let plan = BlockPlan(lanes: ["a", "b", "c"], blocks: 6, warmups: 1, baseline: "a", seed: 5)
        #expect(first.log.launches.map(\.lane) == plan.blocks.flatMap { $0.slots.map(\.lane) })
        #expect(first.run.samples.map(\.lane) == first.log.launches.map(\.lane))
        #expect(first.run.samples.filter { !$0.admitted }.map(\.reason) == [])
        #expect(first.samples("a").count(where: \.twin) == 6)
        #expect(first.run.samples.count(where: \.warmup) == 3)
        #expect(first.log.released == first.log.launches.count)
        #expect(first.log.closed.sorted() == ["a", "b", "c"])
        // Nonces are never the same twice; the order is.
        #expect(Set(first.log.launches.map(\.request.nonce)).count == first.log.launches.count)
        #expect(try measure(lanes: lanes, blocks: 6).log.launches.map(\.lane) == first.log.launches.map(\.lane))
        #expect(
            try measure(lanes: lanes, blocks: 6, seed: 6).log.launches.map(\.lane) != first.log.launches.map(\.lane))
    }

    /// A launch that lies, fails or does not start is kept as a row with its reason, and the launches around it count.
    @Test func rejection() throws {
        let outcome = try measure(
            lanes: [
                ("honest", .yes, { _ in .honest }),
                (
                    "liar", .yes,
                    {
                        switch $0 {
                        case 0: .honest
                        case 1: .says({ ScriptedLane.hello($0) + "proof \($0.work) 0\ndone 0\n" })
                        case 2: .says({ ScriptedLane.honest($0) }, ending: .signalled(number: 11))
                        case 3: .says({ _ in "" }, ending: .exited(status: 3))
                        default: .doesNotStart
                        }
                    }
                ),
            ], blocks: 4)
        let reasons = outcome.samples("liar").map(\.reason)
        #expect(reasons.count == 5 && reasons[0].isEmpty, "\(reasons)")
        #expect(reasons[1].contains("proof of work is wrong"))
        #expect(reasons[2].contains("killed by signal 11"))
        #expect(reasons[3].contains("exit status 3"))
        #expect(reasons[4].hasPrefix("did not start: "))
        #expect(outcome.samples("liar").map(\.admitted) == [true, false, false, false, false])
        #expect(outcome.samples("honest").filter { !$0.admitted }.map(\.reason) == [])
        #expect(outcome.rejected == 4)
        // Told once a lane, not four times.
        #expect(outcome.notes.count(where: { $0.hasPrefix("startup, liar: rejected") }) == 1)
    }

    /// A lane that cannot run here is launched never, and is one row that says why.
    @Test func unavailable() throws {
        let outcome = try measure(
            lanes: [
                ("honest", .yes, { _ in .honest }),
                ("absent", .no("it is not installed", remedy: "install it"), { _ in .honest }),
            ], blocks: 2)
        #expect(outcome.samples("absent").map(\.reason) == ["not measured: it is not installed"])
        #expect(!outcome.log.launches.contains { $0.lane == "absent" })
        #expect(outcome.notes.contains("absent is not measured: it is not installed (install it)"))
        #expect(outcome.run.manifest.lanes.first { $0.id == "absent" }?.remedy == "install it")
    }
}
