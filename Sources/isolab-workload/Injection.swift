import CWorkload
import Freestanding

/// What is put into a launch on purpose, so that the harness can show that it comes back in its figures (`isolab selftest`).
struct Injection {
    /// Microseconds that the hello is held back.
    var delay: UInt64 = 0
    /// Microseconds of processor time, burnt here.
    var burn: UInt64?
    /// The same in a process that has cut all ties to this one.
    var daemonBurn: UInt64?
    /// MiB touched here and kept until the end.
    var touch: UInt64?
    /// The same in such a process, which ends with standard input.
    var daemonTouch: UInt64?
    /// Leaves such a process running.
    var leaves = false
    /// Says of its isolation what is not so.
    var lies = false

    /// Holds the hello back, by the clock rather than by sleeping: a timer is late by as much as is to be told apart.
    ///
    /// - Returns: how long it was held back in truth, nanoseconds: a processor may be taken away meanwhile.
    func delayHello() -> UInt64 {
        let begin = monotonicNanoseconds()
        let end = begin + Int(delay) * 1000
        var now = begin
        while now < end { now = monotonicNanoseconds() }
        return UInt64(max(0, now - begin))
    }

    /// Does the rest, once the hello is out.
    func perform(_ channel: inout Channel) {
        if let burn { Self.burn(microseconds: burn) }
        if let touch { _ = isolab_workload.touch(mebibytes: touch, &channel) }
        if let daemonBurn { Self.daemon(&channel) { _ in Self.burn(microseconds: daemonBurn) } }
        if let daemonTouch {
            Self.daemon(&channel) { told in
                var unheard = Channel(isGuest: false)
                guard isolab_workload.touch(mebibytes: daemonTouch, &unheard) else { return }
                // The harness goes on; this process stays until it is told to end.
                _ = systemCall(SystemCall.close, told)
                while systemCall(SystemCall.read, 0, Int(bitPattern: isolab_scratch()), 1) > 0 {}
            }
        }
        if leaves {
            Self.daemon(&channel) { told in
                _ = systemCall(SystemCall.close, told)
                // Nobody may have to look for it for ever.
                var minute = isolab_timespec(seconds: 60, nanoseconds: 0)
                _ = withUnsafeMutablePointer(to: &minute) {
                    systemCall(SystemCall.nanosleep, Int(bitPattern: $0), 0)
                }
            }
        }
    }

    /// Spins until this process has used so much processor time (CLOCK_PROCESS_CPUTIME_ID).
    private static func burn(microseconds: UInt64) {
        let end = processorNanoseconds() + Int(microseconds) * 1000
        while processorNanoseconds() < end {}
    }

    private static func processorNanoseconds() -> Int {
        var now = isolab_timespec()
        return withUnsafeMutablePointer(to: &now) { pointer in
            let result = systemCall(SystemCall.clockGettime, 2, Int(bitPattern: pointer))
            return result < 0 ? 0 : Int(pointer.pointee.seconds) * 1_000_000_000 + Int(pointer.pointee.nanoseconds)
        }
    }

    /// Runs something in a process that is nobody's child any more: in a session of its own, its maker gone. Returns once that
    /// process has ended or has closed the descriptor it is given.
    private static func daemon(_ channel: inout Channel, _ body: (Int) -> Void) {
        var ends: (Int32, Int32) = (-1, -1)
        let made = withUnsafeMutablePointer(to: &ends) {
            systemCall(SystemCall.pipe, Int(bitPattern: $0), 0)
        }
        if made < 0 { return channel.error("pipe2", errno: -made, "cannot make a daemon") }
        let child = fork()
        if child == 0 {
            _ = systemCall(SystemCall.setSession)
            if fork() == 0 {
                _ = systemCall(SystemCall.close, Int(ends.0))
                // The channel is the workload's: nobody waits for it because of this process.
                _ = systemCall(SystemCall.close, 1)
                body(Int(ends.1))
            }
            _ = systemCall(SystemCall.exit, 0)
        }
        _ = systemCall(SystemCall.close, Int(ends.1))
        if child < 0 {
            channel.error("clone", errno: -child, "cannot make a daemon")
        } else {
            _ = wait(for: child)
            while systemCall(SystemCall.read, Int(ends.0), Int(bitPattern: isolab_scratch()), 1) == -ErrorNumber
                .interrupted
            {}
        }
        _ = systemCall(SystemCall.close, Int(ends.0))
    }
}
