/// A question for a name, and the answers to it, as RFC 1035 writes them.
package struct NameQuery: Equatable, Sendable {
    package enum Kind: Equatable, Sendable {
        case v4, v6, pointer
        case other(UInt16)

        init(_ number: UInt16) {
            switch number {
            case 1: self = .v4
            case 28: self = .v6
            case 12: self = .pointer
            default: self = .other(number)
            }
        }
    }

    package var identifier: UInt16
    /// In small letters, without the dot at its end.
    package var name: String
    package var kind: Kind
    /// The question's bytes, as they are repeated in an answer.
    package var question: [UInt8]
    /// Whether it asks that others are asked, too.
    package var isRecursive: Bool
    /// Bytes that the asker takes in one packet.
    package var limit: Int

    /// Nil for what is not one question of the Internet's class.
    package init?(_ message: [UInt8]) {
        guard message.count >= 17, message.count <= 4096 else { return nil }
        func number(_ place: Int) -> UInt16 { UInt16(message[place]) << 8 | UInt16(message[place + 1]) }
        // A query with the ordinary operation, one question, and nothing answered.
        guard message[2] & 0xF8 == 0, number(4) == 1, number(6) == 0, number(8) == 0 else { return nil }
        identifier = number(0)
        isRecursive = message[2] & 1 != 0
        var place = 12
        var labels: [String] = []
        while true {
            guard place < message.count else { return nil }
            let length = Int(message[place])
            if length == 0 { break }
            // No compression in a question.
            guard length < 64, place + 1 + length < message.count else { return nil }
            let label = message[(place + 1)...(place + length)].map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
            // What is not a letter of a host's name is nobody's here, and is passed on as it is.
            labels.append(
                String(decoding: label.map { $0 > 0x20 && $0 < 0x7F && $0 != 0x2E ? $0 : 0x3F }, as: UTF8.self))
            place += length + 1
            guard place - 12 < 255 else { return nil }
        }
        guard place + 5 <= message.count, number(place + 3) == 1 else { return nil }
        name = labels.joined(separator: ".")
        kind = Kind(number(place + 1))
        question = Array(message[12..<(place + 5)])
        limit = 512
        // An OPT record says how much more (RFC 6891).
        let option = place + 5
        if number(10) >= 1, option + 11 <= message.count, message[option] == 0, number(option + 1) == 41 {
            limit = max(512, min(Int(number(option + 3)), 4096))
        }
    }

    package enum Failure: UInt8, Sendable {
        case form = 1
        case server = 2
        case unknown = 3
        case refused = 5
    }

    /// An answer with addresses; with none, that there is such a name and nothing of this kind.
    package func answer(_ addresses: [IPAddress], isTruncating: Bool = true) -> [UInt8] {
        records(addresses.map { ($0.isV4 ? 1 : 28, $0.bytes) }, isTruncating: isTruncating)
    }

    /// An answer with the name of an address.
    package func answer(name: String) -> [UInt8] {
        var bytes: [UInt8] = []
        for label in name.utf8.split(separator: 0x2E) where (1...63).contains(label.count) {
            bytes += [UInt8(label.count)] + Array(label)
        }
        return records([(12, bytes + [0])], isTruncating: true)
    }

    private func records(_ records: [(type: UInt16, data: [UInt8])], isTruncating: Bool) -> [UInt8] {
        var body: [UInt8] = []
        var count: UInt16 = 0
        var isCut = false
        for (type, data) in records {
            // Its name is the question's; five seconds, as a container may get another address.
            let record: [UInt8] =
                [0xC0, 12, UInt8(type >> 8), UInt8(truncatingIfNeeded: type), 0, 1, 0, 0, 0, 5]
                + [UInt8(data.count >> 8), UInt8(truncatingIfNeeded: data.count)] + data
            if isTruncating, 12 + question.count + body.count + record.count > limit {
                isCut = true
                break
            }
            body += record
            count += 1
        }
        return header(isCut: isCut, code: 0, count: count) + question + body
    }

    package func failure(_ failure: Failure) -> [UInt8] {
        header(isCut: false, code: failure.rawValue, count: 0) + question
    }

    private func header(isCut: Bool, code: UInt8, count: UInt16) -> [UInt8] {
        [
            UInt8(identifier >> 8), UInt8(truncatingIfNeeded: identifier),
            // An answer, which is this server's own; others are asked where that is wanted.
            0x80 | 0x04 | (isCut ? 0x02 : 0) | (isRecursive ? 0x01 : 0), 0x80 | code, 0, 1, UInt8(count >> 8),
            UInt8(truncatingIfNeeded: count), 0, 0, 0, 0,
        ]
    }
}
