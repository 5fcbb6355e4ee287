import Glibc
package import Linux

extension RunningProcess {
    /// Waits for its end and reaps it, but not for ever. One that takes longer is killed, and is a failure; one that does not even die,
    /// because the kernel holds it, is left behind, so that it holds up no other test.
    ///
    /// - Parameters:
    ///   - what: what runs, for the error.
    ///   - seconds: a limit for a test that would hang, not a measure of anything.
    package func wait(
        for what: @autoclosure () -> String, within seconds: UInt64 = 900
    ) throws(SystemError) -> ProcessExit {
        if let exit = try end(within: seconds) { return exit }
        let state = (try? Procfs.status(of: pid))?.state ?? "?"
        let place = (try? SystemFile.read("/proc/\(pid)/wchan")) ?? "?"
        try kill()
        let isGone = try end(within: 30) != nil
        throw SystemError(
            "wait for", "\(what()) (process \(pid), state \(state), in \(place))", errno: ETIMEDOUT,
            advice: isGone ? "it was killed" : "SIGKILL does not end it: it is left behind")
    }

    /// nil: it still runs then, or a tracer keeps its status.
    private func end(within seconds: UInt64) throws(SystemError) -> ProcessExit? {
        let limit = HostClock.now() + seconds * 1_000_000_000
        while true {
            if let exit = try poll() { return exit }
            guard HostClock.now() < limit else { return nil }
            var ready = pollfd(fd: pidfd, events: Int16(POLLIN), revents: 0)
            // It may be readable long before the status can be had, where somebody traces it.
            if Glibc.poll(&ready, 1, 1000) != 0 { usleep(1000) }
        }
    }
}
