@preconcurrency import Glibc

/// Where results are printed.
public enum StandardOutput {
    /// Brings what was printed to where it belongs: to be called when all is.
    ///
    /// - Returns: what went wrong; nil where all of it arrived.
    public static func finish() -> String? {
        errno = 0
        let flushed = fflush(stdout)
        guard flushed != 0 || ferror(stdout) != 0 else { return nil }
        // Whoever read it has had enough.
        guard errno != EPIPE else { return nil }
        let reason = errno == 0 ? "an earlier write failed" : strerror(errno).map { String(cString: $0) } ?? "error"
        return "standard output cannot be written: \(reason)"
    }
}
