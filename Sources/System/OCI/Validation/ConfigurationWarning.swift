/// Something in a configuration that is done without, or done otherwise than its author may think: to be said, not to fail for.
///
/// Printed as one line: `process.capabilities.bounding[2]: CAP_TIME_TRAVEL is not a capability known here`.
public struct ConfigurationWarning: Equatable, Sendable, CustomStringConvertible {
    /// The member, from the root.
    public let path: String
    /// What is the matter, as a phrase.
    public let problem: String

    public init(path: String, problem: String) {
        self.path = path
        self.problem = problem
    }

    public var description: String { path.isEmpty ? problem : "\(path): \(problem)" }
}

/// Goes through a configuration and knows where it is; what it finds it says with the path from the root.
struct ConfigurationCheck {
    private var warnings: [DocumentFault] = []

    /// - Returns: The warnings.
    static func run(
        document: String, _ body: (inout ConfigurationCheck) throws(DocumentFault) -> Void
    ) throws(ConfigurationError) -> [ConfigurationWarning] {
        var check = ConfigurationCheck()
        do throws(DocumentFault) {
            try body(&check)
        } catch {
            throw ConfigurationError(document: document, path: error.path, problem: error.problem)
        }
        return check.warnings.map { ConfigurationWarning(path: $0.path, problem: $0.problem) }
    }

    mutating func warn(_ member: StaticString, _ problem: String) {
        warnings.append(DocumentFault(problem).inside(member: member))
    }

    mutating func warn(_ problem: String) {
        warnings.append(DocumentFault(problem))
    }

    /// Checks a member: what `body` finds is said to be inside it.
    mutating func inside<Value>(
        _ member: StaticString, _ value: Value?,
        _ body: (Value, inout ConfigurationCheck) throws(DocumentFault) -> Void
    ) throws(DocumentFault) {
        guard let value else { return }
        let first = warnings.count
        do throws(DocumentFault) {
            try body(value, &self)
        } catch {
            throw error.inside(member: member)
        }
        for index in first..<warnings.count { warnings[index] = warnings[index].inside(member: member) }
    }

    /// Checks every element of a list.
    mutating func each<Value>(
        _ member: StaticString, _ values: [Value],
        _ body: (Value, inout ConfigurationCheck) throws(DocumentFault) -> Void
    ) throws(DocumentFault) {
        for (index, value) in values.enumerated() {
            let first = warnings.count
            do throws(DocumentFault) {
                try body(value, &self)
            } catch {
                throw error.inside(element: index).inside(member: member)
            }
            for place in first..<warnings.count {
                warnings[place] = warnings[place].inside(element: index).inside(member: member)
            }
        }
    }

    /// Checks every entry of a map, in the order of the keys.
    mutating func entries<Value>(
        _ member: StaticString, _ values: [String: Value],
        _ body: (String, Value, inout ConfigurationCheck) throws(DocumentFault) -> Void
    ) throws(DocumentFault) {
        try entries(member, inOrder: values.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }, body)
    }

    mutating func entries<Value>(
        _ member: StaticString, inOrder values: [(key: String, value: Value)],
        _ body: (String, Value, inout ConfigurationCheck) throws(DocumentFault) -> Void
    ) throws(DocumentFault) {
        for (key, value) in values {
            let first = warnings.count
            do throws(DocumentFault) {
                guard !key.isEmpty else { throw DocumentFault("has an empty name") }
                try body(key, value, &self)
            } catch {
                throw (key.isEmpty ? error : error.inside(member: key)).inside(member: member)
            }
            for place in first..<warnings.count {
                warnings[place] = warnings[place].inside(member: key).inside(member: member)
            }
        }
    }
}

extension DocumentFault {
    /// Fails, with a member and what is wrong with it, where a condition does not hold.
    static func unless(
        _ condition: Bool, _ member: StaticString, _ problem: @autoclosure () -> String
    ) throws(DocumentFault) {
        guard condition else { throw DocumentFault(problem()).inside(member: member) }
    }

    /// The same of the value itself.
    static func unless(_ condition: Bool, _ problem: @autoclosure () -> String) throws(DocumentFault) {
        guard condition else { throw DocumentFault(problem()) }
    }

    static func unlessAbsolute(_ path: String?, _ member: StaticString) throws(DocumentFault) {
        guard let path else { return }
        try unless(path.utf8.first == UInt8(ascii: "/"), member, "\(quoting: path) is not an absolute path")
    }

    static func unlessOne(
        of known: [String], _ word: String, _ member: StaticString
    ) throws(DocumentFault) {
        try unless(known.contains(word), member, "\(quoting: word) is not one of \(known.joined(separator: ", "))")
    }
}
