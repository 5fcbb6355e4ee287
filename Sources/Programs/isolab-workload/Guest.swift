import CWorkload
import Freestanding

/// What PID 1 of a guest does beyond a process: the debug port, /proc, crashes, and the end of the machine.
enum Guest {
    /// Lets this process use I/O ports (iopl(2)); without them a guest has no voice at all, so a failure ends it.
    static func openPort() {
        if systemCall(SystemCall.iopl, 3) < 0 { end() }
    }

    /// Ends the machine the fastest way it has: reset lines first, which cost nothing where they do not exist, then the
    /// kernel's restart. QEMU runs with `-no-reboot`, so that a reset is the end.
    static func end() {
        isolab_out_byte(0xcf9, 0x06)  // reset control register of PIIX3 and ICH9: pc, q35
        isolab_out_byte(0x64, 0xfe)  // keyboard controller: pulse the reset line
        _ = systemCall(SystemCall.reboot, 0xfee1_dead, 672_274_793, 0x0123_4567)
        while true { _ = systemCall(SystemCall.pause) }
    }

    /// A crash becomes a line and an end, not a kernel panic that the host must wait out.
    static func reportCrashes() {
        for signal: Int32 in 1...15 where isFatal(signal) {
            _ = isolab_on_fatal_signal(signal) { signal in
                // A forked child of a batch only dies; its parent sees the status.
                if systemCall(SystemCall.getpid) != 1 { isolab_exit(128 + signal) }
                var channel = Channel(isGuest: true)
                channel.text("\n")  // whatever line was under way is over
                channel.error("crash", errno: Int(signal), "signal in PID 1")
                channel.done(128 + signal)
                Guest.end()
            }
        }
    }

    /// SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV.
    private static func isFatal(_ signal: Int32) -> Bool {
        signal == 4 || signal == 5 || signal == 6 || signal == 7 || signal == 8 || signal == 11
    }

    /// Mounts /proc: the guest's image brings the directory at most.
    static func mountProc() {
        let procfs: StaticString = "/proc"
        let kind: StaticString = "proc"
        _ = systemCall(SystemCall.mkdir, procfs.address, 0o555)
        _ = systemCall(SystemCall.mount, kind.address, procfs.address, kind.address)
    }

    /// Says what the guest sees of its own memory (proc(5), /proc/meminfo).
    static func sayMemory(_ channel: inout Channel) {
        let path: StaticString = "/proc/meminfo"
        let descriptor = systemCall(SystemCall.open, path.address)
        if descriptor < 0 {
            return channel.error("memory.guest", errno: -descriptor, "cannot open /proc/meminfo")
        }
        let text = isolab_scratch()
        let capacity = isolab_scratch_capacity
        let length = systemCall(SystemCall.read, descriptor, Int(bitPattern: text), capacity)
        _ = systemCall(SystemCall.close, descriptor)
        if length < 0 { return channel.error("memory.guest", errno: -length, "cannot read /proc/meminfo") }
        if let total = kibibytes(after: "MemTotal:", text, length) {
            channel.value("memory.guest.total", "B", total << 10)
        }
        if let available = kibibytes(after: "MemAvailable:", text, length) {
            channel.value("memory.guest.available", "B", available << 10)
        }
    }

    private static func kibibytes(
        after name: StaticString, _ text: UnsafePointer<UInt8>, _ length: Int
    ) -> UInt64? {
        var start = 0
        while start + name.utf8CodeUnitCount < length {
            var matched = 0
            while matched < name.utf8CodeUnitCount, text[start + matched] == name.utf8Start[matched] { matched += 1 }
            if matched == name.utf8CodeUnitCount {
                var index = start + matched
                while index < length, text[index] == 0x20 { index += 1 }
                var number: UInt64 = 0
                while index < length, text[index] >= 0x30, text[index] <= 0x39 {
                    number = number &* 10 &+ UInt64(text[index] - 0x30)
                    index += 1
                }
                return number
            }
            while start < length, text[start] != 0x0a { start += 1 }
            start += 1
        }
        return nil
    }
}
