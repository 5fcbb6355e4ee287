import Glibc

/// Rests between what is measured.
enum Pause {
    /// Sleeps so long, signals apart.
    static func milliseconds(_ count: Int) {
        var rest = timespec(tv_sec: count / 1000, tv_nsec: count % 1000 * 1_000_000)
        var left = timespec()
        while nanosleep(&rest, &left) == -1, errno == EINTR, !Interruption.forced { rest = left }
    }
}
