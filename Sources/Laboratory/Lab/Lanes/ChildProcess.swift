import Glibc
import Linux

/// A program of the host started for a lane: standard output is the channel, standard input stays open while the
/// workload is to wait, standard error goes to the laboratory's scratch file.
final class ChildProcess {
    /// `HostClock` before and after the call that started it.
    let called: UInt64
    let returned: UInt64
    /// A child that is not reaped before `wait` says so: the number is its own until then.
    let pid: Int32
    /// Its pidfd, once somebody asked for it; −1 before.
    private var end: Int32 = -1
    private(set) var output: Int32
    private var input: Int32
    private(set) var termination: Termination?
    /// When it was reaped.
    private(set) var reaped: UInt64?
    /// User and system time of the process and of the descendants it reaped.
    private(set) var cpuNanoseconds: UInt64?

    /// - Parameters:
    ///   - plan: with a process group of its own.
    ///   - keepsInput: standard input is a pipe held open until `closeInput`; else it is at its end.
    ///   - null: a descriptor of /dev/null.
    ///   - watch: what sees its first byte.
    init(
        _ plan: ProcessPlan, complaints: Int32, keepsInput: Bool, null: Int32, in cgroup: Cgroup? = nil,
        watch: ArrivalWatch? = nil
    ) throws(SystemError) {
        let output = try Pipe("a sandbox's channel")
        let input = keepsInput ? try Pipe("a sandbox's channel") : nil
        let streams = StandardStreams(input: input?.readEnd ?? null, output: output.writeEnd, error: complaints)
        // A C program has its argument vector ready: with this, the least that a plain process costs is told, and no more is said of
        // another runtime's command than it takes.
        let prepared = try plan.prepared(streams, in: cgroup)
        watch?.arm(output.readEnd)
        called = HostClock.now()
        do throws(SystemError) { pid = try prepared.begin() } catch {
            watch?.disarm()
            throw error
        }
        returned = HostClock.now()
        self.output = output.takeReadEnd()
        self.input = input?.takeWriteEnd() ?? -1
    }

    /// Readable once it has ended; −1 where it was reaped, or has none. Opened when it is asked for: that takes a twentieth of a plain
    /// process's start.
    var pidfd: Int32 {
        guard termination == nil else { return -1 }
        if end < 0 { end = Procfs.descriptor(of: pid)?.release() ?? -1 }
        return end
    }

    func closeInput() {
        if input >= 0 { Glibc.close(input) }
        input = -1
    }

    func kill() {
        guard termination == nil else { return }
        // Its group first: a runtime's command line has children of its own.
        Glibc.kill(-pid, SIGKILL)
        Glibc.kill(pid, SIGKILL)
    }

    /// Reaps the process if it ends before `deadline` (`HostClock`).
    func wait(until deadline: UInt64) -> Termination? {
        if let termination { return termination }
        while true {
            let now = HostClock.now()
            var descriptor = pollfd(fd: pidfd, events: Int16(POLLIN), revents: 0)
            let left = deadline > now ? Int32(min((deadline - now) / 1_000_000 + 1, 60_000)) : 0
            let ready = poll(&descriptor, 1, left)
            if ready == 1 { break }
            // A signal ends the wait early: the caller looks whether it is an interrupt.
            if ready == -1 || HostClock.now() >= deadline { return nil }
        }
        do {
            let exit = try ProcessExit.wait(for: pid)
            reaped = HostClock.now()
            cpuNanoseconds = exit.userTime + exit.systemTime
            switch exit.ending {
            case .exited(let status): termination = .exited(status: status)
            case .signalled(let number, _): termination = .signalled(number: number)
            }
        } catch {
            reaped = HostClock.now()
            termination = .failed(error.description)
        }
        return termination
    }

    func close() {
        closeInput()
        for descriptor in [output, end] where descriptor >= 0 { Glibc.close(descriptor) }
        (output, end) = (-1, -1)
    }

    deinit {
        if termination == nil {
            kill()
            _ = wait(until: HostClock.now() + 1_000_000_000)
        }
        close()
    }
}
