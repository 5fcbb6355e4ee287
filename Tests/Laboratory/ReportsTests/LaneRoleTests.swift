import RunRecord
import Testing

@testable import Reports

/// A report knows lanes by what they are for, never by their names.
@Suite struct LaneRoleTests {
    /// The example, with the lane of a loop in C, and every lane under another name.
    private static func run(renamed: Bool) -> Run {
        var shapes = ExampleRun.usual
        var bare = shapes[0]
        bare.record.id = "bare"
        bare.startup = shapes[0].startup * 0.8
        shapes.append(bare)
        var run = ExampleRun.run(shapes: shapes, blocks: 40)
        for index in run.samples.indices where run.samples[index].workload == "exit (hot)" {
            if ["native", "bare"].contains(run.samples[index].lane) { run.samples[index].experiment = "harness" }
        }
        run.manifest.contrasts = run.manifest.comparedLanes
        guard renamed else { return run }
        func name(_ lane: String) -> String { "x-\(lane)" }
        for index in run.manifest.lanes.indices {
            run.manifest.lanes[index].role = run.manifest.lanes[index].part
            run.manifest.lanes[index].id = name(run.manifest.lanes[index].id)
        }
        for index in run.samples.indices { run.samples[index].lane = name(run.samples[index].lane) }
        run.manifest.baseline = name(run.manifest.baseline)
        run.manifest.contrasts = run.manifest.contrasts?.map {
            Contrast(name($0.lane), against: name($0.reference), title: $0.title)
        }
        return run
    }

    /// What the report says of the harness, of libvirt and of the baseline it says whatever the lanes are called.
    @Test func namesDoNotMatter() throws {
        let plain = Self.run(renamed: false)
        let renamed = Self.run(renamed: true)
        let words = (plain: Answer(plain.reading), renamed: Answer(renamed.reading))
        #expect(words.plain.certainty.contains { $0.hasPrefix("native takes") && $0.contains("a loop in C") })
        #expect(words.renamed.certainty.contains { $0.hasPrefix("x-native takes") && $0.contains("a loop in C") })
        let condition = try #require(plain.reading.primary)
        let cost = try #require(plain.reading.libvirtCost(condition))
        let same = try #require(renamed.reading.libvirtCost(condition))
        #expect(cost.shift == same.shift)
        #expect(words.plain.headline == words.renamed.headline)
    }

    /// Runs from before roles were recorded are read by the names that lanes had then; one that is recorded is the one that counts.
    @Test func beforeRoles() {
        #expect(LaneRecord(id: "vm-qemu", title: "", kind: .guest).part == .guestWithoutLibvirt)
        #expect(LaneRecord(id: "container", title: "", kind: .container).part == nil)
        #expect(LaneRecord(id: "native", title: "", kind: .native, role: .leastProcess).part == .leastProcess)
    }
}

extension Run {
    fileprivate var reading: Reading { Reading(run: self, summary: Summarizer.summarize(self)) }
}
