/// A profile that cannot be compiled.
public struct SeccompError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What was attempted, e.g. `rule for personality`.
    public let operation: String
    public let problem: String

    public var description: String { "seccomp profile: \(operation): \(problem)" }
}
