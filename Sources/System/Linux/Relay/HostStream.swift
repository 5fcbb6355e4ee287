import Glibc

/// A standard stream of the calling process, as others are to be served from it: read and written without ever waiting.
///
/// Whether reading waits belongs to the open file, which the caller's shell and others have as well: it is not changed. Where the
/// file can be opened once more, that is an open file of our own; where not, as little is written at a time as is bound to fit.
package final class HostStream {
    package enum Kind: Equatable, Sendable {
        case pipe, socket, regular
        /// The null device: nothing goes through it.
        case null
        /// A terminal or another character device.
        case device
        /// The descriptor is closed, or of something that cannot be read or written.
        case absent
    }

    package let kind: Kind
    /// What is read or written.
    package let number: Int32
    /// Whether it has been opened once more.
    private let isOwn: Bool
    package let isTerminal: Bool
    private let identity: [UInt64]

    /// The null device's number.
    private static let nullDevice: UInt64 = 1 << 8 | 3

    /// - Parameter flags: O_RDONLY or O_WRONLY.
    package init(_ descriptor: Int32, _ flags: Int32) {
        var status = stat()
        let isOpen = fstat(descriptor, &status) == 0
        switch status.st_mode & S_IFMT {
        case _ where !isOpen: kind = .absent
        case S_IFIFO: kind = .pipe
        case S_IFSOCK: kind = .socket
        case S_IFREG: kind = .regular
        case S_IFCHR: kind = UInt64(status.st_rdev) == Self.nullDevice ? .null : .device
        case S_IFBLK: kind = .regular
        default: kind = .absent
        }
        isTerminal = kind == .device && isatty(descriptor) == 1
        identity = [UInt64(status.st_dev), UInt64(status.st_ino), UInt64(status.st_rdev)]
        // A file that is written at its end, or read from where others stopped, is one open file: its place is in it. And to open a
        // device may do something.
        let again =
            isTerminal || kind == .pipe
            ? open("/proc/self/fd/\(descriptor)", flags | O_NONBLOCK | O_NOCTTY | O_CLOEXEC) : -1
        isOwn = again >= 0
        number = again >= 0 ? again : descriptor
    }

    deinit { if isOwn { close(number) } }

    /// Whether both lead to one place, where the order of what is written matters.
    package func isSame(as other: HostStream) -> Bool {
        kind != .absent && kind == other.kind && identity == other.identity
    }

    /// The most that is written at once.
    package var portion: Int { isOwn || kind == .regular || kind == .socket ? .max : 256 }

    /// Answers as write(2); what is written to a stream that is closed is gone.
    package func write(_ bytes: UnsafeRawBufferPointer) -> Int {
        switch kind {
        case .absent: bytes.count
        case .socket: send(number, bytes.baseAddress, bytes.count, Int32(MSG_DONTWAIT | MSG_NOSIGNAL))
        default: Glibc.write(number, bytes.baseAddress, min(bytes.count, portion))
        }
    }

    /// Answers as read(2).
    package func read(_ bytes: UnsafeMutableRawBufferPointer) -> Int {
        kind == .socket
            ? recv(number, bytes.baseAddress, bytes.count, Int32(MSG_DONTWAIT))
            : Glibc.read(number, bytes.baseAddress, bytes.count)
    }
}
