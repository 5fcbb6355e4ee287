import Glibc
import Linux

/// A few lines of a shell, run to their end: with everything they print, a time limit, and an ear for the learner.
struct ShellRun {
    /// What it came to.
    struct Result {
        var output: String
        var status: Int32
        var seconds: Double
    }

    /// Output beyond it is dropped, and that is said.
    static let greatestOutput = 64 << 10

    let environment: [String]
    let directory: String
    /// Where the shell writes down the number of its process group, for whoever tidies up after a killed lesson.
    /// nil where nothing of it would outlive the command.
    let groupFile: String?

    /// - Throws: `Stopped` where the learner ends the lesson; what ran is ended first. `SystemError` where there is no shell.
    func run(_ script: String, limit: Int, interrupts: Interrupts?) throws -> Result {
        let pipe = try Pipe("the output of a lesson's command")
        let null = try OwnedDescriptor(opening: "/dev/null", O_RDONLY)
        let plan = ProcessPlan(
            "/bin/sh", ["-c", "echo $$ > \"$0\"\n\(script)", groupFile ?? "/dev/null"], environment: environment,
            workingDirectory: directory, group: .ownSession)
        let started = HostClock.now()
        let process = try plan.spawn(
            StandardStreams(input: null.number, output: pipe.writeEnd, error: pipe.writeEnd))
        pipe.closeWriteEnd()
        _ = fcntl(pipe.readEnd, F_SETFL, O_NONBLOCK)
        var output = Output()
        var timedOut = false
        do {
            try Self.follow(
                process, pipe.readEnd, &output, until: started &+ UInt64(limit) * 1_000_000_000, interrupts, &timedOut)
        } catch {
            Self.end(process)
            throw error
        }
        if timedOut { Self.end(process) }
        let status = timedOut ? 124 : try process.wait().shellStatus
        output.drain(pipe.readEnd)
        if let groupFile { unlink(groupFile) }
        if timedOut { output.say("(ended after \(limit) seconds)") }
        return Result(
            output: output.text, status: status, seconds: Double(HostClock.now() &- started) / 1_000_000_000)
    }

    private static func follow(
        _ process: RunningProcess, _ descriptor: Int32, _ output: inout Output, until deadline: UInt64,
        _ interrupts: Interrupts?, _ timedOut: inout Bool
    ) throws {
        var isOpen = true
        while true {
            var waited = [
                pollfd(fd: process.pidfd, events: Int16(POLLIN), revents: 0),
                pollfd(fd: interrupts?.descriptor ?? -1, events: Int16(POLLIN), revents: 0),
                pollfd(fd: isOpen ? descriptor : -1, events: Int16(POLLIN), revents: 0),
            ]
            let now = HostClock.now()
            guard now < deadline else {
                timedOut = true
                return
            }
            let milliseconds = Int32(clamping: (deadline - now) / 1_000_000 + 1)
            if poll(&waited, nfds_t(waited.count), milliseconds) < 0, errno != EINTR {
                throw SystemError("poll", "a command")
            }
            if waited[1].revents != 0 { try interrupts?.look() }
            if waited[2].revents != 0 { isOpen = output.drain(descriptor) }
            // What it left in the background may keep its output open.
            if waited[0].revents != 0 { return }
        }
    }

    /// Ends its process group: first those that can tidy up after themselves, then all.
    private static func end(_ process: RunningProcess) {
        var hasEnded = false
        endGroup(process.pid) {
            if !hasEnded, (try? process.poll()).flatMap({ $0 }) != nil { hasEnded = true }
            return hasEnded
        }
        process.end()
    }

    /// - Parameter hasEnded: whether nothing of it is left to wait for.
    static func endGroup(_ group: Int32, _ hasEnded: () -> Bool) {
        guard group > 1 else { return }
        kill(-group, SIGTERM)
        for _ in 0..<100 {
            if hasEnded(), kill(-group, 0) != 0 { return }
            usleep(20_000)
        }
        kill(-group, SIGKILL)
    }

    /// What was printed, up to a limit.
    private struct Output {
        private var bytes: [UInt8] = []
        private var isCut = false
        private var addition = ""

        /// - Returns: whether more may come.
        @discardableResult
        mutating func drain(_ descriptor: Int32) -> Bool {
            var buffer = [UInt8](repeating: 0, count: 16 << 10)
            while true {
                let count = read(descriptor, &buffer, buffer.count)
                guard count > 0 else { return count < 0 && (errno == EAGAIN || errno == EINTR) }
                let room = max(0, ShellRun.greatestOutput - bytes.count)
                bytes += buffer.prefix(min(count, room))
                if count > room { isCut = true }
            }
        }

        mutating func say(_ text: String) { addition = text }

        var text: String {
            var text = String(decoding: bytes, as: UTF8.self)
            while text.last == "\n" { text.removeLast() }
            if isCut { text += "\n(more was printed, and is left out)" }
            if !addition.isEmpty { text += (text.isEmpty ? "" : "\n") + addition }
            return text
        }
    }
}
