import Glibc
import Linux

/// One kept-alive HTTP/1.1 connection that costs as little as it can: the registry is what is measured.
final class Client {
    private let socket: OwnedDescriptor
    private var buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
    /// What is in the buffer and was not taken yet.
    private var held = 0..<0

    init(port: UInt16) throws {
        let number = try retryingOnInterrupt("socket", "tcp") {
            Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        }
        socket = OwnedDescriptor(owning: number)
        var one: Int32 = 1
        setsockopt(number, Int32(IPPROTO_TCP), TCP_NODELAY, &one, 4)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(number, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        if result != 0 { throw SystemError("connect", "127.0.0.1:\(port)") }
    }

    deinit { buffer.deallocate() }

    struct Answer {
        var status = 0
        var location: String?
        /// Bytes of the body, which were read and are gone.
        var length = 0
        /// A sum of the body's bytes that shows whether they are the right ones.
        var checksum: UInt64 = 0
    }

    /// - Parameter checking: adds the body up, which costs time: for runs that are not measured.
    func send(
        _ method: String, _ target: String, _ headers: String = "", body: UnsafeRawBufferPointer? = nil,
        checking: Bool = false
    ) throws -> Answer {
        let length = body.map { "Content-Length: \($0.count)\r\n" } ?? (method == "POST" ? "Content-Length: 0\r\n" : "")
        var head = "\(method) \(target) HTTP/1.1\r\nHost: localhost\r\n\(headers)\(length)\r\n"
        if let body, body.count <= 65536 {
            // Together, as clients send what is small.
            var bytes = Array(head.utf8)
            bytes += body
            try bytes.withUnsafeBytes { try write($0) }
        } else {
            try head.withUTF8 { try write(UnsafeRawBufferPointer($0)) }
            if let body { try write(body) }
        }
        return try answer(checking)
    }

    private func write(_ bytes: UnsafeRawBufferPointer) throws {
        var rest = bytes
        while !rest.isEmpty {
            let count = Glibc.send(socket.number, rest.baseAddress, min(rest.count, 1 << 20), Int32(MSG_NOSIGNAL))
            if count < 0 { throw SystemError("send", "request") }
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        }
    }

    private func fill() throws {
        if held.isEmpty { held = 0..<0 }
        let free = UnsafeMutableRawBufferPointer(rebasing: buffer[held.upperBound...])
        let count = recv(socket.number, free.baseAddress, free.count, 0)
        guard count > 0 else { throw SystemError("recv", "answer", errno: count == 0 ? ECONNRESET : errno) }
        held = held.lowerBound..<(held.upperBound + count)
    }

    private func answer(_ checking: Bool) throws -> Answer {
        var answer = Answer()
        var lines = 0
        while true {
            guard let end = buffer[held].firstIndex(of: 0x0A) else {
                try fill()
                continue
            }
            let line = String(decoding: buffer[held.lowerBound..<end], as: UTF8.self).dropLast()
            held = (end + 1)..<held.upperBound
            if line.isEmpty { break }
            if lines == 0 {
                answer.status = Int(line.dropFirst(9).prefix(3)) ?? 0
            } else if line.utf8.count > 15, let colon = line.firstIndex(of: ":") {
                switch line[..<colon].lowercased() {
                case "content-length": answer.length = Int(line[colon...].dropFirst(2)) ?? 0
                case "location": answer.location = String(line[colon...].dropFirst(2))
                default: break
                }
            }
            lines += 1
        }
        var left = answer.status == 204 ? 0 : answer.length
        while left > 0 {
            if held.isEmpty { try fill() }
            let taken = min(left, held.count)
            if checking {
                for byte in buffer[held.prefix(taken)] { answer.checksum = answer.checksum &* 31 &+ UInt64(byte) }
            }
            held = (held.lowerBound + taken)..<held.upperBound
            left -= taken
        }
        return answer
    }
}
