internal import OCI

/// The documents that come from outside, each with what must hold of it whatever its bytes are: it is read or refused with
/// an error that says something, what was read is written and read again without a change, and checking it ends.
public enum DocumentKind: String, CaseIterable, Sendable {
    /// `config.json` of a bundle.
    case configuration
    /// What `exec --process` is given.
    case process
    /// What `update --resources` is given.
    case resources
    /// What `state` prints.
    case state
    /// A seccomp profile by itself.
    case seccomp

    /// What does not hold of these bytes; nil: all does.
    public func violation(by bytes: some Sequence<UInt8>) -> String? {
        switch self {
        case .configuration:
            violation(of: Documented<RuntimeConfiguration>.self, bytes) { value throws(ConfigurationError) in
                _ = try value.validate()
            }
        case .process:
            violation(of: Documented<RuntimeConfiguration.Process>.self, bytes) { value throws(ConfigurationError) in
                _ = try value.validate()
            }
        case .resources:
            violation(of: Documented<RuntimeConfiguration.Resources>.self, bytes) { value throws(ConfigurationError) in
                _ = try value.validate()
            }
        case .state:
            violation(of: Documented<ContainerState>.self, bytes) { value throws(ConfigurationError) in
                _ = try ContainerIdentifier(value.id)
            }
        case .seccomp:
            violation(of: Documented<SeccompProfile>.self, bytes) { value throws(ConfigurationError) in
                _ = try value.validate()
            }
        }
    }

    private func violation<Value>(
        of type: Documented<Value>.Type, _ bytes: some Sequence<UInt8>,
        validate: (Value) throws(ConfigurationError) -> Void
    ) -> String? {
        let value: Value
        do throws(ConfigurationError) {
            value = try type.read(bytes)
        } catch {
            return error.problem.isEmpty || error.document.isEmpty ? "an error that says nothing" : nil
        }
        let written = JSONDocument.write(value, indented: false)
        do throws(ConfigurationError) {
            let again = try type.read(written)
            guard again == value else { return "what was written reads as something else" }
            guard JSONDocument.write(again, indented: false) == written else { return "equal values, unequal bytes" }
            guard try type.read(JSONDocument.write(value, indented: true)) == value else {
                return "what was written with indents reads as something else"
            }
        } catch {
            return "what was written is refused: \(error)"
        }
        do throws(ConfigurationError) {
            try validate(value)
        } catch {
            guard !error.problem.isEmpty else { return "an error that says nothing" }
        }
        return nil
    }
}

/// A value that is a document.
private enum Documented<Value: JSONValue & Equatable> {
    static func read(_ bytes: some Sequence<UInt8>) throws(ConfigurationError) -> Value {
        try JSONDocument.read(Value.self, from: bytes, document: "document")
    }
}
