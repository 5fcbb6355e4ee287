/// A call that the workload's `syscalls` command times, under the name its `batch` lines give it.
///
/// Everything runs pinned to one CPU, so that a round trip is two context switches in every lane alike.
public enum WorkloadCall: String, CaseIterable, Sendable {
    /// The loop with nothing in it: its ticks a turn are to be subtracted from every other call's. Not a call.
    case empty
    /// `clock_gettime(CLOCK_MONOTONIC)` through the vDSO (vdso(7)): no system call where the clock source allows it.
    case clockGettimeVDSO = "clock_gettime.vdso"
    /// The no-op: nothing but entry, filters and exit.
    case getpid
    /// `clock_gettime(CLOCK_MONOTONIC)` as a real system call.
    case clockGettime = "clock_gettime"
    /// One byte from the workload's own file, by `pread64`.
    case read
    /// The status of the workload's own file, by its name in the working directory.
    case stat
    /// The same file opened and closed.
    case openClose = "open_close"
    /// One byte to a file in memory (memfd_create(2)), by `pwrite64`.
    case write
    /// 64 KiB of anonymous memory mapped and unmapped untouched.
    case mmapMunmap = "mmap_munmap"
    /// First touch of a 4 KiB page.
    case pageFault = "page_fault"
    /// A word handed to another process and back by futex(2).
    case futex
    /// One switch between two processes that yield to each other; iterations are the switches that the kernel counted.
    case contextSwitch = "context_switch"
    /// One byte to another process and back, through two pipes.
    case pipe
    /// The same through a stream socket pair.
    case socketpair
    /// A child that ends at once (`clone` without sharing, as fork(2)), waited for.
    case cloneWait = "clone_wait"
    /// A child that executes the workload anew, which ends at once, waited for.
    case cloneExecWait = "clone_exec_wait"

    /// A few words for a reader.
    public var title: String {
        switch self {
        case .empty: "empty loop"
        case .clockGettimeVDSO: "clock_gettime (vDSO)"
        case .getpid: "getpid (no-op)"
        case .clockGettime: "clock_gettime (system call)"
        case .read: "read"
        case .stat: "stat"
        case .openClose: "open + close"
        case .write: "write"
        case .mmapMunmap: "mmap + munmap"
        case .pageFault: "page fault"
        case .futex: "futex round trip"
        case .contextSwitch: "context switch"
        case .pipe: "pipe round trip"
        case .socketpair: "socket pair round trip"
        case .cloneWait: "clone + wait"
        case .cloneExecWait: "clone + exec + wait"
        }
    }
}
