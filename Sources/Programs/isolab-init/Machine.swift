import CWorkload
import Freestanding

/// The machine itself: its debug port, which needs no driver, and its end.
enum Machine {
    /// QEMU's isa-debugcon, where the host reads lines (Machines/Driver/GuestChannel).
    private static let debugPort: UInt16 = 0xe9

    /// Lets this process use I/O ports (iopl(2)); without them a guest has no voice at all, so a failure ends it.
    static func openPort() {
        if systemCall(SystemCall.iopl, 3) < 0 { end() }
    }

    static func say(_ text: StaticString) { isolab_out_bytes(debugPort, text.utf8Start, text.utf8CodeUnitCount) }

    static func say(decimal number: Int) {
        if number >= 10 { say(decimal: number / 10) }
        isolab_out_byte(debugPort, 0x30 + UInt8(truncatingIfNeeded: number % 10))
    }

    /// Reports what cannot be reported otherwise.
    ///
    /// - Parameter errno: positive.
    static func complain(_ operation: StaticString, errno: Int) {
        say("error ")
        say(operation)
        say(" ")
        say(decimal: errno)
        say("\n")
    }

    /// Reports, and ends the machine.
    static func fail(_ operation: StaticString, errno: Int) -> Never {
        complain(operation, errno: errno)
        done(125)
    }

    /// The last line, and the end.
    static func done(_ status: Int) -> Never {
        say("done ")
        say(decimal: status)
        say("\n")
        end()
    }

    /// Ends the machine the fastest way it has: reset lines first, which cost nothing where they do not exist, then the
    /// kernel's restart. QEMU runs with `-no-reboot`, so that a reset is the end.
    static func end() -> Never {
        isolab_out_byte(0xcf9, 0x06)  // reset control register of PIIX3 and ICH9: pc, q35
        isolab_out_byte(0x64, 0xfe)  // keyboard controller: pulse the reset line
        _ = systemCall(SystemCall.reboot, 0xfee1_dead, 672_274_793, 0x0123_4567)
        while true { _ = systemCall(SystemCall.pause) }
    }

    /// A crash becomes a line and an end, not a kernel panic that the host must wait out. SIGILL, SIGTRAP, SIGABRT, SIGBUS,
    /// SIGFPE and SIGSEGV; a child that is not exec'd yet only dies of them.
    static func reportCrashes() {
        watch(4)
        watch(5)
        watch(6)
        watch(7)
        watch(8)
        watch(11)
    }

    private static func watch(_ signal: Int32) {
        _ = isolab_on_fatal_signal(signal) { signal in
            if systemCall(SystemCall.getpid) != 1 { isolab_exit(128 + signal) }
            Machine.fail("crash", errno: Int(signal))
        }
    }
}
