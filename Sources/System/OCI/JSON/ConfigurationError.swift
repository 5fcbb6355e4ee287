/// A configuration that cannot be used: where in the document, and what was expected there.
///
/// Printed as one line: `config.json: process.args[1]: expected a string, found a number`.
public struct ConfigurationError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The document's usual file name, e.g. `config.json`.
    public let document: String
    /// The member, from the root, e.g. `process.rlimits[0].soft`; empty for the document as a whole.
    public let path: String
    /// What is wrong there and what was expected, as a phrase.
    public let problem: String

    public init(document: String, path: String, problem: String) {
        self.document = document
        self.path = path
        self.problem = problem
    }

    public var description: String {
        path.isEmpty ? "\(document): \(problem)" : "\(document): \(path): \(problem)"
    }
}
