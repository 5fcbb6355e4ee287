import Glibc
import Linux

/// An answer as it came over the wire.
struct Answer {
    var status = 0
    /// Names in lower case.
    var headers: [String: [String]] = [:]
    var body: [UInt8] = []
    /// Whether the server hung up before all of the body that it announced had come.
    var isCut = false

    subscript(_ name: String) -> String? { headers[name.lowercased()]?.first }

    var text: String { String(decoding: body, as: UTF8.self) }
}

/// HTTP/1.1 on a socket, without anything between the test and the wire.
struct HTTP {
    var port: UInt16

    /// Seconds that a socket waits: a server that hangs fails its test instead of holding it up.
    private static let patience = 30

    /// One request on a connection of its own.
    ///
    /// - Parameter body: its length is announced where `headers` do not say how it is framed.
    func send(
        _ method: String, _ target: String, _ headers: [(String, String)] = [], body: [UInt8]? = nil
    ) throws -> Answer {
        let connection = try Connection(port: port, patience: Self.patience)
        try connection.write(Self.head(method, target, headers + [("Connection", "close")], body: body))
        // A server that has answered already may have hung up.
        try? connection.write(body ?? [])
        return try connection.answer(to: method)
    }

    static func head(
        _ method: String, _ target: String, _ headers: [(String, String)], body: [UInt8]? = nil
    ) -> [UInt8] {
        let host = headers.contains { $0.0.lowercased() == "host" } ? [] : ["Host: localhost"]
        var lines = ["\(method) \(target) HTTP/1.1"] + host + headers.map { "\($0.0): \($0.1)" }
        let isFramed = headers.contains { ["content-length", "transfer-encoding"].contains($0.0.lowercased()) }
        if !isFramed, body != nil || !["GET", "HEAD", "DELETE"].contains(method) {
            lines.append("Content-Length: \(body?.count ?? 0)")
        }
        return Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8)
    }

    /// A body in pieces (RFC 9112, 7.1).
    static func chunked(_ body: [UInt8], by size: Int) -> [UInt8] {
        var result: [UInt8] = []
        var rest = body[...]
        while !rest.isEmpty {
            let piece = rest.prefix(size)
            result += Array("\(String(piece.count, radix: 16))\r\n".utf8) + piece + Array("\r\n".utf8)
            rest = rest.dropFirst(size)
        }
        return result + Array("0\r\n\r\n".utf8)
    }

    /// - Parameter takesLittle: the two kernels keep as little as they can of what the server sends.
    func connect(takesLittle: Bool = false) throws -> Connection {
        try Connection(port: port, patience: Self.patience, takesLittle: takesLittle)
    }
}

/// A connection, for tests that break off in the middle.
final class Connection {
    private let socket: OwnedDescriptor
    private var buffer: [UInt8] = []

    init(port: UInt16, patience: Int, takesLittle: Bool = false) throws {
        let number = try retryingOnInterrupt("socket", "tcp") {
            Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        }
        socket = OwnedDescriptor(owning: number)
        var wait = timeval(tv_sec: patience, tv_usec: 0)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            setsockopt(number, SOL_SOCKET, option, &wait, socklen_t(MemoryLayout<timeval>.size))
        }
        if takesLittle {
            // Small segments make the sender's buffer small, which grows by them.
            var (size, segment): (Int32, Int32) = (4096, 536)
            setsockopt(number, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<Int32>.size))
            setsockopt(number, Int32(IPPROTO_TCP), TCP_MAXSEG, &segment, socklen_t(MemoryLayout<Int32>.size))
        }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(number, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        if result != 0 { throw SystemError("connect", "127.0.0.1:\(port)") }
    }

    func write(_ bytes: [UInt8]) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                Glibc.send(socket.number, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if count < 0 { throw SystemError("send", "request") }
            rest = rest.dropFirst(count)
        }
    }

    /// Sends as much as the kernels take at once.
    func writeWithoutWaiting(_ bytes: [UInt8]) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                Glibc.send(socket.number, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
            }
            if count <= 0 { return }
            rest = rest.dropFirst(count)
        }
    }

    /// Sends bytes over and over, until the other end takes no more or so many are sent.
    ///
    /// - Returns: how many were taken.
    func flood(_ bytes: [UInt8], atMost limit: Int) -> Int {
        var sent = 0
        while sent < limit {
            let count = bytes.withUnsafeBytes {
                Glibc.send(socket.number, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if count <= 0 { break }
            sent += count
        }
        return sent
    }

    /// Whether something has come, or the other end has closed.
    var hasAnswer: Bool {
        var byte: UInt8 = 0
        return recv(socket.number, &byte, 1, Int32(MSG_PEEK) | Int32(MSG_DONTWAIT)) >= 0
    }

    /// Closed with a reset when this goes, as a process that is killed with answers unread leaves its connections.
    func abandon() {
        var now = linger(l_onoff: 1, l_linger: 0)
        setsockopt(socket.number, SOL_SOCKET, SO_LINGER, &now, socklen_t(MemoryLayout<linger>.size))
    }

    /// Nothing more is sent; answers may still come.
    func endWriting() { shutdown(socket.number, Int32(SHUT_WR)) }

    /// More bytes; none at the end.
    private func read() throws -> Bool {
        var piece = [UInt8](repeating: 0, count: 65536)
        let count = try retryingOnInterrupt("recv", "answer") { recv(socket.number, &piece, piece.count, 0) }
        buffer += piece[..<count]
        return count > 0
    }

    /// Whether the other end has closed, waiting for it.
    func isClosedByPeer() throws -> Bool {
        do throws(SystemError) {
            var piece = [UInt8](repeating: 0, count: 65536)
            while true {
                let count = try retryingOnInterrupt("recv", "answer") { recv(socket.number, &piece, piece.count, 0) }
                if count == 0 { return true }
            }
        } catch {
            if error.errno == ECONNRESET { return true }
            if error.errno == EAGAIN { return false }
            throw error
        }
    }

    private func line() throws -> String {
        while true {
            if let end = buffer.firstIndex(of: 0x0A) {
                let line = buffer[..<end]
                buffer.removeFirst(end + 1)
                return String(decoding: line.last == 0x0D ? line.dropLast() : line, as: UTF8.self)
            }
            guard try read() else { throw SystemError("recv", "answer", errno: 0, advice: "the server hung up") }
        }
    }

    private func take(_ count: Int) throws -> [UInt8] {
        while buffer.count < count {
            guard try read() else { throw SystemError("recv", "body", errno: 0, advice: "the body is cut off") }
        }
        defer { buffer.removeFirst(count) }
        return Array(buffer[..<count])
    }

    /// The statuses of all answers to requests with bodies in them, until the other end closes.
    func statuses() throws -> [Int] {
        var found: [Int] = []
        while true {
            do { found.append(try answer(to: "GET").status) } catch { return found }
        }
    }

    func answer(to method: String) throws -> Answer {
        var answer = Answer()
        repeat {
            answer = Answer()
            let status = try line().split(separator: " ")
            answer.status = status.count > 1 ? Int(status[1]) ?? 0 : 0
            while case let line = try line(), !line.isEmpty {
                guard let colon = line.firstIndex(of: ":") else { continue }
                let value = line[line.index(after: colon)...].drop { $0 == " " }
                answer.headers[line[..<colon].lowercased(), default: []].append(String(value))
            }
        } while answer.status == 100
        if method == "HEAD" || answer.status == 204 || answer.status == 304 { return answer }
        if answer["transfer-encoding"] == "chunked" {
            while let size = Int(try line(), radix: 16), size > 0 {
                answer.body += try take(size)
                _ = try line()
            }
        } else if let length = answer["content-length"].flatMap({ Int($0) }) {
            while buffer.count < length, try read() {}
            answer.isCut = buffer.count < length
            answer.body = Array(buffer.prefix(length))
            buffer.removeFirst(answer.body.count)
        } else {
            while try read() {}
            answer.body = buffer
            buffer = []
        }
        return answer
    }
}
