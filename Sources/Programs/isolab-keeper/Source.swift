import CKeeper

/// Where the container's words come from: the reading end of a pipe, or its terminal's master.
final class Source {
    let descriptor: Int32
    let isError: Bool
    private(set) var isOpen = true
    var splitter = LineSplitter()

    init?(_ descriptor: Int32, isError: Bool) {
        guard descriptor >= 0 else { return nil }
        self.descriptor = descriptor
        self.isError = isError
        keeper_set_nonblocking(descriptor)
    }

    var kind: KeeperFrame.Kind { isError ? .error : .output }
    var flag: UInt8 { isError ? AttachFlags.error : AttachFlags.output }

    func giveUp() { isOpen = false }

    /// What was said; empty where nothing is there, or the stream has ended.
    ///
    /// - Parameter isLast: nobody is left who would say more: with the first silence the stream has ended.
    func read(_ buffer: UnsafeMutableBufferPointer<UInt8>, isLast: Bool) -> UnsafeBufferPointer<UInt8> {
        let count = CKeeper.read(descriptor, buffer.baseAddress, buffer.count)
        if count > 0 { return UnsafeBufferPointer(rebasing: UnsafeBufferPointer(buffer)[..<count]) }
        let number = count < 0 ? keeper_errno() : 0
        if number != EINTR, number != EAGAIN || isLast { isOpen = false }
        return UnsafeBufferPointer(start: nil, count: 0)
    }
}
