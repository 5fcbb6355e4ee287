import Glibc
import Linux
import Testing

@testable import Containers

/// A process that has not begun its program is woken up where it is stopped, and given up where that is of no use.
@Suite struct JoinWatchTests {
    /// It stands for one that joins: what it holds of the report's pipe is the test's own, which nobody closes before its end.
    private func failure(_ script: String, patience: UInt64) throws -> (SystemError?, ProcessExit) {
        let report = try Pipe()
        let held = OwnedDescriptor(owning: fcntl(report.writeEnd, F_DUPFD_CLOEXEC, 0))
        try #require(held.number >= 0)
        let process = try ProcessPlan("/bin/sh", ["-c", script]).spawn()
        let failure = try JoinWatch(patience: patience).failure(report, of: process, "program")
        _ = consume held
        return (failure, try process.wait())
    }

    @Test(.timeLimit(.minutes(1))) func isWokenUp() throws {
        let (failure, end) = try failure("kill -STOP $$; kill -STOP $$; exit 3", patience: 60_000_000_000)
        #expect(failure == nil)
        #expect(end.shellStatus == 3)
    }

    @Test(.timeLimit(.minutes(1))) func isGivenUp() throws {
        let (failure, end) = try failure("while :; do kill -STOP $$; done", patience: 200_000_000)
        #expect(failure?.description.contains("keep stopping what joins it") == true, "\(failure as Any)")
        #expect(end.shellStatus == 128 + SIGKILL)
    }

    /// Its program runs: that somebody stops it is nothing to its launcher.
    @Test(.timeLimit(.minutes(1))) func programIsLeftAlone() throws {
        let report = try Pipe()
        let process = try ProcessPlan("/bin/sleep", ["1000"]).spawn()
        try process.kill(SIGSTOP)
        while try Procfs.status(of: process.pid).state != "T" { usleep(1000) }
        #expect(try JoinWatch().failure(report, of: process, "sleep") == nil)
        #expect(try Procfs.status(of: process.pid).state == "T")
        try process.kill()
        _ = try process.wait()
    }
}
