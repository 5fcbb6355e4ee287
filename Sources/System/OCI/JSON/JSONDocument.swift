/// The one place where values meet JSON.
public enum JSONDocument {
    /// Greater documents are refused; Docker's are 15 to 30 KB.
    public static let greatestSize = 16 << 20

    /// Reads a whole document.
    ///
    /// - Parameter document: What to call it in errors: its usual file name, e.g. `config.json`.
    public static func read<Value: JSONValue>(
        _ type: Value.Type, from bytes: some Sequence<UInt8>, document: String
    ) throws(ConfigurationError) -> Value {
        let result = bytes.withContiguousStorageIfAvailable { read(type, $0, document) }
        return try (result ?? Array(bytes).withUnsafeBufferPointer { read(type, $0, document) }).get()
    }

    private static func read<Value: JSONValue>(
        _ type: Value.Type, _ bytes: UnsafeBufferPointer<UInt8>, _ document: String
    ) -> Result<Value, ConfigurationError> {
        guard bytes.count <= greatestSize else {
            return .failure(
                ConfigurationError(
                    document: document, path: "", problem: "is greater than \(greatestSize >> 20) MiB"))
        }
        var reader = JSONReader(bytes)
        do throws(DocumentFault) {
            let value = try Value(reading: &reader)
            try reader.finish()
            return .success(value)
        } catch {
            return .failure(ConfigurationError(document: document, fault: error, bytes))
        }
    }

    /// The bytes of a whole document; equal values give equal bytes.
    public static func write(_ value: some JSONValue, indented: Bool) -> [UInt8] {
        var writer = JSONWriter(indented: indented)
        value.write(to: &writer)
        return writer.bytes
    }
}

extension ConfigurationError {
    fileprivate init(document: String, fault: DocumentFault, _ bytes: UnsafeBufferPointer<UInt8>) {
        guard let offset = fault.offset else {
            self.init(document: document, path: fault.path, problem: fault.problem)
            return
        }
        let before = bytes[..<offset]
        let line = before.count { $0 == 0x0A } + 1
        let column = offset - (before.lastIndex(of: 0x0A) ?? -1)
        self.init(
            document: document, path: "",
            problem: "is not valid JSON at line \(line), column \(column): \(fault.problem)")
    }
}
