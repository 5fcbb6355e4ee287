import Glibc
import Linux

/// One end of D-Bus: asks, and waits for the answer or for a signal, with a limit.
final class BusConnection {
    let address: BusAddress
    /// Ours on a bus, `:1.42`.
    private(set) var name: String?
    private let socket: OwnedDescriptor
    private var serial: UInt32 = 0
    /// What came and is no whole message yet.
    private var received: [UInt8] = []
    /// Signals that came while something else was waited for.
    private var signals: [BusMessage] = []

    /// How long systemd may take for an answer; it starts units one after the other on a loaded host.
    static let patience = 30

    /// Connects as the user this process is, which the other side learns from the kernel (SASL's EXTERNAL without a name: in a user
    /// namespace ours would be another).
    init(to address: BusAddress) throws(BusError) {
        self.address = address
        do throws(SystemError) { socket = try UnixSocket.connect(address.path) } catch {
            throw BusError("connect to", "systemd", .system(error))
        }
        try authenticate()
        if address.isBus {
            let answer = try call(
                .call(
                    "Hello", of: "org.freedesktop.DBus", at: "/org/freedesktop/DBus", to: "org.freedesktop.DBus", []),
                about: address.path)
            if case .string(let name)? = answer.first { self.name = name }
        }
    }

    /// All of our side at once: systemd's end looks at what follows `BEGIN` when more comes, and would leave a first call lie that it read
    /// together with that.
    private func authenticate() throws(BusError) {
        try send(Array("\0AUTH EXTERNAL\r\nDATA\r\nBEGIN\r\n".utf8), "authenticate at")
        var answer = try line()
        if answer.starts("DATA") { answer = try line() }
        guard answer.starts("OK") else {
            throw BusError("authenticate at", address.path, .refused(name: answer, message: "no access for this user"))
        }
    }

    /// A line of the authentication, without its end.
    private func line() throws(BusError) -> String {
        let deadline = Self.deadline()
        while true {
            if let end = received.firstIndex(of: UInt8(ascii: "\n")) {
                let line = received[..<end]
                received.removeFirst(end + 1)
                return String(decoding: line.last == UInt8(ascii: "\r") ? line.dropLast() : line, as: UTF8.self)
            }
            guard received.count < 4096 else {
                throw BusError("authenticate at", address.path, .malformed("a line without end"))
            }
            try receive("authenticate at", address.path, until: deadline)
        }
    }

    // MARK: - Requests

    /// Sends a call and waits for its answer.
    ///
    /// - Parameter object: what it is about, for errors.
    func call(_ message: BusMessage, about object: String) throws(BusError) -> [BusValue] {
        let operation = message.member ?? "call"
        try send(message)
        let deadline = Self.deadline()
        while true {
            let answer = try next(operation, object, until: deadline)
            if answer.kind == .signal { signals.append(answer) }
            guard answer.replySerial == serial else { continue }
            switch answer.kind {
            case .reply: return answer.body
            case .error:
                var words = ""
                if case .string(let text)? = answer.body.first { words = text }
                throw BusError(operation, object, .refused(name: answer.errorName ?? "", message: words))
            default: continue
            }
        }
    }

    /// Sends a message under a serial of its own.
    func send(_ message: BusMessage) throws(BusError) {
        var message = message
        serial += 1
        message.serial = serial
        try send(message.bytes, message.member ?? "send")
    }

    /// The first signal for which a body answers something, of those that came already too.
    ///
    /// - Parameter sender: whose it must be, by the name that the bus gave it; on a bus anybody may send one.
    func signal<Result>(
        _ member: String, from sender: String?, about object: String, _ body: ([BusValue]) -> Result?
    ) throws(BusError) -> Result {
        let deadline = Self.deadline()
        while true {
            while !signals.isEmpty {
                let signal = signals.removeFirst()
                guard signal.member == member, sender == nil || signal.sender == sender else { continue }
                if let result = body(signal.body) { return result }
            }
            let message = try next(member, object, until: deadline)
            if message.kind == .signal { signals.append(message) }
        }
    }

    // MARK: - Bytes

    private static func deadline() -> UInt64 { HostClock.now() + UInt64(patience) * 1_000_000_000 }

    private func next(
        _ operation: String, _ object: String, until deadline: UInt64
    ) throws(BusError) -> BusMessage {
        while true {
            do throws(BusFault) { if let message = try takeMessage() { return message } } catch {
                throw BusError(operation, object, .malformed("\(error)"))
            }
            try receive(operation, object, until: deadline)
        }
    }

    /// The first message of what has come; nil where it is not whole yet.
    private func takeMessage() throws(BusFault) -> BusMessage? {
        guard received.count >= BusMessage.prefix else { return nil }
        let length = try BusMessage.length(Array(received.prefix(BusMessage.prefix)))
        guard received.count >= length else { return nil }
        let bytes = Array(received.prefix(length))
        received.removeFirst(length)
        return try BusMessage(bytes)
    }

    private func receive(
        _ operation: String, _ object: String, until deadline: UInt64
    ) throws(BusError) {
        let now = HostClock.now()
        let wait = now < deadline ? Int32((deadline - now) / 1_000_000) : 0
        var chunk = [UInt8](repeating: 0, count: 16 << 10)
        let count: Int
        do throws(SystemError) {
            var ready = pollfd(fd: socket.number, events: Int16(POLLIN), revents: 0)
            if try retryingOnInterrupt("poll", address.path, { poll(&ready, 1, wait) }) == 0 {
                count = -1
            } else {
                count = try retryingOnInterrupt("read", address.path) { read(socket.number, &chunk, chunk.count) }
            }
        } catch { throw BusError(operation, object, .system(error)) }
        guard count != 0 else {
            throw BusError(operation, object, .system(SystemError("read", address.path, errno: ECONNRESET)))
        }
        guard count > 0 else { throw BusError(operation, object, .silence(seconds: Self.patience)) }
        received += chunk.prefix(count)
    }

    private func send(_ bytes: [UInt8], _ operation: String) throws(BusError) {
        var sent = 0
        do throws(SystemError) {
            while sent < bytes.count {
                // Whoever asks may not have decided what a broken pipe is to do to it.
                sent += try retryingOnInterrupt("send", address.path) {
                    bytes[sent...].withUnsafeBytes {
                        Glibc.send(socket.number, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
                    }
                }
            }
        } catch { throw BusError(operation, address.path, .system(error)) }
    }
}
