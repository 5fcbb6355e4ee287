import Glibc
import Keeping
import Linux

/// A command's end of a container's socket.
final class KeeperConnection {
    let socket: OwnedDescriptor
    private var reader = KeeperFrameReader()

    /// Nil where nobody is at the other end: the container has no keeper.
    init?(_ directory: String) {
        guard let place = try? OwnedDescriptor(opening: directory, OwnedDescriptor.pathOnly | O_DIRECTORY) else {
            return nil
        }
        let path = "/proc/self/fd/\(place.number)/\(KeeperProcess.socketName)"
        guard let own = try? UnixSocket.connect(path) else { return nil }
        socket = own
    }

    /// One end of a pair of which the keeper gets the other.
    init(owning socket: consuming OwnedDescriptor) { self.socket = socket }

    /// - Returns: whether the keeper is still there to read it.
    @discardableResult
    func send(_ frame: KeeperFrame) -> Bool {
        let bytes = frame.bytes
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.send(
                    socket.number, $0.baseAddress?.advanced(by: sent), $0.count - sent, Int32(MSG_NOSIGNAL))
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            sent += count
        }
        return true
    }

    /// What has arrived already; nil where more must be waited for.
    func next() -> KeeperFrame? { reader.next() }

    /// Takes what is there.
    ///
    /// - Returns: whether the keeper is still there.
    func receive() -> Bool {
        var buffer = [UInt8](repeating: 0, count: 65536)
        let count = recv(socket.number, &buffer, buffer.count, 0)
        if count < 0, errno == EINTR || errno == EAGAIN { return true }
        guard count > 0 else { return false }
        buffer[..<count].withUnsafeBufferPointer { reader.take($0) }
        return !reader.isBroken
    }

    /// Waits for the next frame.
    ///
    /// - Parameter deadline: of the host's clock.
    /// - Returns: nil where the keeper is gone, or it took too long.
    func frame(before deadline: UInt64? = nil) -> KeeperFrame? {
        while true {
            if let frame = next() { return frame }
            var end = pollfd(fd: socket.number, events: Int16(POLLIN), revents: 0)
            var patience: Int32 = -1
            if let deadline {
                let now = HostClock.now()
                guard now < deadline else { return nil }
                patience = Int32(clamping: (deadline - now) / 1_000_000 + 1)
            }
            if poll(&end, 1, patience) < 0, errno != EINTR { return nil }
            if end.revents != 0, !receive() { return next() }
        }
    }

    /// Waits for the container's end.
    ///
    /// - Parameter deadline: of the host's clock.
    /// - Returns: its status; nil where the keeper went without a word, or it took too long.
    func ended(before deadline: UInt64? = nil) -> Int32? {
        while let frame = frame(before: deadline) {
            if frame.kind == .ended, let number = KeeperFrame.number(frame.content) { return Int32(bitPattern: number) }
        }
        return nil
    }
}
