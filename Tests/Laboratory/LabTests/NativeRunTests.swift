import Glibc
import Linux
import RunRecord
import TestSupport
import Testing

@testable import Lab

/// Takes what a run says.
final class Recorder: ProgressSink {
    var notes: [String] = []
    var last: Progress?
    func update(_ progress: Progress) { last = progress }
    func note(_ words: String) { notes.append(words) }
    func finish() {}
}

/// Directories of one test's own, removed with it.
final class Place {
    private let directory: TemporaryDirectory
    var path: String { directory.path }

    init() throws { directory = try TemporaryDirectory(mode: 0o755) }

    func options(programs: String = Built.directory) -> BenchOptions {
        BenchOptions(
            output: "\(path)/run", stateDirectory: "\(path)/state", cacheDirectory: "\(path)/cache",
            programDirectory: programs, skipsIdleGate: true)
    }

    /// A directory of programs whose workload is a shell script.
    func programs(workload script: String) throws -> String {
        let directory = "\(path)/programs"
        try SystemFile.makeDirectories(directory)
        try Files.write("#!/bin/sh\n" + script, to: "\(directory)/isolab-workload", mode: 0o755)
        return directory
    }

    func run(_ experiment: String, programs: String = Built.directory) throws -> (Run, Recorder) {
        let file = "\(path)/experiment.yaml"
        try Files.write(experiment, to: file)
        var options = options(programs: programs)
        options.file = file
        let recorder = Recorder()
        let outcome = try Bench(options, version: "test").run(progress: recorder)
        return (try Run.read(directory: outcome.directory).run, recorder)
    }
}

struct NativeRunTests {
    /// The native lane runs end to end: every sample admitted, its events in order, the run read back from the disk.
    @Test func nativeRunReadsBack() throws {
        let place = try Place()
        let (run, recorder) = try place.run(
            """
            name: native
            seed: 3
            exploratory: true
            experiments:
              - {kind: startup, lanes: [native], blocks: 3, warmups: 1}
              - {kind: memory, lanes: [native], blocks: 1, warmups: 0, instances: 2, settle-ms: 0}
              - {kind: syscalls, lanes: [native], blocks: 1, warmups: 0, batches: 8}
              - {kind: harness, lanes: [native, bare], blocks: 2, warmups: 0}
            """)
        #expect(run.samples.filter { !$0.admitted }.map(\.reason) == [])
        let startup = run.samples.filter { $0.experiment == "startup" }
        #expect(startup.count == 7)
        #expect(startup.count(where: \.twin) == 3)
        #expect(startup.count(where: \.warmup) == 1)
        for sample in startup {
            let names = sample.events.map(\.name)
            #expect(names.first == "launch" && names.last == "released")
            #expect(sample.measurements.contains { $0.metric == Metric.startup && $0.value > 0 })
            #expect(sample.measurements.contains { $0.metric == Metric.cpu })
        }
        let memory = try #require(run.samples.first { $0.experiment == "memory" })
        #expect(memory.instances == 2)
        #expect(memory.measurements.contains { $0.metric == Metric.memoryUSS && $0.value > 0 })
        let calls = try #require(run.samples.first { $0.experiment == "syscalls" })
        let getpid = calls.measurements.filter { $0.metric == "syscall.getpid" }
        #expect(getpid.count == 8)
        #expect(getpid.allSatisfy { $0.value > 1 && $0.value < 1_000_000 })
        #expect(recorder.last.map { $0.done == $0.total } == true)
    }
}
