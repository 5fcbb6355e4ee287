private import FoundationEssentials

/// The lines between isolab and `isolab-vm`.
package enum Wire {
    /// One message as a line with its newline.
    package static func line(_ message: some Encodable) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(message)) + [0x0a]
    }

    /// Reads one line, with or without its newline.
    package static func message<Message: Decodable>(_ type: Message.Type, _ line: some Sequence<UInt8>) throws
        -> Message
    {
        try JSONDecoder().decode(type, from: Data(line))
    }
}
