import CKeeper

/// A command at the other side of the container's socket.
final class Client {
    let descriptor: Int32
    /// What it wants of the container's streams (`AttachFlags`); 0: nothing yet, or the end alone.
    var flags: UInt8
    /// Whether it stays until it is told of the end.
    var isWaiting: Bool
    private var reader = KeeperFrameReader()
    private var queue: [UInt8] = []
    private(set) var isGone = false

    init(_ descriptor: Int32, flags: UInt8 = 0, isWaiting: Bool = false) {
        self.descriptor = descriptor
        self.flags = flags
        self.isWaiting = isWaiting
        keeper_set_nonblocking(descriptor)
    }

    deinit { close(descriptor) }

    /// Bytes that may wait for it before the container has to.
    static let greatestQueue = 65536

    var isFull: Bool { queue.count >= Self.greatestQueue }
    var isFlushed: Bool { queue.isEmpty || isGone }

    /// Whether it has typed into the container, or might have.
    var wantedInput: Bool { flags & AttachFlags.input != 0 }

    func wants(_ stream: UInt8) -> Bool { flags & stream != 0 && !isGone }

    func send(_ kind: KeeperFrame.Kind, _ content: UnsafeBufferPointer<UInt8>) {
        guard !isGone else { return }
        KeeperFrame.appendHead(kind, content.count, to: &queue)
        queue.append(contentsOf: content)
        flush()
    }

    func answer(_ number: Int32) {
        let content = KeeperFrame.content(of: UInt32(bitPattern: number))
        content.withUnsafeBufferPointer { send(.answer, $0) }
    }

    func flush() {
        var sent = 0
        while sent < queue.count {
            let count = queue.withUnsafeBytes {
                CKeeper.send(descriptor, $0.baseAddress! + sent, $0.count - sent, Int32(MSG_NOSIGNAL))
            }
            if count < 0 {
                let number = keeper_errno()
                if number == EINTR { continue }
                if number != EAGAIN { isGone = true }
                break
            }
            sent += count
        }
        if sent == queue.count || isGone { queue = [] } else { queue.removeFirst(sent) }
    }

    /// Takes what it sent.
    func receive(_ buffer: UnsafeMutableBufferPointer<UInt8>) {
        let count = recv(descriptor, buffer.baseAddress, buffer.count, 0)
        if count < 0, [EINTR, EAGAIN].contains(keeper_errno()) { return }
        guard count > 0 else {
            isGone = true
            return
        }
        reader.take(UnsafeBufferPointer(rebasing: UnsafeBufferPointer(buffer)[..<count]))
    }

    func next() -> KeeperFrame? {
        guard !isGone else { return nil }
        let frame = reader.next()
        if reader.isBroken { isGone = true }
        return frame
    }

    func drop() { isGone = true }
}
