import Glibc
import Linux
import RunRecordTestSupport
import TestSupport
import Testing

@testable import RunRecord

/// What the host was like is part of the record: written, read back, and sealed.
@Suite struct BlockStateTests {
    let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private static let states: [BlockState] = (0..<10).map { block in
        BlockState(
            experiment: "startup", workload: "exit (cold)", block: block, warmup: block < 2, milliseconds: 512.25,
            judgedMilliseconds: 512.25, ownProcessors: 0.5, otherProcessors: block == 4 ? 0.8 : 0.01,
            stolenProcessors: 0, cpuPressure: 0.02, memoryPressure: nil, ioPressure: 0, load: 0.4, megahertz: 2400.5,
            megahertzLimit: 3000, throttles: nil,
            disturbance: block == 4
                ? "other programs ran; memory was short" : block == 1 || block == 7 ? "memory was short" : "")
    }

    private func record() throws {
        let run = SyntheticRun(seed: 3, blocks: 8, memoryBlocks: 0, syscallBlocks: 0).run()
        let writer = try RunWriter(directory: directory.path, manifest: run.manifest)
        try writer.append(run.samples, Self.states[0])
        for state in Self.states.dropFirst() { try writer.append([], state) }
        try writer.finish(run.manifest)
    }

    @Test func readsBack() throws {
        try record()
        let reading = try Run.read(directory: directory.path)
        #expect(reading.run.blocks == Self.states)
        #expect(reading.notes.isEmpty)
    }

    /// Warm-ups are not counted; a block that two things disturbed is one.
    @Test func counted() {
        let found = Disturbances(Self.states)
        #expect(found.blocks == 8 && found.disturbed == 2)
        #expect(found.reasons.map(\.words) == ["memory was short", "other programs ran"])
        #expect(found.reasons.map(\.blocks) == [2, 1])
        #expect(found.isTooMany)
        #expect(!Disturbances(Array(Self.states.prefix(7) + Self.states.suffix(2))).isTooMany)
        #expect(!Disturbances([]).isTooMany)
    }

    /// A table that was edited, or taken away, is refused; one that was cut off while measuring is read as far as it goes.
    @Test func protected() throws {
        try record()
        let path = RunDirectory(directory.path).path(of: .blocks)
        let text = try SystemFile.read(path)
        try SystemFile.replace(path, with: Array(text.replacing("memory was short", with: "").utf8))
        #expect(throws: RunRecordError.self) { try Run.read(directory: directory.path) }
        try SystemFile.replace(path, with: Array(text.utf8))
        #expect(try Run.read(directory: directory.path).run.blocks.count == 10)
        #expect(unlink(path) == 0)
        #expect(throws: RunRecordError.self) { try Run.read(directory: directory.path) }
        let torn = try BlockTable.read(Array(text.utf8.dropLast(5)), path: path)
        #expect(torn.torn && torn.states.count == 9)
        for (old, new) in [("512.25", "long"), ("512.25", "nan"), (",4,", ",four,"), ("exit (cold),", "")] {
            #expect(throws: RunRecordError.self) {
                try BlockTable.read(Array(text.replacing(old, with: new).utf8), path: path)
            }
        }
    }
}
