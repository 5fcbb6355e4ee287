/// Takes values out of a message, whatever it claims: every length is compared with what is there.
///
/// Places are counted from the first byte it is given, which must be at a multiple of eight in the message.
struct BusReader {
    private let bytes: [UInt8]
    private let isBigEndian: Bool
    private(set) var place = 0

    /// Deeper values no message may have (D-Bus Specification, "Valid Signatures": 32 arrays in 32 structures).
    private static let deepest = 64

    init(_ bytes: [UInt8], isBigEndian: Bool = false) {
        self.bytes = bytes
        self.isBigEndian = isBigEndian
    }

    mutating func align(to alignment: Int) throws(BusFault) {
        while place % alignment != 0 {
            guard place < bytes.count else { throw BusFault("ends in padding") }
            place += 1
        }
    }

    private mutating func take(_ count: Int) throws(BusFault) -> ArraySlice<UInt8> {
        guard count <= bytes.count - place else { throw BusFault("ends before a value does") }
        defer { place += count }
        return bytes[place..<place + count]
    }

    mutating func number<Number: FixedWidthInteger>(_ type: Number.Type) throws(BusFault) -> Number {
        try align(to: Number.bitWidth / 8)
        var number: Number = 0
        let taken = try take(Number.bitWidth / 8)
        withUnsafeMutableBytes(of: &number) { $0.copyBytes(from: taken) }
        return isBigEndian ? Number(bigEndian: number) : Number(littleEndian: number)
    }

    private mutating func text(_ length: Int) throws(BusFault) -> String {
        let taken = try take(length)
        guard try take(1).first == 0, !taken.contains(0) else { throw BusFault("has a text without its end") }
        guard let text = String(validating: taken, as: UTF8.self) else {
            throw BusFault("has a text that is not UTF-8")
        }
        return text
    }

    /// Values of the types a signature names.
    mutating func values(_ signature: String) throws(BusFault) -> [BusValue] {
        let letters = Array(signature.utf8)
        var values: [BusValue] = []
        var next = 0
        while next < letters.count {
            let end = try Self.end(ofTypeAt: next, in: letters)
            values.append(try value(letters[next..<end], depth: 0))
            next = end
        }
        return values
    }

    private mutating func value(_ type: ArraySlice<UInt8>, depth: Int) throws(BusFault) -> BusValue {
        guard depth < Self.deepest else { throw BusFault("is nested too deeply") }
        guard let letter = type.first else { throw BusFault("has a value without a type") }
        switch Unicode.Scalar(letter) {
        case "y": return .byte(try number(UInt8.self))
        case "b":
            let number = try number(UInt32.self)
            guard number <= 1 else { throw BusFault("has a truth value of \(number)") }
            return .boolean(number == 1)
        case "n": return .int16(try number(Int16.self))
        case "q": return .uint16(try number(UInt16.self))
        case "i": return .int32(try number(Int32.self))
        case "u": return .uint32(try number(UInt32.self))
        case "h": return .descriptor(try number(UInt32.self))
        case "x": return .int64(try number(Int64.self))
        case "t": return .uint64(try number(UInt64.self))
        case "d": return .double(Double(bitPattern: try number(UInt64.self)))
        case "s": return .string(try text(Int(try number(UInt32.self))))
        case "o": return .objectPath(try text(Int(try number(UInt32.self))))
        case "g": return .signature(try text(Int(try number(UInt8.self))))
        case "v":
            let inner = Array(try text(Int(try number(UInt8.self))).utf8)
            guard try Self.end(ofTypeAt: 0, in: inner) == inner.count else {
                throw BusFault("has a variant with more than one type")
            }
            return .variant(try value(inner[...], depth: depth + 1))
        case "a":
            let element = type.dropFirst()
            let length = Int(try number(UInt32.self))
            try align(to: element.first.flatMap(BusAlignment.of) ?? 1)
            guard length <= bytes.count - place else { throw BusFault("has an array longer than itself") }
            let end = place + length
            var elements: [BusValue] = []
            while place < end { elements.append(try value(element, depth: depth + 1)) }
            guard place == end else { throw BusFault("has an array of another length") }
            return .array(of: String(decoding: element, as: UTF8.self), elements)
        case "(", "{":
            try align(to: 8)
            var members: [BusValue] = []
            let letters = Array(type.dropFirst().dropLast())
            var next = 0
            while next < letters.count {
                let end = try Self.end(ofTypeAt: next, in: letters)
                members.append(try value(letters[next..<end], depth: depth + 1))
                next = end
            }
            return letter == UInt8(ascii: "{") ? .entry(members[0], members[1]) : .structure(members)
        default: throw BusFault("has a value of an unknown type")
        }
    }

    /// Where the complete type ends that begins at a place.
    private static func end(
        ofTypeAt place: Int, in letters: [UInt8], depth: Int = 0
    ) throws(BusFault) -> Int {
        guard depth < deepest else { throw BusFault("has a type that is nested too deeply") }
        guard letters.indices.contains(place), BusAlignment.of(letters[place]) != nil else {
            throw BusFault("has no valid signature")
        }
        switch Unicode.Scalar(letters[place]) {
        case "a": return try end(ofTypeAt: place + 1, in: letters, depth: depth + 1)
        case "(", "{":
            let last = letters[place] == UInt8(ascii: "(") ? UInt8(ascii: ")") : UInt8(ascii: "}")
            var next = place + 1
            var members = 0
            repeat {
                next = try end(ofTypeAt: next, in: letters, depth: depth + 1)
                members += 1
            } while next < letters.count && letters[next] != last
            let isPair = members == 2 || letters[place] == UInt8(ascii: "(")
            guard next < letters.count, isPair else { throw BusFault("has no valid signature") }
            return next + 1
        default: return place + 1
        }
    }
}

/// What is wrong with a message.
struct BusFault: Error, Equatable, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = "a message \(description)" }
}
