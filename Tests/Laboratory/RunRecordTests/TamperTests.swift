import Linux
import RunRecordTestSupport
import TestSupport
import Testing

@testable import RunRecord

/// A record that was changed after the run is refused, by the row at fault.
@Suite struct TamperTests {
    let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private func path(_ file: RunDirectory.File) -> String { RunDirectory(directory.path).path(of: file) }
    private func text(_ file: RunDirectory.File) throws -> String {
        String(decoding: try SystemFile.bytes(of: path(file)), as: UTF8.self)
    }
    private func write(_ text: String, to file: RunDirectory.File) throws {
        try SystemFile.replace(path(file), with: Array(text.utf8))
    }

    @discardableResult
    private func record(format: Int = Manifest.currentFormat) throws -> Run {
        var run = SyntheticRun(seed: 3, blocks: 8, memoryBlocks: 2, syscallBlocks: 2, batches: 3).run()
        run.manifest.format = format
        let writer = try RunWriter(directory: directory.path, manifest: run.manifest)
        try writer.append(run.samples)
        try writer.finish(run.manifest)
        return run
    }

    /// Changes the first line that holds all of the words, and returns its number.
    private func edit(_ words: [String], _ change: (inout [String]) -> Void) throws -> Int {
        var lines = try text(.samples).split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        let place = try #require(lines.firstIndex { line in words.allSatisfy { line.contains($0) } })
        var fields = lines[place].split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        change(&fields)
        lines[place] = fields.joined(separator: ",")
        try write(lines.joined(separator: "\n"), to: .samples)
        return place + 1
    }

    private func refusal() -> (path: String, line: Int, problem: String)? {
        let error = #expect(throws: RunRecordError.self) { try Run.read(directory: directory.path) }
        guard case .altered(let path, let line, let problem)? = error else {
            Issue.record("unexpected \(String(describing: error))")
            return nil
        }
        return (path, line, problem)
    }

    /// A container that starts in ten microseconds after editing: the row, and what its events say.
    @Test func editedDurationIsRefusedByItsEvents() throws {
        try record()
        let line = try edit([",container,", ",startup,"]) { $0[14] = "0.01" }
        let found = try #require(refusal())
        #expect(found.path == path(.samples))
        #expect(found.line == line)
        #expect(found.problem.contains("startup of sample"))
        #expect(found.problem.contains("0.01 ms, but its events say"))
    }

    /// The same of a run from before rows were sealed: its events are held against it all the same.
    @Test func oldRunsAreHeldAgainstTheirEvents() throws {
        try record(format: 1)
        var manifest = try text(.manifest)
        manifest = manifest.replacing("\"finished\"", with: "\"ended\"")
        try write(manifest, to: .manifest)
        let events = try text(.events).replacing(/"rows":"[0-9a-f]*",/, with: "")
        try write(events, to: .events)
        // Its files are not those whose digests were taken; a run of format 1 has none.
        try write(
            try text(.manifest).replacing(/"files" : \[[^\]]*\],/, with: ""), to: .manifest)
        #expect(try Run.read(directory: directory.path).run.samples.count > 0)
        let line = try edit([",vm,", ",teardown,"]) { $0[14] = "1" }
        #expect(try #require(refusal()).line == line)
    }

    /// What has no events is sealed: memory, system calls, admission, lane and block.
    @Test(arguments: [
        ("memory.slope", 14, "4096"), ("syscall.getpid", 14, "1.5"), ("startup", 15, "false"), ("startup", 5, "native"),
        ("startup", 2, "77"), ("cpu", 14, "0.1"), ("startup", 7, "true"),
    ])
    func editedRowIsRefused(metric: String, column: Int, value: String) throws {
        try record()
        let line = try edit([",container,", ",\(metric),", ",false,false,"]) { $0[column] = value }
        let found = try #require(refusal())
        #expect(found.path == path(.samples))
        // A sample's rows stand together; the first of them is named.
        #expect(found.line <= line && line - found.line <= 12)
    }

    /// Rows taken out, rows put in, a sample that was never measured, events edited, and digests taken out.
    @Test func missingAndForeignRowsAreRefused() throws {
        let run = try record()
        let samples = try text(.samples)
        let lines = samples.split(separator: "\n").map(String.init)
        func refused(_ lines: [String]) throws -> String {
            try write(lines.joined(separator: "\n") + "\n", to: .samples)
            return try #require(refusal()).problem
        }
        #expect(try refused(Array(lines.dropLast())).contains("figures"))
        let slowest = run.samples[20].id
        #expect(
            try refused(lines.filter { !$0.contains(",\(slowest),\(run.samples[20].lane),") }).contains("has no rows"))
        #expect(try refused(lines + [lines[1]]).contains("figures, but"))
        let invented = lines[1].split(separator: ",", omittingEmptySubsequences: false).enumerated()
            .map { $0.offset == 4 ? "999999" : String($0.element) }.joined(separator: ",")
        #expect(try refused(lines + [invented]).contains("was never measured"))
        try write(samples, to: .samples)
        #expect(try Run.read(directory: directory.path).notes.isEmpty)
        let events = try text(.events)
        try write(events.replacing("\"actor\":\"launcher\"", with: "\"actor\":\"somebody\""), to: .events)
        #expect(try #require(refusal()).path == path(.events))
        try write(events, to: .events)
        try write(try text(.manifest).replacing("\"files\"", with: "\"fils\""), to: .manifest)
        #expect(try #require(refusal()).problem.contains("digests"))
    }

    /// What a spreadsheet does without changing a value is told and read: its byte order mark, its line ends.
    @Test func spreadsheetsMayWriteItAnew() throws {
        let run = try record()
        try write("\u{FEFF}" + (try text(.samples)).replacing("\n", with: "\r\n"), to: .samples)
        let reading = try Run.read(directory: directory.path)
        #expect(reading.run.samples == run.samples)
        #expect(reading.notes.count == 1)
        #expect(reading.notes.first?.contains("rewritten") == true)
    }

    /// Durations are printed as they were measured: whole nanoseconds, in as few digits as say them.
    @Test func floatsHaveNoTail() throws {
        let run = try record()
        for line in try text(.samples).split(separator: "\n").dropFirst() {
            let value = line.split(separator: ",", omittingEmptySubsequences: false)[14]
            #expect(value.utf8.count <= 16, "\(value)")
        }
        let table = SummaryTable.encode(Summarizer.summarize(run), manifest: run.manifest)
        let head = SummaryTable.columns
        for row in table.split(separator: "\n").dropFirst() where !row.contains("\"") {
            let fields = row.split(separator: ",", omittingEmptySubsequences: false)
            for name in ["shift", "median_low", "mean", "ratio_high", "margin"] {
                let field = fields[try #require(head.firstIndex(of: name))]
                #expect(field.filter(\.isNumber).count <= 20, "\(name) \(field)")
            }
        }
        #expect(SampleTable.shortest(4.416488000000072.ninefold) == "4.416488")
        #expect(SampleTable.shortest((0.1 + 0.2).ninefold) == "0.3")
        #expect((-123_456_789_012.0).ninefold == -123_456_789_000)
    }

    /// A manifest that was changed is refused, and so is one without its seal; one of the first format is told to be unprotected.
    @Test(arguments: [
        ("\"buildMode\" : \"release\"", "\"buildMode\" : \"debug\"", "not what was written when the run ended"),
        ("\"baseline\" : \"native\"", "\"baseline\" : \"vm\"", "not what was written when the run ended"),
        ("\"seal\" : \"sha256", "\"mark\" : \"sha256", "its own seal is missing"),
    ])
    func changedManifest(from: String, to: String, words: String) throws {
        let directory = try TemporaryDirectory()
        let run = SyntheticRun(blocks: 2).run()
        let writer = try RunWriter(directory: directory.path, manifest: run.manifest)
        try writer.append(run.samples)
        try writer.finish(run.manifest)
        #expect(try Run.read(directory: directory.path).notes.isEmpty)
        let path = "\(directory.path)/manifest.json"
        let text = String(decoding: try SystemFile.bytes(of: path), as: UTF8.self)
        try #require(text.contains(from), "\(text.prefix(600))")
        let changed = text.split(separator: from, omittingEmptySubsequences: false).joined(separator: to)
        try SystemFile.replace(path, with: Array(changed.utf8))
        let error = #expect(throws: RunRecordError.self) { try Run.read(directory: directory.path) }
        #expect(error.map { "\($0)".contains(words) } == true, "\(String(describing: error))")
    }

    /// The published run is what was measured; it is from before margins were declared, and nothing in it is called the same.
    @Test func publishedRunIsWhole() throws {
        let reading = try Run.read(directory: Repository.path("reports/published/2026-11-24-quick-2"))
        #expect(reading.notes.map { $0.hasPrefix("the record is of format 1, without digests") } == [true])
        #expect(reading.run.manifest.margins == nil)
        let summary = Summarizer.summarize(reading.run)
        #expect(summary.comparisons.count > 100)
        #expect(!summary.comparisons.contains { $0.verdict == .same })
        #expect(summary.comparisons.contains { $0.lane == "vm" && $0.baseline == "vm-qemu" })
    }
}
