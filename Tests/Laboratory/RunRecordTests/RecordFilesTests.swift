import Glibc
import Linux
import RunRecordTestSupport
import TestSupport
import Testing

@testable import RunRecord

@Suite struct RecordFilesTests {
    let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private func write(_ bytes: [UInt8], to path: String) throws { try SystemFile.replace(path, with: bytes) }

    /// Records a run; one that is not sealed was cut off before its end.
    private func record(_ run: Run, blocksOf size: Int = 11, sealed: Bool = true) throws {
        var run = run
        if !sealed { run.manifest.finished = nil }
        let writer = try RunWriter(directory: directory.path, manifest: run.manifest)
        var start = 0
        while start < run.samples.count {
            let end = min(start + size, run.samples.count)
            try writer.append(Array(run.samples[start..<end]))
            start = end
        }
        if sealed { try writer.finish(run.manifest) }
    }

    private func path(_ file: RunDirectory.File) -> String { RunDirectory(directory.path).path(of: file) }

    /// What is written is what is read: every sample, event, phase, figure and manifest field, to the last bit.
    @Test func roundTripLosesNothing() throws {
        var run = SyntheticRun(seed: 5, blocks: 6, memoryBlocks: 2, syscallBlocks: 2, batches: 3).run()
        run.samples[3].reason = "a \"quoted\", reason\nover two lines, with ünïcode"
        run.samples[3].admitted = false
        run.samples[4].measurements = [
            Measurement("odd", unit: "1", 0.1 + 0.2), Measurement("odd", unit: "1", .leastNonzeroMagnitude, batch: 1),
            Measurement("odd", unit: "1", -1.7976931348623157e308, batch: 2),
            Measurement("odd", unit: "1", 0x1.b69b4bacd05f1p56, batch: 3),
            Measurement("odd, indeed", span: "a\"b→c", unit: "1", -0.0, batch: 4),
        ]
        run.samples[5].events = [Event("back\\slash \"and\" tab\t\u{1}", -5)]
        run.samples[5].phases = [Phase("ü", actor: "", start: -1, end: .max, exits: 7)]
        run.manifest.seed = .max
        try record(run)
        let reading = try Run.read(directory: directory.path)
        #expect(reading.notes == [])
        var manifest = reading.run.manifest
        #expect(manifest.files?.map(\.name) == ["samples.csv", "events.jsonl", "blocks.csv"])
        #expect(manifest.seal?.hasPrefix("sha256:") == true)
        (manifest.files, manifest.seal) = (nil, nil)
        #expect(manifest == run.manifest)
        #expect(reading.run.samples == run.samples)
        #expect(reading.run.samples[4].measurements[4].value.sign == .minus)
    }

    /// The columns are the published ones, and a failed launch is a row of its own without a value.
    @Test func tableIsInLongFormat() throws {
        let run = SyntheticRun(seed: 1).run()
        var sample = try #require(run.samples.first)
        sample.measurements = []
        sample.admitted = false
        sample.reason = "no nonce, \"none\""
        try record(Run(manifest: run.manifest, samples: [sample]))
        let text = String(decoding: try SystemFile.bytes(of: path(.samples)), as: UTF8.self)
        let lines = text.split(separator: "\n")
        let published = """
            run,experiment,block,order,sample,lane,workload,twin,warmup,instances,metric,span,unit,batch,value,\
            admitted,reason
            """
        #expect(lines[0] == published)
        #expect(lines[1].hasSuffix(",1,,,,,,false,\"no nonce, \"\"none\"\"\""))
        #expect(lines.count == 2)
    }

    /// A file cut at any byte of its last block still gives every sample before it, and says what is missing.
    @Test func tornEndsAreLeftOutAndTold() throws {
        let run = SyntheticRun(seed: 2, blocks: 2, warmups: 0, memoryBlocks: 0, syscallBlocks: 0).run()
        try record(run, sealed: false)
        let whole = try SystemFile.bytes(of: path(.samples))
        let lastRow = try #require(whole.dropLast().lastIndex(of: 0x0a))
        // From inside the last row back through the end of the row before it.
        for length in [whole.count - 1, lastRow + 9, lastRow + 1] {
            try write(Array(whole[..<length]), to: path(.samples))
            let reading = try Run.read(directory: directory.path)
            #expect(reading.run.samples == Array(run.samples.dropLast()))
            #expect(reading.notes.count >= 2)
        }
        try write(whole, to: path(.samples))
        let events = try SystemFile.bytes(of: path(.events))
        try write(Array(events.dropLast(20)), to: path(.events))
        let reading = try Run.read(directory: directory.path)
        #expect(reading.run.samples.count == run.samples.count)
        #expect(reading.notes.contains { $0.contains("events.jsonl ends inside a line") })
    }

    /// A run killed before its first block is a run without samples, not an error.
    @Test func runWithoutBlocksIsReadable() throws {
        var manifest = SyntheticRun().run().manifest
        manifest.finished = nil
        _ = try RunWriter(directory: directory.path, manifest: manifest)
        let reading = try Run.read(directory: directory.path)
        #expect(reading.run.samples.isEmpty)
        #expect(reading.notes == ["the run is incomplete: it was interrupted while measuring"])
    }

    /// A damaged record is refused with the file and the line, never guessed at.
    @Test(arguments: [
        ("1,ms,", "value"), ("startup,x", "fields"), ("maybe", "not true or false"),
    ])
    func damageIsNamed(kind: (String, String)) throws {
        let run = SyntheticRun(seed: 2, blocks: 2, warmups: 0, memoryBlocks: 0, syscallBlocks: 0).run()
        try record(run)
        var lines = String(decoding: try SystemFile.bytes(of: path(.samples)), as: UTF8.self)
            .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        var fields = lines[4].split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        switch kind.1 {
        case "value": fields[14] = "3.4.5"
        case "fields": fields.removeLast()
        default: fields[7] = "maybe"
        }
        lines[4] = fields.joined(separator: ",")
        try write(Array(lines.joined(separator: "\n").utf8), to: path(.samples))
        let error = #expect(throws: RunRecordError.self) { try Run.read(directory: directory.path) }
        guard case .malformed(let file, let line, let problem)? = error else {
            Issue.record("unexpected \(String(describing: error))")
            return
        }
        #expect(file == path(.samples))
        #expect(line == 5)
        #expect(problem.contains(kind.1))
    }

    /// A broken event line and a broken manifest are named too.
    @Test func damagedEventsAndManifestAreNamed() throws {
        try record(SyntheticRun(seed: 2, blocks: 1, warmups: 0, memoryBlocks: 0, syscallBlocks: 0).run())
        let events = try SystemFile.bytes(of: path(.events))
        try write(Array("{\"sample\":}\n".utf8) + events, to: path(.events))
        #expect(throws: RunRecordError.self) { try Run.read(directory: directory.path) }
        try write(events, to: path(.events))
        let manifest = String(decoding: try SystemFile.bytes(of: path(.manifest)), as: UTF8.self)
        try write(
            Array(manifest.replacing("\"format\" : 3", with: "\"format\" : 9").utf8), to: path(.manifest))
        #expect(throws: RunRecordError.newerFormat(path: path(.manifest), format: 9, supported: 3)) {
            try Run.read(directory: directory.path)
        }
        try write(Array("{".utf8), to: path(.manifest))
        #expect(throws: RunRecordError.self) { try Run.read(directory: directory.path) }
        unlink(path(.manifest))
        #expect(throws: RunRecordError.notARun(path: directory.path, missing: "manifest.json")) {
            try Run.read(directory: directory.path)
        }
    }

    /// Rows that a spreadsheet sorted and saved with its own line ends are still the same samples.
    @Test func sortedRowsWithCarriageReturnsAreRead() throws {
        let run = SyntheticRun(seed: 7, blocks: 3, warmups: 0, memoryBlocks: 0, syscallBlocks: 0).run()
        try record(run)
        let lines = String(decoding: try SystemFile.bytes(of: path(.samples)), as: UTF8.self).split(separator: "\n")
        let sorted = lines.dropFirst().sorted { $0.split(separator: ",")[10] < $1.split(separator: ",")[10] }
        let text = ([String(lines[0])] + sorted.map(String.init)).joined(separator: "\r\n") + "\r\n"
        try write(Array(text.utf8), to: path(.samples))
        let reading = try Run.read(directory: directory.path)
        let byID = Dictionary(uniqueKeysWithValues: reading.run.samples.map { ($0.id, $0) })
        for sample in run.samples {
            let read = try #require(byID[sample.id])
            #expect(read.reason == sample.reason)
            #expect(Set(read.measurements.map(\.value)) == Set(sample.measurements.map(\.value)))
        }
    }

    /// A report of somebody's own that stands where a run's would is not written over: before anything is measured.
    @Test func ownReport() throws {
        try write(Array("mine\n".utf8), to: path(.markdown))
        let run = SyntheticRun(seed: 5, blocks: 6).run()
        #expect(throws: RunRecordError.exists(path: path(.markdown))) {
            try RunWriter(directory: directory.path, manifest: run.manifest)
        }
        #expect(try SystemFile.names(in: directory.path) == ["report.md"])
    }

    /// A directory that holds a run is never written over.
    @Test func existingRunIsNotOverwritten() throws {
        let run = SyntheticRun(blocks: 1).run()
        try record(run)
        let before = try SystemFile.bytes(of: path(.samples))
        #expect(throws: RunRecordError.exists(path: path(.manifest))) {
            try RunWriter(directory: directory.path, manifest: run.manifest)
        }
        #expect(try SystemFile.bytes(of: path(.samples)) == before)
    }

    /// Replacing the manifest leaves no temporary file.
    @Test func manifestIsReplacedWhole() throws {
        var run = SyntheticRun(blocks: 1).run()
        try record(run)
        run.manifest.warnings.append("another")
        try RunDirectory(directory.path).write("x", to: .summary)
        #expect(try SystemFile.names(in: directory.path).allSatisfy { !$0.hasSuffix(".tmp") })
    }

    /// A full disk is an error with its reason, and every block before it stays readable.
    @Test(.enabled(if: geteuid() == 0, "needs root to mount a small file system"))
    func fullDiskKeepsWhatWasRecorded() throws {
        try #require(mount("isolab-test", directory.path, "tmpfs", 0, "size=128k") == 0)
        defer { umount2(directory.path, CInt(MNT_DETACH)) }
        let run = SyntheticRun(seed: 4, blocks: 200).run()
        var manifest = run.manifest
        manifest.finished = nil
        let writer = try RunWriter(directory: directory.path, manifest: manifest)
        var failure: RunRecordError?
        var start = 0
        while start < run.samples.count, failure == nil {
            do {
                try writer.append(Array(run.samples[start..<min(start + 10, run.samples.count)]))
                start += 10
            } catch { failure = error }
        }
        guard case .system(_, let path, ENOSPC, let kept)? = failure else {
            Issue.record("unexpected \(String(describing: failure))")
            return
        }
        #expect(path.hasPrefix(directory.path))
        #expect(kept.contains("\(start) samples"))
        #expect(start > 0)
        let reading = try Run.read(directory: directory.path)
        #expect(reading.run.samples == Array(run.samples[..<start]))
        #expect(reading.notes == ["the run is incomplete: it was interrupted while measuring"])
    }

    /// `kill -9` of the writer loses no block that was appended.
    @Test func killedWriterLosesNothing() async throws {
        let path = directory.path
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String] in
            var run = SyntheticRun(seed: 8, blocks: 4).run()
            run.manifest.finished = nil
            let writer = try RunWriter(directory: path, manifest: run.manifest)
            try writer.append(run.samples)
            kill(getpid(), SIGKILL)
        }
        let reading = try Run.read(directory: path)
        #expect(reading.run.samples == SyntheticRun(seed: 8, blocks: 4).run().samples)
    }
}
