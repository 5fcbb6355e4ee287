import CWorkload
import Freestanding

/// The first process of a container that asked for one (`isolab run --init`): it starts the command, passes signals on, and takes in
/// what other processes leave.
///
/// The command leads a process group of its own, in the foreground of its terminal: what is typed there comes to it once.
enum Supervisor {
    /// - Parameters:
    ///   - words: the command and its arguments, NULL after them.
    ///   - environment: likewise.
    static func run(_ words: Int, _ environment: Int) -> Never {
        // Signals are read, whichever: the first process of a pid namespace would never hear of those it has no handler for.
        var all = UInt64.max
        let signals = withUnsafeMutablePointer(to: &all) { mask in
            _ = systemCall(SystemCall.setSignalMask, 0, Int(bitPattern: mask), 0, 8)
            return systemCall(SystemCall.signalfd, -1, Int(bitPattern: mask), 8, Open.closeOnExec)
        }
        let pid = systemCall(SystemCall.clone, 17)  // SIGCHLD alone, as fork(2)
        if pid == 0 { become(words, environment) }
        if pid < 0 || signals < 0 { isolab_exit(126) }
        let information = isolab_scratch()
        while true {
            // struct signalfd_siginfo, of which the number comes first.
            guard systemCall(SystemCall.read, signals, Int(bitPattern: information), 128) == 128 else { continue }
            let signal = UnsafeRawPointer(information).load(as: UInt32.self)
            switch signal {
            case 17: reap(pid)
            // What is said to whoever uses a terminal in the background: not to pass on.
            case 21, 22: continue
            default: _ = systemCall(SystemCall.kill, pid, Int(signal))
            }
        }
    }

    /// Takes in whoever has ended; with the command this process ends, and with it all that is left.
    private static func reap(_ command: Int) {
        while true {
            var status: Int32 = 0
            let pid = withUnsafeMutablePointer(to: &status) {
                systemCall(SystemCall.wait4, -1, Int(bitPattern: $0), 1)  // WNOHANG
            }
            if pid <= 0 { return }
            if pid == command { isolab_exit(status & 0x7f == 0 ? status >> 8 & 0xff : 128 + status & 0x7f) }
        }
    }

    // MARK: - In the child

    private static func become(_ words: Int, _ environment: Int) -> Never {
        _ = systemCall(SystemCall.setProcessGroup, 0, 0)
        var group = Int32(truncatingIfNeeded: systemCall(SystemCall.getpid))
        withUnsafeMutablePointer(to: &group) {
            _ = systemCall(SystemCall.ioctl, 0, 0x5410, Int(bitPattern: $0))  // TIOCSPGRP
        }
        var none: UInt64 = 0
        withUnsafeMutablePointer(to: &none) {
            _ = systemCall(SystemCall.setSignalMask, 2, Int(bitPattern: $0), 0, 8)
        }
        guard let list = UnsafePointer<Int>(bitPattern: words), let name = UnsafePointer<UInt8>(bitPattern: list[0])
        else { isolab_exit(127) }
        let error = Child.execute(name, words, environment)
        say(name, error)
        isolab_exit(error == ErrorNumber.noEntry || error == ErrorNumber.notDirectory ? 127 : 126)
    }

    private static func say(_ name: UnsafePointer<UInt8>, _ error: Int) {
        var length = 0
        while name[length] != 0 { length += 1 }
        _ = systemCall(SystemCall.write, 2, Int(bitPattern: name), length)
        let absent: StaticString = ": No such file or directory\n"
        let refused: StaticString = ": cannot be executed\n"
        let words = error == ErrorNumber.noEntry || error == ErrorNumber.notDirectory ? absent : refused
        _ = systemCall(SystemCall.write, 2, words.address, words.utf8CodeUnitCount)
    }
}
