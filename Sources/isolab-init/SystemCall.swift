import CWorkload

/// Numbers of the system calls used here (arch/x86/entry/syscalls/syscall_64.tbl).
enum SystemCall {
    static let read = 0
    static let write = 1
    static let open = 2
    static let close = 3
    static let poll = 7
    static let mmap = 9
    static let setSignalMask = 14
    static let ioctl = 16
    static let nanosleep = 35
    static let getpid = 39
    static let socket = 41
    static let clone = 56
    static let execve = 59
    static let wait4 = 61
    static let fcntl = 72
    static let kill = 62
    static let chdir = 80
    static let mkdir = 83
    static let symlink = 88
    static let chmod = 90
    static let fchown = 93
    static let setUser = 105
    static let setGroup = 106
    static let setSession = 112
    static let setGroups = 116
    static let chroot = 161
    static let mount = 165
    static let reboot = 169
    static let setHostname = 170
    static let iopl = 172
    static let signalfd = 289
    static let dup3 = 292
    static let pipe = 293
    static let limit = 302
    static let clock = 228
    static let loadModule = 313
    static let pause = 34
}

/// Error numbers that are decided on (errno(3)).
enum ErrorNumber {
    static let noEntry = 2
    static let interrupted = 4
    static let inputOutput = 5
    static let tryAgain = 11
    static let noAccess = 13
    static let exists = 17
    static let notDirectory = 20
    static let invalid = 22
    static let nameTooLong = 36
}

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

/// Makes one system call: its result, or the negated error number.
@inline(__always)
func systemCall(
    _ number: Int, _ a: Int = 0, _ b: Int = 0, _ c: Int = 0, _ d: Int = 0, _ e: Int = 0, _ f: Int = 0
) -> Int {
    isolab_system_call(number, a, b, c, d, e, f)
}

extension StaticString {
    /// Its address, for the kernel: literals end in a zero byte.
    @inline(__always) var address: Int { Int(bitPattern: utf8Start) }
}

/// Waits so many milliseconds.
func sleep(milliseconds: Int) {
    var time = isolab_timespec(
        seconds: Int64(milliseconds / 1000), nanoseconds: Int64(milliseconds % 1000) * 1_000_000)
    withUnsafeMutablePointer(to: &time) { _ = systemCall(SystemCall.nanosleep, Int(bitPattern: $0)) }
}

/// Milliseconds of CLOCK_MONOTONIC, for bounds.
func milliseconds() -> Int {
    var now = isolab_timespec()
    return withUnsafeMutablePointer(to: &now) {
        _ = systemCall(SystemCall.clock, 1, Int(bitPattern: $0))
        return Int($0.pointee.seconds) * 1000 + Int($0.pointee.nanoseconds) / 1_000_000
    }
}

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
