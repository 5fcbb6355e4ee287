import Linux

/// `-e NAME=VALUE`, or `-e NAME` for the caller's own value; and the lines of an `--env-file`.
package struct EnvironmentChange: Equatable, Sendable {
    package var name: String
    /// Nil: the caller's, and none at all where he has none.
    package var value: String?

    package init(_ option: String, _ text: String) throws(OptionError) {
        let parts = text.fields(between: "=", maxSplits: 1).map(String.init)
        guard !parts[0].isEmpty else { throw OptionError(option, text, "has no name before '='") }
        guard !text.utf8.contains(0) else { throw OptionError(option, text, "holds a NUL byte") }
        name = parts[0]
        value = parts.count == 2 ? parts[1] : nil
    }

    /// The lines of a file: blank ones and those that begin with `#` say nothing; nothing is unquoted or expanded, as with
    /// Docker.
    ///
    /// A byte order mark in front is none of the first name; what is no UTF-8 is refused, for it would come out as another value.
    package static func file(
        _ option: String, _ path: String, _ content: some Collection<UInt8>
    ) throws(OptionError) -> [EnvironmentChange] {
        var changes: [EnvironmentChange] = []
        var bytes = Array(content)[...]
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes = bytes.dropFirst(3) }
        // Bytes: a carriage return and a new line are one character to Swift.
        for (index, line) in bytes.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated() {
            let whole = line.last == 0x0D ? line.dropLast() : line
            let start = whole.drop { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
            if start.isEmpty || start.first == UInt8(ascii: "#") { continue }
            guard let text = String(validating: start, as: UTF8.self) else {
                throw OptionError(option, path, "line \(index + 1) is not UTF-8")
            }
            let name = text.cut(at: "=")?.before ?? Substring(text)
            guard !name.isEmpty, !name.holds(" "), !name.holds("\t") else {
                throw OptionError(option, path, "line \(index + 1): '\(name)' is not the name of a variable")
            }
            changes.append(try EnvironmentChange(option, text))
        }
        return changes
    }

    /// What an environment becomes by changes, in order; the last word on a name stands, at the place of the first.
    package static func apply(
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
package struct NamedValue: Equatable, Sendable {
    package var name: String
    package var value: String

    /// The lines of a `--label-file`: as those of an `--env-file`, a name alone being empty.
    package static func file(
        _ option: String, _ path: String, _ content: some Collection<UInt8>
    ) throws(OptionError) -> [NamedValue] {
        try EnvironmentChange.file(option, path, content).map { (line) throws(OptionError) in
            try NamedValue(option, "\(line.name)=\(line.value ?? "")")
        }
    }

    /// - Parameter needsValue: whether `NAME` alone is refused, rather than empty.
    package init(_ option: String, _ text: String, needsValue: Bool = false) throws(OptionError) {
        let parts = text.fields(between: "=", maxSplits: 1).map(String.init)
        guard !parts[0].isEmpty else { throw OptionError(option, text, "has no name before '='") }
        guard parts.count == 2 || !needsValue else { throw OptionError(option, text, "takes NAME=VALUE") }
        name = parts[0]
        value = parts.count == 2 ? parts[1] : ""
    }
}
