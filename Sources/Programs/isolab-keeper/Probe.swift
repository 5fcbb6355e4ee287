import CKeeper

/// An isolab that asks for the container's health, writes the answer down, and says in how many milliseconds to ask again.
final class Probe {
    let descriptor: Int32
    private let process: Int32
    private var words: [UInt8] = []

    private init(_ descriptor: Int32, _ process: Int32) {
        self.descriptor = descriptor
        self.process = process
    }

    deinit { close(descriptor) }

    static func start(_ isolab: UnsafeMutablePointer<CChar>, _ identifier: UnsafeMutablePointer<CChar>) -> Probe? {
        let words: [UnsafeMutablePointer<CChar>?] = [
            isolab, Keeper.text("keep"), identifier, Keeper.text("probe"), nil,
        ]
        defer {
            words[1]?.deallocate()
            words[3]?.deallocate()
        }
        var process: Int32 = 0
        let descriptor = words.withUnsafeBufferPointer { keeper_start($0.baseAddress!, &process) }
        return descriptor < 0 ? nil : Probe(descriptor, process)
    }

    /// What it says; nil until it has ended, −1 where it is not to be asked again.
    func read(_ buffer: UnsafeMutableBufferPointer<UInt8>) -> Int64? {
        let count = CKeeper.read(descriptor, buffer.baseAddress, buffer.count)
        if count < 0, keeper_errno() == EAGAIN || keeper_errno() == EINTR { return nil }
        if count > 0 {
            if words.count < 64 { words.append(contentsOf: buffer[..<min(count, 64)]) }
            return nil
        }
        while let last = words.last, last <= 0x20 { words.removeLast() }
        // One that was killed has said nothing.
        return words.withUnsafeBufferPointer { KeeperOrder.number($0) } ?? 30_000
    }

    func end() { _ = kill(-process, SIGKILL) }
}
