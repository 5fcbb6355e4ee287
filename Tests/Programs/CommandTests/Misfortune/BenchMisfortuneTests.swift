import Glibc
import Linux
import RunRecord
import TestSupport
import Testing

/// A laboratory that is killed, or runs out of disk, at random instants: what was measured is there, and nothing else.
@Suite(.serialized, .enabled(if: IsolabProgram.isRoot, "containers of the lab need root"))
struct BenchMisfortuneTests {
    private let luck: Misfortune

    /// Sandboxes of every kind, one after the other and several at a time.
    init() throws {
        luck = try Misfortune()
        let lanes = GuestLuckTests.hasGuests ? "native, container, vm-micro" : "native, container"
        _ = try luck.place.write(
            """
            seed: 1
            exploratory: true
            experiments:
              - {kind: startup, lanes: [\(lanes)], blocks: 6, warmups: 1}
              - {kind: memory, lanes: [native, container], blocks: 1, warmups: 0, instances: 2, settle-ms: 50}
              - {kind: startup, lanes: [native, container], blocks: 20, warmups: 0, idle-ms: 1}
            """, to: "experiment.yaml")
    }

    private static func bench(_ output: String) -> String {
        "\"$isolab\" bench \"$place/experiment.yaml\" --no-idle-gate --state-directory /run/isolab --output \(output)"
    }

    /// `kill -9` of isolab, or of any process of a sandbox.
    @Test func killed() throws {
        let length = try luck.duration(Self.bench("whole"))
        var box = TimeBox(seconds: 8, least: 4)
        var samples: [Int] = []
        while box.next() {
            let output = "run-\(box.rounds)"
            let killed = try luck.killAtRandom(Self.bench(output), within: length, goesOn: true)
            try luck.checkFreed(after: killed, cgroups: killed.family.cgroups)
            samples.append(try checkRun(output, after: "\(killed)"))
        }
        print("benches: \(box.rounds) killed, seed \(luck.instants.seed), with \(samples) samples")
        #expect(samples.contains { $0 > 0 })
    }

    /// A disk of a random size for the run's record.
    @Test func fullDisk() throws {
        try luck.must(Self.bench("whole"))
        let need = try luck.size(of: luck.place.path + "/whole")
        var box = TimeBox(seconds: 6, least: 3)
        var failures = 0
        while box.next() {
            let room = (16 << 10) + luck.instants.below(need)
            try luck.mountDisk(room)
            defer { luck.unmountDisk() }
            let result = try luck.shell("exec \(Self.bench("disk/run"))")
            let what = "\(room) bytes of room (seed \(luck.instants.seed))"
            if result.status != 0 {
                failures += 1
                #expect(
                    result.status == 1 && result.complaints.contains("No space left"), "\(what): \(result.complaints)")
            }
            try luck.checkFreed(after: what)
            try luck.enlargeDisk()
            _ = try checkRun("disk/run", after: what)
        }
        print("benches: \(failures) of \(box.rounds) ran out of disk, seed \(luck.instants.seed)")
        #expect(failures > 0)
    }

    /// The record can be read as far as it goes, and a report of it written; where there is none yet, that is said.
    ///
    /// - Returns: how many samples it has.
    private func checkRun(_ output: String, after what: String) throws -> Int {
        let directory = "\(luck.place.path)/\(output)"
        let known = Set(RunDirectory.File.allCases.map(\.rawValue))
        let others = Processes.names(in: directory).filter { !known.contains($0) }
        #expect(others.isEmpty, "\(what)")
        let report = try luck.shell("exec \"$isolab\" report \(output)")
        let samples = (try? Run.read(directory: directory).run.samples.count) ?? 0
        if samples > 0 {
            #expect(report.status == 0, "\(what), \(samples) samples: \(report.complaints)")
        } else {
            #expect(report.status == 0 || !report.complaints.isEmpty, "\(what)")
        }
        return samples
    }
}
