import Linux

/// `-e NAME=VALUE`, or `-e NAME` for the caller's own value; and the lines of an `--env-file`.
public struct EnvironmentChange: Equatable, Sendable {
    public var name: String
    /// Nil: the caller's, and none at all where he has none.
    public var value: String?

    public init(_ option: String, _ text: String) throws(OptionError) {
        let parts = text.fields(between: "=", maxSplits: 1).map(String.init)
        guard !parts[0].isEmpty else { throw OptionError(option, text, "has no name before '='") }
        guard !text.utf8.contains(0) else { throw OptionError(option, text, "holds a NUL byte") }
        name = parts[0]
        value = parts.count == 2 ? parts[1] : nil
    }

    /// The lines of a file: blank ones and those that begin with `#` say nothing; nothing is unquoted or expanded, as with
    /// Docker.
    public static func file(_ option: String, _ path: String, _ text: String) throws(OptionError) -> [EnvironmentChange]
    {
        var changes: [EnvironmentChange] = []
        // Bytes: a carriage return and a new line are one character to Swift.
        for (index, bytes) in text.utf8.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated() {
            let line = Substring(bytes.last == 0x0D ? bytes.dropLast() : bytes)
            let start = Substring(line.utf8.drop { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") })
            if start.isEmpty || start.starts("#") { continue }
            let name = start.cut(at: "=")?.before ?? start
            guard !name.isEmpty, !name.holds(" "), !name.holds("\t") else {
                throw OptionError(option, path, "line \(index + 1): '\(name)' is no name of a variable")
            }
            changes.append(try EnvironmentChange(option, String(start)))
        }
        return changes
    }

    /// What an environment becomes by changes, in order; the last word on a name stands, at the place of the first.
    public static func apply(
        _ changes: [EnvironmentChange], to environment: [String], caller: (String) -> String?
    ) -> [String] {
        var result = environment
        for change in changes {
            guard let value = change.value ?? caller(change.name) else { continue }
            let entry = "\(change.name)=\(value)"
            if let place = result.firstIndex(where: { $0.starts(change.name + "=") }) {
                result[place] = entry
            } else {
                result.append(entry)
            }
        }
        return result
    }
}

/// `--label NAME=VALUE`, `--annotation NAME=VALUE`, `--sysctl NAME=VALUE`.
public struct NamedValue: Equatable, Sendable {
    public var name: String
    public var value: String

    /// - Parameter needsValue: whether `NAME` alone is refused, rather than empty.
    public init(_ option: String, _ text: String, needsValue: Bool = false) throws(OptionError) {
        let parts = text.fields(between: "=", maxSplits: 1).map(String.init)
        guard !parts[0].isEmpty else { throw OptionError(option, text, "has no name before '='") }
        guard parts.count == 2 || !needsValue else { throw OptionError(option, text, "takes NAME=VALUE") }
        name = parts[0]
        value = parts.count == 2 ? parts[1] : ""
    }
}
