import Glibc
import Linux
import TestSupport
import Testing

/// What tests wait for other programs with.
@Suite struct BoundedWaitTests {
    @Test func endInTime() throws {
        let process = try ProcessPlan("/bin/sh", ["-c", "exit 7"]).spawn()
        #expect(try process.wait(for: "a shell").ending == .exited(7))
    }

    /// A program that hangs is a failure that names it, and is gone then. Naive: the test waits for as long as it hangs.
    @Test func endThatDoesNotCome() throws {
        let process = try ProcessPlan("sleep", ["1000"]).spawn()
        let error = #expect(throws: SystemError.self) { try process.wait(for: "a sleeper", within: 0) }
        #expect(error?.errno == ETIMEDOUT)
        #expect(error?.object.hasPrefix("a sleeper (process \(process.pid), state ") == true)
        #expect(kill(process.pid, 0) == -1 && errno == ESRCH)
    }
}
