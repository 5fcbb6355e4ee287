import CWorkload

/// Numbers of the system calls used here (arch/x86/entry/syscalls/syscall_64.tbl).
enum SystemCall {
    static let read = 0
    static let write = 1
    static let open = 2
    static let close = 3
    static let stat = 4
    static let poll = 7
    static let mmap = 9
    static let munmap = 11
    static let setSignalMask = 14
    static let pread = 17
    static let pwrite = 18
    static let yield = 24
    static let madvise = 28
    static let pause = 34
    static let getpid = 39
    static let socketpair = 53
    static let clone = 56
    static let execve = 59
    static let exit = 60
    static let wait4 = 61
    static let kill = 62
    static let chdir = 80
    static let mkdir = 83
    static let getrusage = 98
    static let prctl = 157
    static let mount = 165
    static let reboot = 169
    static let iopl = 172
    static let futex = 202
    static let setAffinity = 203
    static let clockGettime = 228
    static let signalfd = 289
    static let pipe = 293
    static let getcpu = 309
    static let memfdCreate = 319
}

/// Error numbers said on the channel (errno(3)).
enum ErrorNumber {
    static let noEntry = 2
    static let interrupted = 4
    static let tryAgain = 11
    static let invalid = 22
    static let brokenPipe = 32
    static let timer = 62
    static let noTime = 110
    static let notSupported = 95
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

/// Whether a C string equals a literal.
func equal(_ text: UnsafePointer<CChar>, _ literal: StaticString) -> Bool {
    var index = 0
    while index < literal.utf8CodeUnitCount {
        if UInt8(bitPattern: text[index]) != literal.utf8Start[index] { return false }
        index += 1
    }
    return text[index] == 0
}

/// A child that is a copy of this process (clone(2) with SIGCHLD alone, as fork(2)): 0 in the child.
@inline(__always)
func fork() -> Int { systemCall(SystemCall.clone, 17) }

/// Waits for a child to end: its wait status, or the negated error number.
@inline(__always)
func wait(for child: Int) -> Int {
    var status: Int32 = 0
    let result = withUnsafeMutablePointer(to: &status) { pointer in
        var answer = systemCall(SystemCall.wait4, child, Int(bitPattern: pointer))
        while answer == -ErrorNumber.interrupted {
            answer = systemCall(SystemCall.wait4, child, Int(bitPattern: pointer))
        }
        return answer
    }
    return result < 0 ? result : Int(status)
}

/// Nanoseconds of CLOCK_MONOTONIC, for bounds only: a workload's own clock never enters a comparison.
func monotonicNanoseconds() -> Int {
    var now = isolab_timespec()
    return withUnsafeMutablePointer(to: &now) { pointer in
        let result = systemCall(SystemCall.clockGettime, 1, Int(bitPattern: pointer))
        return result < 0 ? 0 : Int(pointer.pointee.seconds) * 1_000_000_000 + Int(pointer.pointee.nanoseconds)
    }
}
