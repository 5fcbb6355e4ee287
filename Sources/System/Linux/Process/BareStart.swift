import CLinux
import Glibc

/// One start of a program by the loop body of a careful C program, and nothing of isolab's: vfork, execve, read, wait.
///
/// The floor that a laboratory's own launch of a plain process is held against.
public struct BareStart: Equatable, Sendable {
    /// `HostClock` before vfork(2).
    public let launched: UInt64
    /// The first byte of its output was read; nil where it wrote none.
    public let ready: UInt64?
    /// It was reaped.
    public let released: UInt64
    /// Whether it ended with status 0.
    public let succeeded: Bool

    /// Starts it and hears it to the end.
    ///
    /// - Parameters:
    ///   - arguments: the zeroth is the path too.
    ///   - null: a descriptor, its standard input.
    ///   - complaints: a descriptor, its standard error.
    ///   - watch: what sees its first byte; nil for whoever reads it.
    public init(
        _ arguments: [String], environment: [String], null: Int32, complaints: Int32, watch: ArrivalWatch? = nil
    ) throws(SystemError) {
        guard let path = arguments.first else { throw SystemError("execve", "nothing", errno: EINVAL) }
        let words = (arguments.map { strdup($0) } as [UnsafeMutablePointer<CChar>?]) + [nil]
        let entries = (environment.map { strdup($0) } as [UnsafeMutablePointer<CChar>?]) + [nil]
        defer { for text in words + entries { free(text) } }
        var result = isolab_bare()
        let error = isolab_bare_start(path, words, entries, null, complaints, watch?.pointer, &result)
        guard error == 0 else { throw SystemError("execve", path, errno: error) }
        launched = result.launched
        ready = result.ready == 0 ? nil : result.ready
        released = result.released
        succeeded = result.status == 0
    }
}
