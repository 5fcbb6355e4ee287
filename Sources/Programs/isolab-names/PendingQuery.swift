import Glibc
import Networks

/// A question that another server was asked: one after the other, each for two seconds, twice.
struct PendingQuery {
    let query: NameQuery
    let message: [UInt8]
    let container: String
    let asker: Asker
    private var rest: [IPAddress]
    private(set) var deadline: UInt64 = 0
    /// What nobody outside can guess, in place of the container's own.
    private var identifier: UInt16 = 0
    private(set) var awaitsWriting = false
    private var received: [UInt8] = []

    init(query: NameQuery, message: [UInt8], container: String, asker: Asker, servers: [IPAddress]) {
        self.query = query
        self.message = message
        self.container = container
        self.asker = asker
        let servers = Array(servers.prefix(3))
        rest = servers + servers
    }

    mutating func nextServer() -> IPAddress? { rest.isEmpty ? nil : rest.removeFirst() }

    /// Asks a server; nil where it cannot be asked. Each question comes from a port of its own.
    mutating func open(_ server: IPAddress) -> Int32? {
        let type = Int32((asker.isStream ? SOCK_STREAM : SOCK_DGRAM).rawValue) | 0x80000 | 0x800
        let number = socket(server.isV4 ? AF_INET : AF_INET6, type, 0)
        guard number >= 0 else { return nil }
        var address = SocketAddress(server, port: 53)
        let result = address.withPointer { connect(number, $0, $1) }
        guard result == 0 || errno == EINPROGRESS else {
            close(number)
            return nil
        }
        identifier = UInt16.random(in: 0...UInt16.max)
        received = []
        deadline = NameServer.now() + 2_000
        awaitsWriting = asker.isStream
        if !asker.isStream, send(number, question, question.count, Int32(MSG_NOSIGNAL)) != question.count {
            close(number)
            return nil
        }
        return number
    }

    private var question: [UInt8] {
        [UInt8(identifier >> 8), UInt8(truncatingIfNeeded: identifier)] + message.dropFirst(2)
    }

    enum Progress {
        case waits
        case answered([UInt8])
        case failed
    }

    mutating func proceed(_ number: Int32) -> Progress {
        if awaitsWriting {
            let framed =
                [UInt8(truncatingIfNeeded: message.count >> 8), UInt8(truncatingIfNeeded: message.count)] + question
            guard send(number, framed, framed.count, Int32(MSG_NOSIGNAL)) == framed.count else { return .failed }
            awaitsWriting = false
            return .waits
        }
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = recv(number, &buffer, buffer.count, Int32(MSG_DONTWAIT))
        if count < 0, errno == EAGAIN || errno == EINTR { return .waits }
        guard count > 0 else { return .failed }
        guard asker.isStream else {
            // Anything else is not from whom was asked.
            return answer(Array(buffer.prefix(count))).map { .answered($0) } ?? .waits
        }
        received += buffer.prefix(count)
        guard received.count >= 2 else { return .waits }
        let length = Int(received[0]) << 8 | Int(received[1])
        guard received.count >= length + 2 else { return .waits }
        return answer(Array(received[2..<(length + 2)])).map { .answered($0) } ?? .failed
    }

    /// The answer as the container knows its question; nil for what is no answer to it.
    private func answer(_ message: [UInt8]) -> [UInt8]? {
        guard message.count >= 12, message[0] == UInt8(identifier >> 8),
            message[1] == UInt8(truncatingIfNeeded: identifier), message[2] & 0x80 != 0
        else { return nil }
        let repeated = message.dropFirst(12).prefix(query.question.count)
        // A server that refuses may leave the question out.
        guard repeated.elementsEqual(query.question) || message[4] == 0 && message[5] == 0 else { return nil }
        return [UInt8(query.identifier >> 8), UInt8(truncatingIfNeeded: query.identifier)] + message.dropFirst(2)
    }
}
