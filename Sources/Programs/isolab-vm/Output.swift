import Glibc
import Machines
import Synchronization

/// Standard output, shared by every thread: a message is one write under a lock, so lines never mix.
enum Output {
    private static let lock = Mutex(())

    static func send(_ message: DriverMessage) {
        guard let line = try? Wire.line(message) else { return }
        lock.withLock { _ in
            var offset = 0
            while offset < line.count {
                let count = line.withUnsafeBytes { write(1, $0.baseAddress! + offset, line.count - offset) }
                if count < 0 && errno == EINTR { continue }
                // Nobody listens any more: the end of input will tell the same.
                if count <= 0 { return }
                offset += count
            }
        }
    }

    static func send(_ event: GuestEvent) { send(DriverMessage(event: event)) }
}
