import CLinux
import Glibc

/// Sees when something arrives on a descriptor, though whoever waits for it sleeps.
///
/// A thread that is waked to read is late by tens of microseconds, the more the longer it slept: its processor rests deeper, and its
/// caches are others' by then. This one looks again and again, of the scheduling class SCHED_IDLE: it runs where a processor has
/// nothing else to do, and gives it up at once. Where none is free it sees nothing, and the reader's own instant has to do.
public final class ArrivalWatch {
    let pointer: OpaquePointer
    private var armed: Int32 = -1
    /// What starts later than that is told well enough by the reader, nanoseconds.
    public static let patience: UInt64 = 50_000_000

    /// - Throws: where no thread can be made.
    public init() throws(SystemError) {
        guard let pointer = isolab_watch_start() else { throw SystemError("pthread_create", "the watch of arrivals") }
        self.pointer = pointer
    }

    /// Looks from now on. Best before what is waited for is started: a start may be over before the thread runs.
    public func arm(_ descriptor: Int32) {
        guard armed != descriptor else { return }
        armed = descriptor
        isolab_watch_arm(pointer, descriptor, Self.patience)
    }

    /// Looks no more; to be called before the descriptor is closed.
    ///
    /// - Returns: `HostClock` when there was something to read; nil where it saw nothing.
    @discardableResult
    public func disarm() -> UInt64? {
        armed = -1
        let seen = isolab_watch_disarm(pointer)
        return seen == 0 ? nil : seen
    }

    deinit { isolab_watch_end(pointer) }
}
