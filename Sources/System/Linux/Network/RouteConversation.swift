internal import CLinux
internal import Glibc

/// A conversation with the kernel about the devices, addresses and routes of one network namespace, wherever the caller is.
package struct RouteConversation: ~Copyable {
    private let socket: OwnedDescriptor
    private var sequence: UInt32 = 0

    /// About the caller's own.
    ///
    /// - Parameter protocol: of netlink(7): what else speaks so, such as 12 for the rules of packets.
    package init(protocol: Int32 = 0) throws(SystemError) {
        let number = Glibc.socket(AF_NETLINK, Int32(SOCK_RAW.rawValue) | 0x80000, `protocol`)
        guard number >= 0 else { throw SystemError("socket", "netlink \(`protocol`)") }
        socket = OwnedDescriptor(owning: number)
    }

    /// - Parameter namespace: whose it is about.
    package init(in namespace: borrowing OwnedDescriptor) throws(SystemError) {
        let number = isolab_socket_in_network(namespace.number, AF_NETLINK, Int32(SOCK_RAW.rawValue), 0)
        guard number >= 0 else { throw SystemError("socket", "netlink route of a network namespace") }
        socket = OwnedDescriptor(owning: number)
    }

    /// What the kernel answers to a request, besides that it was done.
    package struct Answer: Equatable, Sendable {
        package var type: UInt16
        package var payload: [UInt8]

        package init(type: UInt16, payload: [UInt8]) {
            self.type = type
            self.payload = payload
        }

        /// The attributes behind a header of some length, by their numbers; the last one of a number.
        package func attributes(after length: Int) -> [UInt16: [UInt8]] {
            var result: [UInt16: [UInt8]] = [:]
            var place = length
            while place + 4 <= payload.count {
                let size = Int(payload[place]) | Int(payload[place + 1]) << 8
                // The two highest bits say how the content is written.
                let type = (UInt16(payload[place + 2]) | UInt16(payload[place + 3]) << 8) & 0x3FFF
                guard size >= 4, place + size <= payload.count else { break }
                result[type] = Array(payload[(place + 4)..<(place + size)])
                place += (size + 3) & ~3
            }
            return result
        }
    }

    /// A device as the kernel shows it.
    package struct Link: Equatable, Sendable {
        package var index: UInt32
        package var isUp: Bool
        package var hardwareAddress: [UInt8]?
        /// `bridge`, `veth`, …
        package var kind: String?

        init?(_ answer: Answer) {
            guard answer.type == RouteMessage.Number.newLink, answer.payload.count >= 16 else { return nil }
            func text(_ bytes: [UInt8]?) -> String? {
                bytes.map { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
            }
            let attributes = answer.attributes(after: 16)
            index = answer.payload.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: 4, as: UInt32.self) }
            isUp = answer.payload[8] & 1 != 0
            hardwareAddress = attributes[1]
            kind = attributes[18].flatMap {
                text(Answer(type: 0, payload: $0).attributes(after: 0)[1])
            }
        }
    }

    /// A device by its name; nil where there is none.
    package mutating func link(_ name: String) throws(SystemError) -> Link? {
        var message = RouteMessage.getLink(name: name)
        message.tolerated = [ENODEV]
        return try perform([message]).compactMap(Link.init).first
    }

    /// Asks for things in one message each, sent together; the kernel does them in this order, and the rest where one fails.
    ///
    /// - Returns: what it answered.
    /// - Throws: the first failure that is not tolerated.
    @discardableResult
    package mutating func perform(_ messages: [RouteMessage]) throws(SystemError) -> [Answer] {
        guard let last = messages.last else { return [] }
        let first = sequence + 1
        var bytes: [UInt8] = []
        for message in messages {
            sequence += 1
            bytes += message.bytes(sequence: sequence)
        }
        let descriptor = socket.number
        try retryingOnInterrupt(last.operation, last.object) { send(descriptor, bytes, bytes.count, 0) }
        var answers: [Answer] = []
        var failure: SystemError?
        var open = messages.count
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while open > 0 {
            let count = try retryingOnInterrupt(last.operation, last.object) {
                recv(descriptor, &buffer, buffer.count, 0)
            }
            for (header, payload) in Self.parts(buffer[..<count]) {
                // Anything older is the end of a conversation that was broken off.
                guard header.sequence >= first, header.sequence <= sequence else { continue }
                let message = messages[Int(header.sequence - first)]
                switch header.type {
                case 2:
                    open -= 1
                    guard payload.count >= 4 else { continue }
                    let number = -payload.withUnsafeBytes { $0.loadUnaligned(as: Int32.self) }
                    if number != 0, !message.tolerated.contains(number), failure == nil {
                        failure = SystemError(message.operation, message.object, errno: number)
                    }
                case 3: open -= 1
                default: answers.append(Answer(type: header.type, payload: payload))
                }
            }
        }
        if let failure { throw failure }
        return answers
    }

    private static func parts(
        _ bytes: ArraySlice<UInt8>
    ) -> [(header: (type: UInt16, sequence: UInt32), payload: [UInt8])] {
        var result: [(header: (type: UInt16, sequence: UInt32), payload: [UInt8])] = []
        var rest = Array(bytes)[...]
        while rest.count >= 16 {
            let (length, type, sequence) = rest.withUnsafeBytes {
                (
                    Int($0.loadUnaligned(as: UInt32.self)), $0.loadUnaligned(fromByteOffset: 4, as: UInt16.self),
                    $0.loadUnaligned(fromByteOffset: 8, as: UInt32.self)
                )
            }
            guard length >= 16, length <= rest.count else { break }
            result.append(((type, sequence), Array(rest.dropFirst(16).prefix(length - 16))))
            rest = rest.dropFirst((length + 3) & ~3)
        }
        return result
    }
}
