public import Glibc

/// A file descriptor with one owner: closed when its owner goes, never twice.
public struct OwnedDescriptor: ~Copyable, Sendable {
    /// The number, borrowed: valid as long as this value lives.
    public let number: Int32

    /// Takes ownership of an open descriptor.
    public init(owning number: Int32) { self.number = number }

    /// Opens a path (`open(2)`); `O_CLOEXEC` is always added.
    public init(opening path: String, _ flags: Int32, mode: mode_t = 0o644) throws(SystemError) {
        number = try retryingOnInterrupt("open", path) { Glibc.open(path, flags | O_CLOEXEC, mode) }
    }

    /// `O_PATH`, which Swift's overlay lacks: names a file without opening it.
    public static let pathOnly: Int32 = 0x20_0000

    /// Gives the descriptor up to the caller, who must close it.
    public consuming func release() -> Int32 {
        let number = self.number
        discard self
        return number
    }

    deinit { Glibc.close(number) }
}
