import Glibc
import Linux
import RunRecordTestSupport
import Statistics
import TestSupport
import Testing

@testable import RunRecord

/// Runs that others wrote: whatever is in their files, they are read or refused in words.
@Suite struct HostileRecordTests {
    let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private func path(_ file: RunDirectory.File) -> String { RunDirectory(directory.path).path(of: file) }

    /// Records a run; one that is not sealed was cut off before its end, and no digest says what its files were.
    private func record(sealed: Bool = true) throws -> Run {
        var run = SyntheticRun(seed: 3, blocks: 2).run()
        if !sealed { run.manifest.finished = nil }
        let writer = try RunWriter(directory: directory.path, manifest: run.manifest)
        try writer.append(run.samples)
        if sealed { try writer.finish(run.manifest) }
        return run
    }

    private func put(_ text: String, _ file: RunDirectory.File) throws {
        try SystemFile.replace(path(file), with: Array(text.utf8))
    }

    /// A million brackets within each other, in a member that is passed over, take no stack.
    @Test(arguments: ["[", "{\"a\":"]) func nestedBrackets(_ bracket: String) throws {
        _ = try record()
        let depth = String(repeating: bracket, count: 1_000_000)
        try put("{\"sample\":0,\"x\":\(depth)\n", .events)
        #expect(throws: RunRecordError.self) { try Run.read(directory: directory.path) }
        try put("{\"x\":\(depth)", .manifest)
        #expect(throws: RunRecordError.self) { try Run.read(directory: directory.path) }
    }

    /// What a later version may add is still passed over, as deep as it is reasonable.
    @Test func unknownMembers() throws {
        let run = try record(sealed: false)
        let lists = String(repeating: "[", count: 50) + String(repeating: "]", count: 50)
        let line = "{\"sample\":0,\"x\":\(lists),\"y\":{\"z\":[1,{\"a\":null}]},\"events\":[]}\n"
        try put(line, .events)
        #expect(try Run.read(directory: directory.path).run.samples.count == run.samples.count)
    }

    /// Pipes, devices and files of terabytes are refused before anything is read of them, or waited for.
    @Test(arguments: [RunDirectory.File.manifest, .samples, .events])
    func filesThatNoRunHas(_ file: RunDirectory.File) throws {
        _ = try record()
        #expect(unlink(path(file)) == 0 && mkfifo(path(file), 0o600) == 0)
        #expect(throws: RunRecordError.unreadable(path: path(file), problem: "it is not a regular file")) {
            try Run.read(directory: directory.path)
        }
        #expect(unlink(path(file)) == 0 && symlink("/dev/zero", path(file)) == 0)
        #expect(throws: RunRecordError.unreadable(path: path(file), problem: "it is not a regular file")) {
            try Run.read(directory: directory.path)
        }
        #expect(unlink(path(file)) == 0)
        do {
            let sparse = try OwnedDescriptor(opening: path(file), O_WRONLY | O_CREAT)
            #expect(ftruncate(sparse.number, 1 << 40) == 0)
        }
        #expect(throws: RunRecordError.self) { try Run.read(directory: directory.path) }
    }

    /// No cell is a formula to a spreadsheet; what is read is what was written.
    @Test func cellsThatBeginLikeFormulas() throws {
        var run = try record()
        let texts = [
            "=cmd|' /C calc'!A0", "+1+1", "-1+1", "@SUM(A1)", "'quoted", "''twice", "\t=1", "\r=1", "'", "=", "plain",
        ]
        for (index, text) in texts.enumerated() {
            run.samples[index].reason = text
            run.samples[index].lane = text
            run.samples[index].admitted = false
        }
        let other = directory.path + "/other"
        let writer = try RunWriter(directory: other, manifest: run.manifest)
        try writer.append(run.samples)
        try writer.finish(run.manifest)
        #expect(try Run.read(directory: other).run.samples.map(\.reason) == run.samples.map(\.reason))
        #expect(try Run.read(directory: other).run.samples.map(\.lane) == run.samples.map(\.lane))
        var manifest = run.manifest
        manifest.run = "=1"
        let summary = SummaryTable.encode(Summarizer.summarize(run), manifest: manifest)
        let table = try SystemFile.read(RunDirectory(other).path(of: .samples))
        for line in (table + summary).split(separator: "\n") {
            for cell in line.split(separator: ",") where cell.utf8.count > 1 {
                let content = cell.drop { $0 == "\"" }
                let isFormula = SampleTable.isFormula(content.utf8.first)
                #expect(!isFormula || Double(content) != nil, "\(cell)")
            }
        }
    }

    /// What another user planted in his run for whoever writes a report of it: links under the names of files written aside, and
    /// in the report's own place.
    @Test func plantedFiles() throws {
        _ = try record()
        let victim = directory.path + "/victim"
        try put("precious", victim)
        let report = path(.html)
        for name in [".\(getpid()).tmp", ".new", ".tmp"] { #expect(symlink(victim, report + name) == 0) }
        try RunDirectory(directory.path).write("a report", to: .html)
        #expect(try SystemFile.read(report) == "a report" && SystemFile.read(victim) == "precious")
        #expect(unlink(report) == 0 && symlink(victim, report) == 0)
        #expect(throws: RunRecordError.self) { try RunDirectory(directory.path).write("a report", to: .html) }
        #expect(try SystemFile.read(victim) == "precious")
    }

    private func put(_ text: String, _ path: String) throws { try SystemFile.replace(path, with: Array(text.utf8)) }

    @Test(arguments: [
        (1e300, Int64.max), (-1e300, .min), (.infinity, .max), (-.infinity, .min), (.nan, 0), (2.9, 2), (-2.9, -2),
        (9.3e18, .max),
    ]) func wholeNumbers(_ value: Double, _ whole: Int64) { #expect(Int64(within: value) == whole) }
}
