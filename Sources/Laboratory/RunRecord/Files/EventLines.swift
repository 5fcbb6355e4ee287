/// `events.jsonl`: one line a sample, `{"sample":0,"lane":"vm","figures":3,"rows":"…","events":[…],"phases":[…]}`.
///
/// `figures` is how many measurements the sample had, so that a reader knows a sample whose rows were cut off; `rows` is the seal
/// of its rows in `samples.csv`.
/// Written by hand because a hundred thousand lines go through it.
enum EventLines {
    static func encode(_ sample: Sample, into bytes: inout [UInt8]) {
        bytes.append(contentsOf: "{\"sample\":\(sample.id),\"lane\":".utf8)
        bytes.json(sample.lane)
        bytes.append(
            contentsOf: ",\"figures\":\(sample.measurements.count),\"rows\":\"\(RowSeal.seal(sample))\",\"events\":["
                .utf8)
        for (index, event) in sample.events.enumerated() {
            bytes.append(contentsOf: index == 0 ? "{\"name\":".utf8 : ",{\"name\":".utf8)
            bytes.json(event.name)
            bytes.append(contentsOf: ",\"nanoseconds\":\(event.nanoseconds)}".utf8)
        }
        bytes.append(contentsOf: "],\"phases\":[".utf8)
        for (index, phase) in sample.phases.enumerated() {
            bytes.append(contentsOf: index == 0 ? "{\"name\":".utf8 : ",{\"name\":".utf8)
            bytes.json(phase.name)
            bytes.append(contentsOf: ",\"actor\":".utf8)
            bytes.json(phase.actor)
            bytes.append(contentsOf: ",\"start\":\(phase.start),\"end\":\(phase.end)".utf8)
            if let exits = phase.exits { bytes.append(contentsOf: ",\"exits\":\(exits)".utf8) }
            bytes.append(0x7d)  // }
        }
        bytes.append(contentsOf: "]}\n".utf8)
    }
}

extension [UInt8] {
    /// A JSON string (RFC 8259).
    fileprivate mutating func json(_ text: String) {
        append(0x22)
        for byte in text.utf8 {
            switch byte {
            case 0x22, 0x5c:
                append(0x5c)
                append(byte)
            case 0x0a: append(contentsOf: "\\n".utf8)
            case 0..<0x20:
                append(contentsOf: "\\u00".utf8)
                append(Self.hexadecimal(byte >> 4))
                append(Self.hexadecimal(byte & 15))
            default: append(byte)
            }
        }
        append(0x22)
    }

    private static func hexadecimal(_ digit: UInt8) -> UInt8 { digit < 10 ? 0x30 + digit : 0x57 + digit }
}
