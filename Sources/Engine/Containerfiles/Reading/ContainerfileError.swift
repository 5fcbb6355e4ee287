/// A Containerfile that cannot be built: on which line, in which instruction, and why.
///
/// Printed as one line: `Containerfile:3: COPY: needs a source and a destination`, and a line for each further mistake.
package struct ContainerfileError: Error, Equatable, Sendable, CustomStringConvertible {
    /// From 1; nil where the file as a whole is meant.
    package var line: Int?
    /// In capitals; nil outside of one.
    package var instruction: String?
    package var problem: String
    /// What the user calls the file.
    package var file = "Containerfile"
    /// Mistakes of the same file beside this one: all of them are told at once.
    package var further: [ContainerfileError] = []

    package init(line: Int? = nil, instruction: String? = nil, _ problem: String) {
        self.line = line
        self.instruction = instruction
        self.problem = problem
    }

    package var description: String {
        var text = file
        if let line { text += ":\(line)" }
        if let instruction { text += ": \(instruction)" }
        text += ": " + problem
        for error in further.prefix(Self.greatestCount) { text += "\n\(error)" }
        if further.count > Self.greatestCount { text += "\n\(file): … and \(further.count - Self.greatestCount) more" }
        return text
    }

    /// More mistakes than this are counted rather than told.
    private static let greatestCount = 19

    /// Several mistakes as one error, in the order of their lines; nil of none.
    init?(all errors: [ContainerfileError]) {
        guard var first = errors.first else { return nil }
        first.further += errors.dropFirst().flatMap { [$0] + $0.further }
        self = first
    }

    /// The same mistakes in a file of that name.
    func inFile(_ name: String) -> ContainerfileError {
        var result = self
        result.file = name
        result.further = further.map { $0.inFile(name) }
        return result
    }
}

/// What is too much for a Containerfile: far above every real one, low enough that none can exhaust the memory.
package enum ContainerfileLimits {
    /// Bytes of a file, and of an ignore file.
    package static let fileSize = 4 << 20
    package static let instructions = 10_000
    /// Words of one instruction.
    package static let words = 10_000
    /// Bytes of a word after substitution: what Linux takes as one argument (execve(2), MAX_ARG_STRLEN).
    package static let wordLength = 128 << 10
    /// `${a:-${b:-…}}` inside each other.
    package static let nesting = 16
    package static let ignorePatterns = 10_000
    /// Bytes of a pattern.
    package static let patternLength = 4096
}
