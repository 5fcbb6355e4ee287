import CLinux

/// The host's `CLOCK_MONOTONIC_RAW`: the one clock on which every event of every lane is stamped.
///
/// A guest's own clock never enters a comparison; a guest's event is the host's instant at which its byte arrived.
public enum HostClock {
    /// Nanoseconds since an arbitrary origin (boot), never adjusted by NTP (`clock_gettime(2)`).
    @inlinable
    public static func now() -> UInt64 { read() }

    @usableFromInline
    static func read() -> UInt64 { isolab_clock_monotonic_raw() }
}
