import OCI

/// A value that an option cannot take: which option, what it was given, why not, and what it takes.
package struct OptionError: Error, Equatable, Sendable, CustomStringConvertible {
    /// As users write it: `--memory`.
    package let option: String
    /// Empty where it is not the value that is wrong.
    package let value: String
    package let problem: String

    package init(_ option: String, _ value: String, _ problem: String) {
        self.option = option
        self.value = value
        self.problem = problem
    }

    package var description: String {
        value.isEmpty ? "\(option): \(problem)" : "\(option) \(quoting: value): \(problem)"
    }
}
