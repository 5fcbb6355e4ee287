/// Puts values into a message as the wire has them, least byte first (D-Bus Specification, "Marshaling").
///
/// Places are counted from where the writer begins, which must be a multiple of eight in the message.
struct BusWriter {
    private(set) var bytes: [UInt8] = []

    mutating func pad(to alignment: Int) {
        while bytes.count % alignment != 0 { bytes.append(0) }
    }

    mutating func write(_ number: some FixedWidthInteger) {
        pad(to: number.bitWidth / 8)
        withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
    }

    mutating func write(_ values: [BusValue]) {
        for value in values { write(value) }
    }

    mutating func write(_ value: BusValue) {
        switch value {
        case .byte(let number): write(number)
        case .boolean(let value): write(UInt32(value ? 1 : 0))
        case .int16(let number): write(number)
        case .uint16(let number): write(number)
        case .int32(let number): write(number)
        case .uint32(let number), .descriptor(let number): write(number)
        case .int64(let number): write(number)
        case .uint64(let number): write(number)
        case .double(let number): write(number.bitPattern)
        case .string(let text), .objectPath(let text):
            write(UInt32(text.utf8.count))
            bytes += text.utf8
            bytes.append(0)
        case .signature(let text):
            write(UInt8(clamping: text.utf8.count))
            bytes += text.utf8
            bytes.append(0)
        case .array(let element, let elements):
            write(UInt32(0))
            let place = bytes.count - 4
            // The padding before the first element belongs to no length, and is there without elements too.
            pad(to: element.utf8.first.flatMap(BusAlignment.of) ?? 1)
            let begin = bytes.count
            write(elements)
            withUnsafeBytes(of: UInt32(bytes.count - begin).littleEndian) {
                bytes.replaceSubrange(place..<place + 4, with: $0)
            }
        case .structure(let members):
            pad(to: 8)
            write(members)
        case .entry(let key, let content):
            pad(to: 8)
            write(key)
            write(content)
        case .variant(let content):
            write(.signature(content.type))
            write(content)
        }
    }
}
