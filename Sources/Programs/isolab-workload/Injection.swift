import CWorkload
import Freestanding

/// What is put into a launch on purpose, so that the harness can show that it comes back in its figures (`isolab selftest`).
struct Injection {
    /// Microseconds that the hello is held back.
    var delay: UInt64?
    /// Microseconds of processor time, burnt here.
    var burn: UInt64?
    /// The same in a process that has cut all ties to this one.
    var daemonBurn: UInt64?
    /// Microseconds that burning takes in all, sleep included.
    var rest: UInt64 = 0
    /// MiB touched here and kept until the end.
    var touch: UInt64?
    /// The same in such a process, which ends with standard input.
    var daemonTouch: UInt64?
    /// Moves such a process into the cgroup whose list of processes this is, where it stays until standard input ends.
    var strays: UnsafePointer<CChar>?
    /// Leaves such a process running.
    var leaves = false
    /// Says of its isolation what is not so.
    var lies = false

    /// Holds the hello back, by the clock rather than by sleeping: a timer is late by as much as is to be told apart. For no time at all
    /// the clock is looked at as often as for the least, so that looking is in both.
    ///
    /// - Returns: how long it was held back in truth, nanoseconds: a processor may be taken away meanwhile.
    static func delayHello(microseconds: UInt64) -> UInt64 {
        // CLOCK_MONOTONIC_RAW, the host's: the other is slewed by as much as a thousandth.
        let begin = nanoseconds(of: 4)
        let end = begin + Int(microseconds) * 1000
        var now = nanoseconds(of: 4)
        while now < end { now = nanoseconds(of: 4) }
        return UInt64(max(0, now - begin))
    }

    /// Does the rest, once the hello is out.
    func perform(_ channel: inout Channel) {
        let begin = nanoseconds(of: 4)
        if let burn {
            channel.value("injected.cpu", "ns", Self.burn(microseconds: burn))
            sleep(since: begin)
        }
        if let touch, let taken = Self.keep(mebibytes: touch, &channel) {
            channel.value("injected.memory", "B", taken)
        }
        if let daemonBurn {
            let burnt = Self.daemon(&channel) { told in
                let burnt = Self.burn(microseconds: daemonBurn)
                // Whoever waits for it sleeps by then, too.
                sleep(since: begin)
                Self.tell(burnt, told)
            }
            if let burnt { channel.value("injected.cpu", "ns", burnt) }
        }
        if let daemonTouch {
            let taken = Self.daemon(&channel) { told in
                var unheard = Channel(isGuest: false)
                if let taken = Self.keep(mebibytes: daemonTouch, &unheard) { Self.tell(taken, told) }
                // The harness goes on; this process stays until it is told to end.
                _ = systemCall(SystemCall.close, told)
                while systemCall(SystemCall.read, 0, Int(bitPattern: isolab_scratch()), 1) > 0 {}
            }
            if let taken { channel.value("injected.memory", "B", taken) }
        }
        if let strays {
            Self.daemon(&channel) { told in
                // O_WRONLY; "0" is whoever writes it.
                let file = systemCall(SystemCall.open, Int(bitPattern: strays), 1, 0)
                isolab_scratch()[0] = 0x30
                if file >= 0 { _ = systemCall(SystemCall.write, file, Int(bitPattern: isolab_scratch()), 1) }
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
    ///
    /// - Returns: how much it was in truth, nanoseconds.
    private static func burn(microseconds: UInt64) -> UInt64 {
        let begin = nanoseconds(of: 2)
        let end = begin + Int(microseconds) * 1000
        var now = begin
        while now < end { now = nanoseconds(of: 2) }
        return UInt64(max(0, now - begin))
    }

    /// Touches memory and keeps it, where its page tables are few and always as many: on a boundary of 2 MiB, in the GiB of the program.
    ///
    /// - Returns: what it took in truth, bytes, its page tables included; nil where that cannot be told, or had.
    private static func keep(mebibytes: UInt64, _ channel: inout Channel) -> UInt64? {
        let before = pageTables()
        guard isolab_workload.touch(mebibytes: mebibytes, at: 0x1000_0000, &channel), let before,
            let after = pageTables()
        else {
            return nil
        }
        return mebibytes << 20 + (after > before ? after - before : 0)
    }

    /// What this process's page tables hold, bytes (VmPTE of /proc/self/status); nil where it does not say.
    private static func pageTables() -> UInt64? {
        let path: StaticString = "/proc/self/status"
        let descriptor = systemCall(SystemCall.open, path.address)
        if descriptor < 0 { return nil }
        let text = isolab_scratch()
        let length = systemCall(SystemCall.read, descriptor, Int(bitPattern: text), Int(isolab_scratch_capacity))
        _ = systemCall(SystemCall.close, descriptor)
        let name: StaticString = "VmPTE:"
        var start = 0
        while start + name.utf8CodeUnitCount < length {
            var place = 0
            while place < name.utf8CodeUnitCount, text[start + place] == name.utf8Start[place] { place += 1 }
            if place == name.utf8CodeUnitCount {
                var kibibytes: UInt64 = 0
                place += start
                while place < length, text[place] != 0x0a {
                    if text[place] >= 0x30, text[place] <= 0x39 {
                        kibibytes = kibibytes &* 10 &+ UInt64(text[place] - 0x30)
                    }
                    place += 1
                }
                return kibibytes << 10
            }
            while start < length, text[start] != 0x0a { start += 1 }
            start += 1
        }
        return nil
    }

    /// Sleeps until so much time has passed since, however much of it was burnt: the harness sleeps then in any case, whose waking
    /// costs whoever speaks next, and what ends a process has left the caches for as long.
    private func sleep(since begin: Int) {
        let left = begin + Int(rest) * 1000 - nanoseconds(of: 4)
        guard left > 0 else { return }
        var time = isolab_timespec(seconds: Int64(left / 1_000_000_000), nanoseconds: Int64(left % 1_000_000_000))
        _ = withUnsafeMutablePointer(to: &time) { systemCall(SystemCall.nanosleep, Int(bitPattern: $0), 0) }
    }

    /// Runs something in a process that is nobody's child any more: in a session of its own, its maker gone. Returns once that
    /// process has ended or has closed the descriptor it is given.
    ///
    /// - Returns: the number that it wrote there; nil where it wrote none.
    @discardableResult
    private static func daemon(_ channel: inout Channel, _ body: (Int) -> Void) -> UInt64? {
        var ends: (Int32, Int32) = (-1, -1)
        let made = withUnsafeMutablePointer(to: &ends) {
            systemCall(SystemCall.pipe, Int(bitPattern: $0), 0)
        }
        if made < 0 {
            channel.error("pipe2", errno: -made, "cannot make a daemon")
            return nil
        }
        var word: UInt64 = 0
        var isTold = false
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
            // Its word, then its end.
            var result = 0
            repeat {
                result = withUnsafeMutablePointer(to: &word) {
                    systemCall(SystemCall.read, Int(ends.0), Int(bitPattern: $0), 8)
                }
                if result == 8 { isTold = true }
            } while result > 0 || result == -ErrorNumber.interrupted
        }
        _ = systemCall(SystemCall.close, Int(ends.0))
        return isTold ? word : nil
    }

    /// What a daemon has to say to the workload.
    private static func tell(_ number: UInt64, _ descriptor: Int) {
        var number = number
        _ = withUnsafeMutablePointer(to: &number) {
            systemCall(SystemCall.write, descriptor, Int(bitPattern: $0), 8)
        }
    }
}

/// What a clock says (clock_gettime(2)), nanoseconds; 0 where it says nothing.
private func nanoseconds(of clock: Int) -> Int {
    var now = isolab_timespec()
    return withUnsafeMutablePointer(to: &now) { pointer in
        let result = systemCall(SystemCall.clockGettime, clock, Int(bitPattern: pointer))
        return result < 0 ? 0 : Int(pointer.pointee.seconds) * 1_000_000_000 + Int(pointer.pointee.nanoseconds)
    }
}
