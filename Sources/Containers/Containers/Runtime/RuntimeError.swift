/// A request about a container that cannot be met: what, of which container, why, and what to do.
public struct RuntimeError: Error, Equatable, Sendable, CustomStringConvertible {
    /// In the words of the command line: `start`, `delete`.
    public let operation: String
    public let container: String
    public let problem: String
    public let advice: String?

    public init(_ operation: String, _ container: String, _ problem: String, advice: String? = nil) {
        self.operation = operation
        self.container = container
        self.problem = problem
        self.advice = advice
    }

    public var description: String {
        "cannot \(operation) container '\(container)': \(problem)\(advice.map { "; \($0)" } ?? "")"
    }
}
