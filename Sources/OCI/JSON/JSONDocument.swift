import FoundationEssentials

/// The one place where the standards' values meet JSON.
enum JSONDocument {
    static func decode<Value: Decodable>(
        _ type: Value.Type, from bytes: some Sequence<UInt8>, document: String
    ) throws(ConfigurationError) -> Value {
        do {
            return try JSONDecoder().decode(type, from: Data(bytes))
        } catch {
            throw ConfigurationError(document: document, decoding: error)
        }
    }

    /// Members sorted, so that equal values have equal bytes (and equal digests).
    static func encode(
        _ value: some Encodable, indented: Bool, document: String
    ) throws(ConfigurationError) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        if indented { encoder.outputFormatting.insert(.prettyPrinted) }
        do {
            return Array(try encoder.encode(value))
        } catch {
            throw ConfigurationError(document: document, path: "", problem: "cannot be written: \(error)")
        }
    }
}
