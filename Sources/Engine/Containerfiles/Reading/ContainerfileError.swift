/// A Containerfile that cannot be built: on which line, in which instruction, and why.
///
/// Printed as one line: `Containerfile:3: COPY: needs a source and a destination`, and a line for each further mistake.
public struct ContainerfileError: Error, Equatable, Sendable, CustomStringConvertible {
    /// From 1; nil where the file as a whole is meant.
    public var line: Int?
    /// In capitals; nil outside of one.
    public var instruction: String?
    public var problem: String
    /// What the user calls the file.
    public var file = "Containerfile"
    /// Mistakes of the same file beside this one: all of them are told at once.
    public var further: [ContainerfileError] = []

    public init(line: Int? = nil, instruction: String? = nil, _ problem: String) {
        self.line = line
        self.instruction = instruction
        self.problem = problem
    }

    public var description: String {
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
public enum ContainerfileLimits {
    /// Bytes of a file, and of an ignore file.
    public static let fileSize = 4 << 20
    public static let instructions = 10_000
    /// Words of one instruction.
    public static let words = 10_000
    /// Bytes of a word after substitution: what Linux takes as one argument (execve(2), MAX_ARG_STRLEN).
    public static let wordLength = 128 << 10
    /// `${a:-${b:-…}}` inside each other.
    public static let nesting = 16
    public static let ignorePatterns = 10_000
    /// Bytes of a pattern.
    public static let patternLength = 4096
}
