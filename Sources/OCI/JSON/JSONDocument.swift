import FoundationEssentials

/// The one place where the standards' values meet JSON.
enum JSONDocument {
    static func decode<Value: Decodable>(
        _ type: Value.Type, from bytes: some Sequence<UInt8>, document: String
    ) throws(ConfigurationError) -> Value {
        let data = Data(bytes)
        do {
            return try JSONDecoder().decode(type, from: data)
        } catch {
            throw misfit(type, data, document: document) ?? ConfigurationError(document: document, decoding: error)
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

    /// Foundation calls a document with a number out of its member's range "not valid JSON" and does not say where. The
    /// number at fault is the one with which the document fails though every other number is 0.
    private static func misfit<Value: Decodable>(
        _ type: Value.Type, _ data: Data, document: String
    ) -> ConfigurationError? {
        func isCorrupted(_ data: Data) -> Bool {
            do {
                _ = try JSONDecoder().decode(type, from: data)
                return false
            } catch DecodingError.dataCorrupted(let context) {
                return context.codingPath.isEmpty
            } catch {
                return false
            }
        }
        guard isCorrupted(data), let value = try? JSONDecoder().decode(JSONValue.self, from: data) else { return nil }
        for (path, text) in value.numbers() {
            guard let probe = try? JSONEncoder().encode(value.keepingNumber(at: path)), isCorrupted(probe) else {
                continue
            }
            return ConfigurationError(document: document, path: path, problem: "the number \(text) is out of range")
        }
        return nil
    }
}
