import Glibc

/// How much memory this process may map.
public enum AddressSpace {
    /// What is wrong with the caller's limit (`ulimit -v`): with less room than its work takes, a program would end by a signal, amid
    /// whatever it is doing, for its language has no other word for want of memory.
    ///
    /// - Parameter room: bytes beside what the program itself has mapped.
    /// - Returns: nil where there is room enough.
    public static func problem(room: UInt64 = 64 << 20) -> String? {
        let limit = ResourceLimit.current(.addressSpace).soft
        guard limit != ResourceLimit.unlimited else { return nil }
        let pages = (try? SystemFile.read("/proc/self/statm"))?.prefix { $0 != " " }
        let own = pages.flatMap { UInt64($0) }.map { $0 * UInt64(max(0, sysconf(Int32(_SC_PAGESIZE)))) } ?? 0
        guard limit < own + room else { return nil }
        return
            "the limit of virtual memory (ulimit -v) is \(limit >> 10) KiB: at least \((own + room) >> 10) KiB are needed"
    }
}
