import Glibc
import Linux
import RunRecord
import TestSupport
import Testing

@testable import Lab

struct BadLuckTests {
    private static let one = """
        name: bad
        seed: 1
        experiments:
          - {kind: startup, lanes: [native], blocks: 1, warmups: 0, deadline-s: 1}
        """

    /// A workload that crashes, lies about its nonce or its proof, hangs or says nothing is rejected with the reason, and
    /// its rows are kept.
    @Test(arguments: [
        ("kill -SEGV $$", "signal 11"),
        ("echo 'hello 1 0000000000000001 exit'; echo 'done 0'", "nonce was not echoed"),
        ("echo \"hello 1 $2 exit\"; echo 'proof 1000 12345678'; echo 'done 0'", "proof of work is wrong"),
        ("exit 0", "said nothing"),
        ("echo oops >&2; exit 3", "exit status 3, expected 0: oops"),
        ("echo \"hello 1 $2 exit\"; exec sleep 60", "deadline of 1 s"),
    ])
    func lyingWorkload(_ script: String, _ reason: String) throws {
        let place = try Place()
        let (run, recorder) = try place.run(Self.one, programs: try place.programs(workload: script + "\n"))
        #expect(run.samples.count == 2)
        #expect(run.samples.allSatisfy { !$0.admitted && $0.reason.contains(reason) }, "\(run.samples.map(\.reason))")
        #expect(recorder.notes.contains { $0.contains(reason) })
    }

    /// An idle workload that dies before it is asked to is rejected with its own last words.
    @Test func deathWhileIdle() throws {
        let place = try Place()
        let script = """
            echo "hello 1 $2 ready"; echo "proof 1000 $(cat '\(place.path)/answer')"; echo 'mark ready 5'
            sleep 0.3; echo 'error mmap 12 cannot have that much memory'; exit 0
            """
        // The nonce is drawn anew for every launch, so the proof is wrong; the death must be told before that.
        try Files.write("0", to: "\(place.path)/answer")
        let (run, _) = try place.run(
            """
            experiments:
              - {kind: memory, lanes: [native], blocks: 1, warmups: 0, instances: 1, settle-ms: 600}
            """, programs: try place.programs(workload: script + "\n"))
        let reasons = run.samples.map(\.reason)
        #expect(
            reasons.allSatisfy {
                $0 == "the workload ended though it was to stay idle: mmap: cannot have that much memory (errno 12)"
            },
            "\(reasons)")
    }

    /// Something that is no image is a usage error that says why; nothing is left behind.
    @Test func imageThatIsNone() throws {
        let place = try Place()
        try Files.write("x", to: "\(place.path)/file")
        for (path, words) in [("\(place.path)/none", "does not exist"), ("\(place.path)/file", "not a directory")] {
            var options = place.options()
            options.image = path
            options.lanes = ["native"]
            do {
                _ = try Bench(options, version: "test").run(progress: Recorder())
                Issue.record("it was taken")
            } catch {
                #expect(error.isUsage && error.description.contains(words))
            }
        }
        #expect(Files.names(in: "\(place.path)/state/lab").isEmpty)
    }

    /// A lane that cannot run is a row with its reason, and the others are measured.
    @Test func unavailableLaneIsARow() throws {
        let place = try Place()
        let programs = "\(place.path)/programs"
        try SystemFile.makeDirectories(programs)
        #expect(symlink("\(Built.directory)/isolab-workload", "\(programs)/isolab-workload") == 0)
        let (run, _) = try place.run(
            "exploratory: true\nexperiments:\n  - {kind: startup, lanes: [native, vm], blocks: 1, warmups: 0}\n",
            programs: programs)
        let row = try #require(run.samples.first { $0.lane == "vm" })
        #expect(!row.admitted && row.reason.hasPrefix("not measured: "))
        #expect(run.manifest.lanes.first { $0.id == "vm" }.map { !$0.available && !$0.remedy.isEmpty } == true)
        #expect(run.samples.contains { $0.lane == "native" && $0.admitted })
    }

    /// Where none of the lanes can run nothing is waited for and nothing is recorded: the reason is the error.
    @Test func nothingToMeasure() throws {
        let place = try Place()
        let programs = "\(place.path)/programs"
        try SystemFile.makeDirectories(programs)
        #expect(symlink("\(Built.directory)/isolab-workload", "\(programs)/isolab-workload") == 0)
        let error = #expect(throws: LabError.self) {
            _ = try place.run(
                "exploratory: true\nexperiments:\n  - {kind: startup, lanes: [vm], blocks: 1, warmups: 0}\nbaseline: vm\n",
                programs: programs)
        }
        #expect(
            error.map { "\($0)".hasPrefix("none of the lanes can run here: vm: ") } == true,
            "\(String(describing: error))")
        #expect(!SystemFile.exists("\(place.path)/run"))
    }

    /// A full disk ends the run with an error that says so; the blocks before are kept.
    @Test(.enabled(if: geteuid() == 0, "mounts a small file system")) func fullDisk() throws {
        let place = try Place()
        let disk = "\(place.path)/disk"
        try SystemFile.makeDirectories(disk)
        try #require("size=128k".withCString { mount("tmpfs", disk, "tmpfs", 0, $0) } == 0)
        defer { umount2(disk, Int32(MNT_DETACH)) }
        let file = "\(place.path)/experiment.yaml"
        try Files.write(
            "seed: 1\nexperiments:\n  - {kind: startup, lanes: [native], blocks: 2000, warmups: 0}\n", to: file)
        var options = place.options()
        options.file = file
        options.output = "\(disk)/run"
        do {
            _ = try Bench(options, version: "test").run(progress: Recorder())
            Issue.record("2000 blocks fitted into 128 KiB")
        } catch {
            #expect(error.description.contains("No space left"), "\(error)")
        }
        #expect(try Run.read(directory: "\(disk)/run").run.samples.count > 10)
    }

    /// What a killed run left is found by its name, released by the next start, and said.
    @Test func leftoversOfAKilledRun() throws {
        let place = try Place()
        let dead = "\(place.path)/state/lab/4000001-12"
        try SystemFile.makeDirectories("\(dead)/bundles/x")
        let alive = "\(place.path)/state/lab/\(try ProcessIdentity(of: getpid()).token)"
        try SystemFile.makeDirectories(alive)
        let released = RunLeftovers.release(state: "\(place.path)/state")
        #expect(released.released.contains { $0.contains("4000001") })
        #expect(access(dead, F_OK) != 0)
        #expect(access(alive, F_OK) == 0)
    }

    /// So is what one left that has ended, and that nobody has waited for yet.
    @Test func leftoversOfAZombie() throws {
        let place = try Place()
        let process = try ProcessPlan("/bin/sleep", ["1000"]).spawn()
        let directory = "\(place.path)/state/lab/\(try ProcessIdentity(of: process.pid).token)"
        try SystemFile.makeDirectories(directory)
        #expect(!RunLeftovers.release(state: "\(place.path)/state").released.contains { $0.contains(directory) })
        #expect(access(directory, F_OK) == 0)
        try process.kill()
        try Eventually.holds("it is a zombie") { try Procfs.status(of: process.pid).state == "Z" }
        _ = RunLeftovers.release(state: "\(place.path)/state")
        #expect(access(directory, F_OK) != 0)
        _ = try process.wait()
    }
}
