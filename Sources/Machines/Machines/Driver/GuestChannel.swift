internal import Glibc
internal import Linux

/// One line a guest said on its channel, with the instants at which its first byte and its newline arrived.
package struct ChannelLine: Hashable, Sendable {
    /// Without its newline.
    package var text: String
    /// Absolute, ns, `HostClock`.
    package var begun: UInt64
    package var ended: UInt64
}

/// The host's end of a guest's channel: a socket that QEMU connects to, read by a thread that does nothing else, so that a
/// byte's stamp is its arrival and not the leisure of who wants it.
final class GuestChannel: Sendable {
    struct State {
        var lines: [ChannelLine] = []
        /// Lines handed out so far.
        var taken = 0
        /// QEMU opened the channel: its devices are made.
        var connected: UInt64?
        var firstByte: UInt64?
        /// The listening socket is open.
        var isListening = true
        /// The other end is closed: QEMU has gone.
        var closed: UInt64?
        /// Bytes of `lines`.
        var kept = 0
        var partial: [UInt8] = []
        var partialBegun: UInt64 = 0
    }

    let path: String
    let state = Waitable(State())
    private let listener: Int32

    /// What is kept of a guest's lines, bytes: whoever is root in it may write to the port for ever.
    static let mostKept = 16 << 20
    /// No guest says more than this between two newlines; what is longer is cut there.
    private static let longestLine = 65536

    /// - Parameters:
    ///   - opened: called once with QEMU's process number, on the reading thread, before anything is read.
    ///   - firstByte: called once, on the reading thread.
    init(
        path: String, opened: @escaping @Sendable (Int32) -> Void = { _ in },
        firstByte: @escaping @Sendable (UInt64) -> Void = { _ in }
    ) throws(SystemError) {
        self.path = path
        let socket = try UnixListener.make(path)
        listener = socket
        let state = self.state
        BackgroundThread.start { Self.receive(from: socket, into: state, opened, firstByte) }
    }

    /// Stops listening; the reading thread ends when QEMU's end closes, or now where it never connected.
    func close() {
        state.update {
            // Once it is accepted or closed, the listener's number may be another's.
            if $0.isListening { shutdown(listener, Int32(SHUT_RDWR)) }
        }
        unlink(path)
    }

    private static func receive(
        from listener: Int32, into state: Waitable<State>, _ opened: @Sendable (Int32) -> Void,
        _ firstByte: @Sendable (UInt64) -> Void
    ) {
        var connection: Int32 = -1
        repeat { connection = accept(listener, nil, nil) } while connection < 0 && errno == EINTR
        let connected = HostClock.now()
        state.update {
            $0.isListening = false
            Glibc.close(listener)
            if connection >= 0 { $0.connected = connected } else { $0.closed = connected }
        }
        guard connection >= 0 else { return }
        opened(peer(of: connection))
        var buffer = [UInt8](repeating: 0, count: 65536)
        var isFirst = true
        while true {
            let count = read(connection, &buffer, buffer.count)
            let now = HostClock.now()
            if count < 0 && errno == EINTR { continue }
            if count <= 0 {
                state.update { $0.closed = now }
                break
            }
            state.update { $0.take(buffer[0..<count], at: now, longestLine) }
            if isFirst { firstByte(now) }
            isFirst = false
        }
        Glibc.close(connection)
    }

    /// Who connected (`SO_PEERCRED` of unix(7): pid, uid, gid), in this process's own numbers; 0 where unknown.
    private static func peer(of connection: Int32) -> Int32 {
        var credentials: (pid: Int32, user: UInt32, group: UInt32) = (0, 0, 0)
        var size = socklen_t(MemoryLayout.size(ofValue: credentials))
        return getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &credentials, &size) == 0 ? credentials.pid : 0
    }
}

extension GuestChannel.State {
    /// Cuts what arrived into lines.
    mutating func take(_ bytes: ArraySlice<UInt8>, at now: UInt64, _ longestLine: Int) {
        if firstByte == nil { firstByte = now }
        for byte in bytes {
            if byte == 0x0a || partial.count == longestLine {
                let begun = partial.isEmpty ? now : partialBegun
                kept += partial.count + 32
                if kept < GuestChannel.mostKept {
                    lines.append(
                        ChannelLine(text: String(decoding: partial, as: UTF8.self), begun: begun, ended: now))
                }
                partial.removeAll(keepingCapacity: true)
                if byte == 0x0a { continue }
            }
            if partial.isEmpty { partialBegun = now }
            partial.append(byte)
        }
    }
}
