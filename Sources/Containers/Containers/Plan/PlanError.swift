/// A configuration that cannot become a plan, in one line: which field, and why.
public struct PlanError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The field as config.json names it, e.g. `linux.namespaces`.
    public let field: String
    public let reason: String

    public init(_ field: String, _ reason: String) {
        self.field = field
        self.reason = reason
    }

    public var description: String { "config.json, \(field): \(reason)" }
}
