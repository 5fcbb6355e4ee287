import OCI

/// A value that an option cannot take: which option, what it was given, why not, and what it takes.
public struct OptionError: Error, Equatable, Sendable, CustomStringConvertible {
    /// As users write it: `--memory`.
    public let option: String
    /// Empty where it is not the value that is wrong.
    public let value: String
    public let problem: String

    public init(_ option: String, _ value: String, _ problem: String) {
        self.option = option
        self.value = value
        self.problem = problem
    }

    public var description: String {
        value.isEmpty ? "\(option): \(problem)" : "\(option) \(quoting: value): \(problem)"
    }
}
