import Glibc
import Linux
import Synchronization

/// An HTTP server that answers as a test tells it to: with lies, too much, too little, or not at all.
///
/// It speaks no TLS: whoever tries is hung up on, as a plain server does it.
final class ScriptedServer: Sendable {
    struct Request: Sendable {
        var method: String
        var target: String
        /// Names in lower case.
        var fields: [String: String]
        var body: [UInt8]

        var path: String { String(target.prefix { $0 != "?" }) }
    }

    typealias Handler = @Sendable (Request, Wire) -> Void

    let port: UInt16
    private let listener: Int32
    private let state = Mutex(State())
    private let handler: Handler

    private struct State {
        var requests: [Request] = []
        var connections: [Int32] = []
        var isEnded = false
    }

    /// `127.0.0.1:port`
    var name: String { "127.0.0.1:\(port)" }

    /// What was asked so far, in order.
    var requests: [Request] { state.withLock { $0.requests } }

    init(_ handler: @escaping Handler) throws {
        self.handler = handler
        (listener, port) = try Loopback.listen()
        Loopback.serve(listener) { [weak self] connection in
            guard let self,
                self.state.withLock({ state in
                    if !state.isEnded { state.connections.append(connection) }
                    return !state.isEnded
                })
            else { return }
            self.converse(connection)
        }
    }

    deinit {
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
        state.withLock { state in
            for connection in state.connections { shutdown(connection, Int32(SHUT_RDWR)) }
        }
    }

    private func converse(_ connection: Int32) {
        let wire = Wire(connection)
        while let request = wire.read() {
            state.withLock { $0.requests.append(request) }
            handler(request, wire)
            if wire.isClosed { break }
        }
        state.withLock { $0.connections.removeAll { $0 == connection } }
        wire.finish()
    }

    /// One connection, on the side of the server.
    final class Wire {
        private let connection: Int32
        private var pending: [UInt8] = []
        private(set) var isClosed = false

        init(_ connection: Int32) { self.connection = connection }

        /// The next request; nil at the end, and where it is TLS.
        func read() -> Request? {
            guard let end = fill(until: { Self.endOfHead($0) }) else { return nil }
            let head = String(decoding: pending[..<end], as: UTF8.self).split(separator: "\r\n")
            pending.removeFirst(end)
            let words = (head.first ?? "").split(separator: " ")
            guard words.count == 3 else { return nil }
            var fields: [String: String] = [:]
            for line in head.dropFirst() {
                let parts = line.split(separator: ":", maxSplits: 1)
                if parts.count == 2 { fields[parts[0].lowercased()] = String(parts[1].drop { $0 == " " }) }
            }
            let length = fields["content-length"].flatMap { Int($0) } ?? 0
            guard fill(until: { $0.count >= length ? length : nil }) != nil else { return nil }
            let body = Array(pending.prefix(length))
            pending.removeFirst(length)
            return Request(method: String(words[0]), target: String(words[1]), fields: fields, body: body)
        }

        /// A whole answer.
        func answer(_ status: Int, _ fields: [(String, String)] = [], _ body: [UInt8] = [], length: Int? = nil) {
            send(head(status, fields + [("Content-Length", "\(length ?? body.count)")]) + body)
        }

        func answer(_ status: Int, _ fields: [(String, String)] = [], text: String) {
            answer(status, fields, Array(text.utf8))
        }

        func head(_ status: Int, _ fields: [(String, String)]) -> [UInt8] {
            Array(("HTTP/1.1 \(status) Whatever\r\n" + fields.map { "\($0): \($1)\r\n" }.joined() + "\r\n").utf8)
        }

        /// - Returns: false once the other end is gone.
        @discardableResult
        func send(_ bytes: [UInt8]) -> Bool {
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = rest.withUnsafeBytes {
                    Glibc.send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
                }
                guard count > 0 else {
                    isClosed = true
                    return false
                }
                rest = rest.dropFirst(count)
            }
            return true
        }

        /// Hangs up amid whatever was said.
        func hangUp() { isClosed = true }

        func finish() { close(connection) }

        private static func endOfHead(_ bytes: [UInt8]) -> Int? {
            guard bytes.first != 0x16, bytes.count >= 4 else { return nil }
            let mark: [UInt8] = [13, 10, 13, 10]
            return bytes.indices.dropLast(3).first { Array(bytes[$0..<$0 + 4]) == mark }.map { $0 + 4 }
        }

        private func fill(until end: ([UInt8]) -> Int?) -> Int? {
            var buffer = [UInt8](repeating: 0, count: 64 << 10)
            while true {
                if let end = end(pending) { return end }
                if pending.first == 0x16 { return nil }
                let count = recv(connection, &buffer, buffer.count, 0)
                guard count > 0 else { return nil }
                pending += buffer.prefix(count)
            }
        }
    }
}

/// Sockets of this machine's own address.
enum Loopback {
    static func listen() throws -> (Int32, UInt16) {
        let (listener, port) = try bind()
        guard Glibc.listen(listener, 64) == 0 else { throw SystemError("listen", "loopback") }
        return (listener, port)
    }

    /// A port that is nobody else's, and that nobody listens at.
    static func bind() throws -> (Int32, UInt16) {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard listener >= 0 else { throw SystemError("socket", "loopback") }
        _ = fcntl(listener, F_SETFD, FD_CLOEXEC)
        var address = Self.address(0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.bind(listener, $0, length) == 0 ? getsockname(listener, $0, &length) : -1
            }
        }
        guard result == 0 else { throw SystemError("bind", "loopback") }
        return (listener, UInt16(bigEndian: address.sin_port))
    }

    static func connect(_ port: UInt16) -> Int32? {
        let connection = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard connection >= 0 else { return nil }
        _ = fcntl(connection, F_SETFD, FD_CLOEXEC)
        var address = Self.address(port)
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(connection, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else {
            close(connection)
            return nil
        }
        return connection
    }

    /// Takes connections until the listener is closed, each on a thread of its own.
    static func serve(_ listener: Int32, _ converse: @escaping @Sendable (Int32) -> Void) {
        thread {
            while true {
                let connection = accept(listener, nil, nil)
                if connection < 0 {
                    if errno == EINTR || errno == ECONNABORTED { continue }
                    return
                }
                _ = fcntl(connection, F_SETFD, FD_CLOEXEC)
                thread { converse(connection) }
            }
        }
    }

    static func thread(_ body: @escaping @Sendable () -> Void) {
        final class Work: Sendable {
            let body: @Sendable () -> Void
            init(_ body: @escaping @Sendable () -> Void) { self.body = body }
        }
        var thread = pthread_t()
        let context = Unmanaged.passRetained(Work(body)).toOpaque()
        let made = pthread_create(
            &thread, nil,
            { context in
                guard let context else { return nil }
                Unmanaged<Work>.fromOpaque(context).takeRetainedValue().body()
                return nil
            }, context)
        if made == 0 { pthread_detach(thread) }
    }

    private static func address(_ port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return address
    }
}
