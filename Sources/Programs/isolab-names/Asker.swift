import Glibc

/// Who waits for an answer.
enum Asker {
    case packet(socket: Int32, place: sockaddr_storage, length: socklen_t)
    case stream(Int32)

    var isStream: Bool {
        if case .stream = self { return true }
        return false
    }

    func isStream(_ number: Int32) -> Bool {
        if case .stream(number) = self { return true }
        return false
    }

    /// Sends an answer, if it can be taken at once: whoever does not take it asks again.
    func send(_ answer: [UInt8]) {
        switch self {
        case .packet(let socket, var place, let length):
            _ = withUnsafePointer(to: &place) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    sendto(socket, answer, answer.count, Int32(MSG_DONTWAIT | MSG_NOSIGNAL), $0, length)
                }
            }
        case .stream(let socket):
            let framed =
                [UInt8(truncatingIfNeeded: answer.count >> 8), UInt8(truncatingIfNeeded: answer.count)] + answer
            _ = Glibc.send(socket, framed, framed.count, Int32(MSG_DONTWAIT | MSG_NOSIGNAL))
        }
    }
}

/// A container's connection: questions behind their lengths (RFC 1035, 4.2.2).
struct Connection {
    let container: String
    let deadline: UInt64
    var buffer: [UInt8] = []

    /// The whole questions that have come; nil where one is longer than any.
    mutating func takeMessages() -> [[UInt8]]? {
        var messages: [[UInt8]] = []
        while buffer.count >= 2 {
            let length = Int(buffer[0]) << 8 | Int(buffer[1])
            guard length <= 4096, messages.count < 16 else { return nil }
            guard buffer.count >= 2 + length else { break }
            messages.append(Array(buffer[2..<(2 + length)]))
            buffer.removeFirst(2 + length)
        }
        return messages
    }
}
