public import CWorkload

/// Numbers of the system calls used by programs without a C library (arch/x86/entry/syscalls/syscall_64.tbl).
public enum SystemCall {
    public static let read = 0
    public static let write = 1
    public static let open = 2
    public static let close = 3
    public static let stat = 4
    public static let poll = 7
    public static let mmap = 9
    public static let munmap = 11
    public static let setSignalMask = 14
    public static let ioctl = 16
    public static let pread = 17
    public static let pwrite = 18
    public static let yield = 24
    public static let madvise = 28
    public static let pause = 34
    public static let nanosleep = 35
    public static let getpid = 39
    public static let socket = 41
    public static let socketpair = 53
    public static let clone = 56
    public static let execve = 59
    public static let exit = 60
    public static let wait4 = 61
    public static let kill = 62
    public static let uname = 63
    public static let fcntl = 72
    public static let chdir = 80
    public static let mkdir = 83
    public static let removeDirectory = 84
    public static let symlink = 88
    public static let readlink = 89
    public static let chmod = 90
    public static let fchown = 93
    public static let getrusage = 98
    public static let syslog = 103
    public static let setUser = 105
    public static let setGroup = 106
    public static let setProcessGroup = 109
    public static let setSession = 112
    public static let setGroups = 116
    public static let capget = 125
    public static let statfs = 137
    public static let prctl = 157
    public static let chroot = 161
    public static let mount = 165
    public static let unmount = 166
    public static let reboot = 169
    public static let setHostname = 170
    public static let iopl = 172
    public static let futex = 202
    public static let setAffinity = 203
    public static let clockGettime = 228
    public static let addKey = 248
    public static let keyctl = 250
    public static let signalfd = 289
    public static let dup3 = 292
    public static let pipe = 293
    public static let limit = 302
    public static let getcpu = 309
    public static let loadModule = 313
    public static let memfdCreate = 319
    public static let userfaultfd = 323
}

/// Error numbers that are decided on or said (errno(3)).
public enum ErrorNumber {
    public static let noEntry = 2
    public static let interrupted = 4
    public static let inputOutput = 5
    public static let tryAgain = 11
    public static let noAccess = 13
    public static let exists = 17
    public static let noDevice = 19
    public static let notDirectory = 20
    public static let invalid = 22
    public static let brokenPipe = 32
    public static let nameTooLong = 36
    public static let timer = 62
    public static let notSupported = 95
    public static let noTime = 110
}

/// Makes one system call: its result, or the negated error number.
@inline(__always)
public func systemCall(
    _ number: Int, _ a: Int = 0, _ b: Int = 0, _ c: Int = 0, _ d: Int = 0, _ e: Int = 0, _ f: Int = 0
) -> Int {
    isolab_system_call(number, a, b, c, d, e, f)
}

extension StaticString {
    /// Its address, for the kernel: literals end in a zero byte.
    @inline(__always) public var address: Int { Int(bitPattern: utf8Start) }
}

/// Nanoseconds of CLOCK_MONOTONIC, for bounds only: a workload's own clock never enters a comparison.
public func monotonicNanoseconds() -> Int {
    var now = isolab_timespec()
    return withUnsafeMutablePointer(to: &now) { pointer in
        let result = systemCall(SystemCall.clockGettime, 1, Int(bitPattern: pointer))
        return result < 0 ? 0 : Int(pointer.pointee.seconds) * 1_000_000_000 + Int(pointer.pointee.nanoseconds)
    }
}
