/// One message of D-Bus (D-Bus Specification, "Message Format").
struct BusMessage: Equatable, Sendable {
    enum Kind: UInt8, Sendable {
        case call = 1
        case reply = 2
        case error = 3
        case signal = 4
    }

    var kind: Kind
    /// By which a reply names its call; never 0.
    var serial: UInt32 = 1
    var path: String?
    var interface: String?
    var member: String?
    /// The name of an error.
    var errorName: String?
    var replySerial: UInt32?
    var destination: String?
    var sender: String?
    var body: [BusValue] = []

    /// Longer ones systemd does not send, and no answer to us is.
    static let longest = 16 << 20
    /// How many bytes tell how long a message is.
    static let prefix = 16

    var signature: String { body.map(\.type).joined() }

    /// As the wire has it.
    var bytes: [UInt8] {
        var content = BusWriter()
        content.write(body)
        func field(_ code: UInt8, _ value: BusValue?) -> BusValue? {
            value.map { .structure([.byte(code), .variant($0)]) }
        }
        let fields = [
            field(1, path.map { .objectPath($0) }), field(2, interface.map { .string($0) }),
            field(3, member.map { .string($0) }), field(4, errorName.map { .string($0) }),
            field(5, replySerial.map { .uint32($0) }), field(6, destination.map { .string($0) }),
            field(7, sender.map { .string($0) }), field(8, body.isEmpty ? nil : .signature(signature)),
        ]
        var header = BusWriter()
        header.write([
            .byte(UInt8(ascii: "l")), .byte(kind.rawValue), .byte(0), .byte(1), .uint32(UInt32(content.bytes.count)),
            .uint32(serial), .array(of: "(yv)", fields.compactMap(\.self)),
        ])
        header.pad(to: 8)
        return header.bytes + content.bytes
    }

    /// How long a message is in all, by its first `prefix` bytes.
    static func length(_ beginning: [UInt8]) throws(BusFault) -> Int {
        var reader = try Self.reader(beginning)
        reader = try skipKind(reader)
        let body = Int(try reader.number(UInt32.self))
        _ = try reader.number(UInt32.self)
        let fields = Int(try reader.number(UInt32.self))
        guard body <= longest, fields <= longest else { throw BusFault("is too long") }
        return (prefix + fields + 7) / 8 * 8 + body
    }

    private static func reader(_ bytes: [UInt8]) throws(BusFault) -> BusReader {
        switch bytes.first {
        case UInt8(ascii: "l"): return BusReader(bytes)
        case UInt8(ascii: "B"): return BusReader(bytes, isBigEndian: true)
        default: throw BusFault("has no byte order")
        }
    }

    /// Past byte order, kind, flags and version.
    private static func skipKind(_ reader: BusReader) throws(BusFault) -> BusReader {
        var reader = reader
        for _ in 0..<3 { _ = try reader.number(UInt8.self) }
        guard try reader.number(UInt8.self) == 1 else { throw BusFault("is of an unknown version") }
        return reader
    }

    /// - Parameter bytes: a whole message.
    init(_ bytes: [UInt8]) throws(BusFault) {
        var reader = try Self.skipKind(try Self.reader(bytes))
        guard bytes.count > 1, let kind = Kind(rawValue: bytes[1]) else { throw BusFault("is of an unknown kind") }
        self.kind = kind
        let length = Int(try reader.number(UInt32.self))
        serial = try reader.number(UInt32.self)
        var signature = ""
        guard case .array(_, let fields)? = try reader.values("a(yv)").first else { throw BusFault("has no header") }
        for case .structure(let field) in fields {
            guard case .byte(let code) = field[0], case .variant(let value) = field[1] else { continue }
            switch (code, value) {
            case (1, .objectPath(let text)): path = text
            case (2, .string(let text)): interface = text
            case (3, .string(let text)): member = text
            case (4, .string(let text)): errorName = text
            case (5, .uint32(let number)): replySerial = number
            case (6, .string(let text)): destination = text
            case (7, .string(let text)): sender = text
            case (8, .signature(let text)): signature = text
            // Fields that are not known are to be passed over.
            case (1...8, _): throw BusFault("has a header field of the wrong type")
            default: continue
            }
        }
        try reader.align(to: 8)
        guard bytes.count - reader.place == length else { throw BusFault("is not as long as it says") }
        body = try reader.values(signature)
        guard reader.place == bytes.count else { throw BusFault("has more than its signature names") }
    }

    init(_ kind: Kind) { self.kind = kind }

    /// A method call.
    static func call(
        _ member: String, of interface: String, at path: String, to destination: String?, _ body: [BusValue]
    ) -> BusMessage {
        var message = BusMessage(.call)
        message.path = path
        message.interface = interface
        message.member = member
        message.destination = destination
        message.body = body
        return message
    }
}
