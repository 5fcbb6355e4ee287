import CWorkload
import Freestanding

/// Flags of open(2) and pipe2(2), the same numbers for both.
enum Open {
    static let readWrite = 2
    static let writeOnly = 1
    static let create = 0o100
    static let noControllingTerminal = 0o400
    static let truncate = 0o1000
    static let nonBlocking = 0o4000
    static let closeOnExec = 0o2_000_000
}

/// Waits so many milliseconds.
func sleep(milliseconds: Int) {
    var time = isolab_timespec(
        seconds: Int64(milliseconds / 1000), nanoseconds: Int64(milliseconds % 1000) * 1_000_000)
    withUnsafeMutablePointer(to: &time) { _ = systemCall(SystemCall.nanosleep, Int(bitPattern: $0)) }
}

/// Milliseconds of CLOCK_MONOTONIC, for bounds.
func milliseconds() -> Int { monotonicNanoseconds() / 1_000_000 }

/// How long a device may take to appear once its driver is loaded, milliseconds.
let devicePatience = 5000

/// Memory of its own, zeroed, never given back (mmap(2), private and anonymous).
func memory(_ bytes: Int) -> UnsafeMutablePointer<UInt8> {
    let address = systemCall(SystemCall.mmap, 0, bytes, 3, 0x22, -1, 0)
    guard address > 0, let start = UnsafeMutablePointer<UInt8>(bitPattern: address) else {
        Machine.fail("mmap", errno: -address)
    }
    return start
}

/// Opens a path: the descriptor, or the negated error number.
func open(_ path: Int, _ flags: Int, mode: Int = 0) -> Int {
    systemCall(SystemCall.open, path, flags | Open.closeOnExec, mode)
}

func close(_ descriptor: Int) { _ = systemCall(SystemCall.close, descriptor) }
