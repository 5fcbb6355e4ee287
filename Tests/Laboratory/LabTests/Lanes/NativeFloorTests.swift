import Glibc
import Linux
import RunRecord
import TestSupport
import Testing

@testable import Lab

/// The native lane is the least that a plain process costs: held by what its child does, not by a clock.
@Suite struct NativeFloorTests {
    /// Between its birth and its program the child makes nine system calls: its group, three streams, the signal that libraries
    /// ignore, its mask, its other descriptors, and execve. It was a hundred before.
    @Test(.enabled(if: access("/usr/bin/strace", X_OK) == 0, "strace is not installed"), .timeLimit(.minutes(2)))
    func systemCallsOfTheChild() throws {
        let place = try TemporaryDirectory(mode: 0o755)
        let trace = "\(place.path)/trace"
        let plan = ProcessPlan(
            "/usr/bin/strace",
            [
                "-f", "-qq", "-o", trace, "\(Built.directory)/isolab", "launch", "--state-directory",
                "\(place.path)/state", "--cache-directory", "\(place.path)/cache", "native", "--", "exit",
            ])
        let null = try OwnedDescriptor(opening: "/dev/null", O_RDWR)
        let status = try plan.spawn(.init(input: null.number, output: null.number, error: null.number)).wait()
        #expect(status.succeeded)
        let lines = try SystemFile.read(trace).split(separator: "\n")
        let start = try #require(
            lines.firstIndex { $0.contains("execve(") && $0.contains("isolab-workload") && $0.contains("--nonce") })
        let child = lines[start].prefix { $0 != " " }
        let calls = lines[...start].filter { $0.prefix { $0 != " " } == child && !$0.contains("resumed>") }
        #expect(calls.count <= 9, "\(calls.joined(separator: "\n"))")
        #expect(calls.contains { $0.contains("setpgid(0, 0") }, "\(calls.joined(separator: "\n"))")
        #expect(!calls.contains { $0.contains("setsid(") })
        // What it is born with besides costs a twentieth each: a descriptor, and a word that its end clears.
        let birth = try #require(lines[..<start].last { $0.contains("clone3(") })
        #expect(birth.contains("flags=CLONE_VM|CLONE_VFORK|CLONE_CLEAR_SIGHAND,"), "\(birth)")
    }

    /// A process that is begun with the least that it takes is like any other: its status, its failure by name; and of one that
    /// failed nothing is left.
    @Test func preparedProcesses() throws {
        let pid = try ProcessPlan("/bin/sh", ["-c", "exit 7"]).prepared().begin()
        #expect(try ProcessExit.wait(for: pid).ending == .exited(7))
        #expect(try ProcessPlan("/bin/sh", ["-c", "exit 7"]).prepared().start().wait().ending == .exited(7))
        let error = #expect(throws: SystemError.self) { try ProcessPlan("/nonexistent/program").prepared().begin() }
        #expect(error?.errno == ENOENT && error?.operation == "execve")
        #expect(error?.stage == "step 4 of 4, execve")
    }

    /// The harness knows the process by its number until it has spoken: its end is seen also where it says nothing, and it can be
    /// ended.
    @Test func endsAreSeen() throws {
        let null = try OwnedDescriptor(opening: "/dev/null", O_RDWR)
        func child(_ words: String) throws -> ChildProcess {
            try ChildProcess(
                ProcessPlan("/bin/sh", ["-c", words], group: .own), complaints: null.number, keepsInput: false,
                null: null.number)
        }
        let quick = try child("exit 3")
        #expect(quick.wait(until: HostClock.now() + 20_000_000_000) == .exited(status: 3))
        #expect(quick.pidfd == -1)
        let slow = try child("sleep 60")
        #expect(slow.wait(until: 0) == nil)
        #expect(slow.pidfd >= 0)
        slow.kill()
        #expect(slow.wait(until: HostClock.now() + 20_000_000_000) == .signalled(number: SIGKILL))
        quick.close()
        slow.close()
    }

    /// A signal that isolab ignores is the standard one to the program, and one that it does not is so anyhow.
    @Test func programsIgnoreNothing() throws {
        let pipe = try Pipe()
        let process = try ProcessPlan("/bin/grep", ["SigIgn", "/proc/self/status"]).spawn(.init(output: pipe.writeEnd))
        pipe.closeWriteEnd()
        let ignored = try pipe.readAll()
        #expect(ignored == "SigIgn:\t0000000000000000\n")
        #expect(try process.wait().succeeded)
    }

    /// The loop in C and the harness start the same program, and both are heard and reaped.
    @Test func bareLoop() throws {
        let null = try OwnedDescriptor(opening: "/dev/null", O_RDWR)
        func start(_ words: [String]) throws -> BareStart {
            try BareStart(words, environment: [], null: null.number, complaints: null.number)
        }
        let spoken = try start(["/bin/echo", "word"])
        let ready = try #require(spoken.ready)
        #expect(spoken.succeeded && spoken.launched < ready && ready < spoken.released)
        let silent = try start(["/bin/false"])
        #expect(!silent.succeeded && silent.ready == nil)
        let error = #expect(throws: SystemError.self) {
            try start(["/nonexistent"])
        }
        #expect(error?.errno == ENOENT)
    }

    /// Whoever asks for both lanes is told their ratio.
    @Test func theRatioIsAContrast() throws {
        #expect(Contrast.standard(["native", "bare"]).map(\.reference) == ["bare"])
        for preset in Preset.allCases {
            let experiment = Experiment.preset(preset, seed: 1)
            #expect(experiment.parts.contains { $0.kind == "harness" && $0.lanes == ["native", "bare"] })
            #expect(experiment.contrasts.contains { $0.lane == "native" && $0.reference == "bare" })
        }
    }
}
