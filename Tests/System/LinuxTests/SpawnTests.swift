import Glibc
import Linux
import Testing

@Suite struct SpawnTests {
    /// A shell's status comes back as it is, and a signal as a signal.
    @Test func statusAndSignal() throws {
        #expect(try ProcessPlan("/bin/sh", ["-c", "exit 7"]).spawn().wait().ending == .exited(7))
        let killed = try ProcessPlan("/bin/sh", ["-c", "kill -TERM $$"]).spawn().wait()
        #expect(killed.ending == .signalled(SIGTERM, coreDumped: false))
        #expect(killed.shellStatus == 143)
    }

    /// The environment's PATH is searched, the working directory is entered, and the output goes where it was sent.
    @Test func pathDirectoryAndStreams() throws {
        let pipe = try Pipe()
        let plan = ProcessPlan("pwd", environment: ["PATH=/nonexistent:/usr/bin:/bin"], workingDirectory: "/usr")
        let process = try plan.spawn(StandardStreams(output: pipe.writeEnd))
        pipe.closeWriteEnd()
        #expect(try pipe.readAll() == "/usr\n")
        #expect(try process.wait().succeeded)
    }

    /// What cannot be executed is an error of `execve` with its errno and its step, and no child stays behind.
    @Test func missingProgram() throws {
        let error = #expect(throws: SystemError.self) { try ProcessPlan("/nonexistent/program").spawn() }
        #expect(error?.errno == ENOENT)
        #expect(error?.operation == "execve")
        #expect(error?.object == "/nonexistent/program")
        #expect(error?.stage == "step 4 of 4, execve")
    }

    /// Streams may cross: what is the parent's pipe can be the child's 0 and 1 in any order.
    @Test func onlyTheThreeStreamsAreOpenInTheChild() throws {
        let pipe = try Pipe()
        let extra = open("/dev/null", O_RDONLY)
        defer { close(extra) }
        let process = try ProcessPlan("/bin/ls", ["/proc/self/fd"]).spawn(StandardStreams(output: pipe.writeEnd))
        pipe.closeWriteEnd()
        // 3 is ls's own descriptor of the directory.
        #expect(try pipe.readAll() == "0\n1\n2\n3\n")
        #expect(try process.wait().succeeded)
    }

    private struct Outcome: Sendable {
        var number: Int32
        var ending: ProcessExit.Ending
    }

    /// Many threads launch at once, and every one gets its own child's status: the memory is not mixed up.
    @Test func manyThreadsAtOnce() async throws {
        try await withThrowingTaskGroup(of: Outcome.self) { group in
            for number in Int32(0)..<64 {
                group.addTask {
                    let process = try ProcessPlan("/bin/sh", ["-c", "exit \(number)"]).spawn()
                    return Outcome(number: number, ending: try process.wait().ending)
                }
            }
            for try await outcome in group { #expect(outcome.ending == .exited(outcome.number)) }
        }
    }

    /// A pidfd signal ends a running child, and one that has ended already is not an error.
    @Test func killThroughTheDescriptor() throws {
        let process = try ProcessPlan("/bin/sleep", ["60"]).spawn()
        #expect(try process.poll() == nil)
        try process.kill(SIGKILL)
        #expect(try process.wait().ending == .signalled(SIGKILL, coreDumped: false))
        try process.kill(SIGKILL)
    }
}
