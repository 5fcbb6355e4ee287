import Glibc
import Linux
import TestSupport
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
        // What it runs stands for what a joining process has of its launcher's.
        let watch = JoinWatch(patience: patience, before: JoinWatch.ProgramFile(of: process.pid))
        let failure = watch.failure(report, of: process, "program")
        _ = consume held
        return (failure, try process.wait())
    }

    /// Waits until a process has been in a state for a while: on its way there it sleeps for other reasons, too.
    private func settles(_ pid: Int32, in state: Character, _ what: String) throws {
        var looks = 0
        try Eventually.holds(what) {
            looks = (try? Procfs.status(of: pid).state) == state ? looks + 1 : 0
            return looks == 40
        }
    }

    /// Which program runs is seen though it lies on a file system that does not answer any more (FUSE). Naive, by stat(2): whoever asks
    /// waits, and not even SIGKILL ends it.
    @Test(
        .timeLimit(.minutes(1)),
        .enabled(if: geteuid() == 0 && access("/dev/fuse", F_OK) == 0, "needs root and /dev/fuse"),
        .enabled(if: access("/bin/busybox", X_OK) == 0, "needs busybox-static"))
    func programOfAServedFile() throws {
        let place = try TemporaryDirectory(mode: 0o755)
        let (program, mounted) = (place.path + "/hostile", place.path + "/mounted")
        try SystemFile.makeDirectories(mounted)
        let source = Repository.path("Tests/Probes/hostile-files.c")
        try #require(try ProcessPlan("gcc", ["-O1", "-o", program, source]).spawn().wait().succeeded)
        let words = try Pipe()
        let server = try ProcessPlan(program, ["program", mounted, "/bin/busybox"])
            .spawn(StandardStreams(output: words.writeEnd))
        words.closeWriteEnd()
        defer {
            server.end()
            umount2(mounted, Int32(MNT_DETACH))
        }
        var byte: UInt8 = 0
        repeat { try #require(read(words.readEnd, &byte, 1) == 1) } while byte != UInt8(ascii: "\n")
        var plan = ProcessPlan(mounted + "/program", ["1000"])
        plan.arguments[0] = "sleep"
        let process = try plan.spawn()
        defer { process.end() }
        let before = try #require(JoinWatch.ProgramFile(of: process.pid))
        #expect(before != JoinWatch.ProgramFile.own)
        try server.kill(SIGUSR1)
        let naive = try ProcessPlan("stat", ["-L", "/proc/\(process.pid)/exe"]).spawn()
        try settles(naive.pid, in: "S", "it asks, and is not answered")
        try naive.kill()
        try settles(naive.pid, in: "D", "the negative control is out of SIGKILL's reach")
        #expect(JoinWatch.ProgramFile(of: process.pid) == before)
        server.end()
        _ = try naive.wait()
    }

    @Test(.timeLimit(.minutes(1))) func isWokenUp() throws {
        let (failure, end) = try failure("kill -STOP $$; kill -STOP $$; exit 3", patience: 60_000_000_000)
        #expect(failure == nil)
        #expect(end.shellStatus == 3)
    }

    @Test(.timeLimit(.minutes(1))) func isGivenUp() throws {
        let (failure, end) = try failure("while :; do kill -STOP $$; done", patience: 200_000_000)
        #expect(failure?.description.contains("keep stopping processes that join it") == true, "\(failure as Any)")
        #expect(end.shellStatus == 128 + SIGKILL)
    }

    /// Its program runs: that somebody stops it is nothing to its launcher.
    @Test(.timeLimit(.minutes(1))) func programIsLeftAlone() throws {
        let report = try Pipe()
        let process = try ProcessPlan("/bin/sleep", ["1000"]).spawn()
        try process.kill(SIGSTOP)
        try Eventually.holds("it is stopped") { try Procfs.status(of: process.pid).state == "T" }
        #expect(JoinWatch().failure(report, of: process, "sleep") == nil)
        #expect(try Procfs.status(of: process.pid).state == "T")
        try process.kill()
        _ = try process.wait()
    }

    /// Its program runs, and somebody keeps its end of the report open: that is not waited for. Naive, who waits for the report waits.
    @Test(.timeLimit(.minutes(1))) func reportThatIsKept() throws {
        let report = try Pipe()
        let held = OwnedDescriptor(owning: fcntl(report.writeEnd, F_DUPFD_CLOEXEC, 0))
        let process = try ProcessPlan("/bin/sleep", ["1000"]).spawn()
        defer { process.end() }
        report.closeWriteEnd()
        var end = pollfd(fd: report.readEnd, events: Int16(POLLIN), revents: 0)
        #expect(poll(&end, 1, 200) == 0, "the negative control does not attack")
        #expect(JoinWatch().failure(report, of: process, "sleep") == nil)
        #expect(try Procfs.status(of: process.pid).state != "Z")
        _ = consume held
    }

    /// It was led astray: nobody stops or traces it, and it does nothing. Where it may take long it is waited for, and so while it is
    /// paused.
    @Test(.timeLimit(.minutes(1)), arguments: [false, true]) func ledAstray(mayTakeLong: Bool) throws {
        let report = try Pipe()
        let held = OwnedDescriptor(owning: fcntl(report.writeEnd, F_DUPFD_CLOEXEC, 0))
        let process = try ProcessPlan("/bin/sleep", [mayTakeLong ? "0.5" : "1000"]).spawn()
        let watch = JoinWatch(
            limit: 100_000_000, mayTakeLong: { mayTakeLong }, before: JoinWatch.ProgramFile(of: process.pid))
        let failure = watch.failure(report, of: process, "sleep")
        #expect(failure?.description.contains("it did not start within") ?? false == !mayTakeLong, "\(failure as Any)")
        #expect(try process.wait().shellStatus == (mayTakeLong ? 0 : 128 + SIGKILL))
        _ = consume held
    }

    /// It is stopped where nobody sees it: a hook, for which it waits.
    @Test(.timeLimit(.minutes(1))) func stoppedHookIsWokenUp() throws {
        let report = try Pipe()
        let held = OwnedDescriptor(owning: fcntl(report.writeEnd, F_DUPFD_CLOEXEC, 0))
        let process = try ProcessPlan("/bin/sh", ["-c", "/bin/sh -c 'kill -STOP $$; exit 3'; exit $?"]).spawn()
        let watch = JoinWatch(patience: 60_000_000_000, before: JoinWatch.ProgramFile(of: process.pid))
        #expect(watch.failure(report, of: process, "program") == nil)
        #expect(try process.wait().shellStatus == 3)
        _ = consume held
    }
}
