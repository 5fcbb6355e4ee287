/// A pattern of paths: of an ignore file, or of a COPY's source with wildcards (Go's `filepath.Match`, with `**` for any
/// number of directories).
///
/// `*` is anything but a slash, `?` one character but a slash, `[a-z]` one of a set, `[^a-z]` one that is not, `\` takes
/// the meaning from what follows.
package struct PathPattern: Equatable, Sendable {
    private enum Part: Equatable {
        case scalar(Unicode.Scalar)
        case one
        case any
        /// Where `**/` begins: it may also be no directory at all.
        case maybeDirectories
        /// Inside of `**/`: all up to a slash.
        case directories
        /// `**` at the end: everything, slashes included.
        case everything
        case set([ClosedRange<Unicode.Scalar>], inverted: Bool)
    }

    package let text: String
    private let parts: [Part]
    /// Whether it means one path alone.
    package let isLiteral: Bool

    /// - Parameter deep: whether `**` has its meaning; else it is `*` twice.
    /// - Throws: a pattern that breaks off, as Go's `ErrBadPattern`.
    package init(_ text: String, deep: Bool = true) throws(ContainerfileError) {
        guard text.utf8.count <= ContainerfileLimits.patternLength else {
            throw ContainerfileError("a pattern is longer than \(ContainerfileLimits.patternLength) bytes")
        }
        self.text = text
        var parts: [Part] = []
        let scalars = Array(text.unicodeScalars)
        var index = 0
        func bad() -> ContainerfileError {
            ContainerfileError("'\(text)' is not a pattern: its end is missing")
        }
        while index < scalars.count {
            let scalar = scalars[index]
            index += 1
            switch scalar {
            case "*":
                guard deep, index < scalars.count, scalars[index] == "*" else {
                    parts.append(.any)
                    continue
                }
                index += 1
                let isWhole = index < scalars.count && scalars[index] == "/"
                if isWhole { index += 1 }
                // In front of plain text without a slash it is any start of the text, as Docker has it.
                let isStart = index == 2 && scalars[index...].allSatisfy { !"*?[]\\".unicodeScalars.contains($0) }
                if index == scalars.count || isStart && !isWhole {
                    parts.append(.everything)
                } else {
                    parts += [.maybeDirectories, .directories]
                }
            case "?": parts.append(.one)
            case "\\":
                guard index < scalars.count else { throw bad() }
                parts.append(.scalar(scalars[index]))
                index += 1
            case "[": parts.append(try Self.set(scalars, &index, bad))
            default: parts.append(.scalar(scalar))
            }
        }
        self.parts = parts
        isLiteral = parts.allSatisfy { if case .scalar = $0 { true } else { false } }
    }

    /// A path as it is, whatever signs are in it.
    init(literal path: String) throws(ContainerfileError) {
        guard path.utf8.count <= ContainerfileLimits.patternLength else {
            throw ContainerfileError("a path is longer than \(ContainerfileLimits.patternLength) bytes")
        }
        text = path
        parts = path.unicodeScalars.map { .scalar($0) }
        isLiteral = true
    }

    private static func set(
        _ scalars: [Unicode.Scalar], _ index: inout Int, _ bad: () -> ContainerfileError
    ) throws(ContainerfileError) -> Part {
        var isInverted = false
        if index < scalars.count, scalars[index] == "^" {
            isInverted = true
            index += 1
        }
        var ranges: [ClosedRange<Unicode.Scalar>] = []
        func member() throws(ContainerfileError) -> Unicode.Scalar {
            guard index < scalars.count, scalars[index] != "-", scalars[index] != "]" else { throw bad() }
            if scalars[index] == "\\" { index += 1 }
            guard index < scalars.count else { throw bad() }
            index += 1
            return scalars[index - 1]
        }
        while true {
            guard index < scalars.count else { throw bad() }
            if scalars[index] == "]", !ranges.isEmpty { break }
            let low = try member()
            var high = low
            if index < scalars.count, scalars[index] == "-" {
                index += 1
                high = try member()
            }
            // A range the wrong way round holds nothing.
            if low <= high { ranges.append(low...high) } else { ranges.append("\u{0}"..."\u{0}") }
        }
        index += 1
        return .set(ranges, inverted: isInverted)
    }

    /// The path the pattern means, where it is one alone: without its escapes.
    package var literal: String? {
        guard isLiteral else { return nil }
        var result = String.UnicodeScalarView()
        for case .scalar(let scalar) in parts { result.append(scalar) }
        return String(result)
    }

    /// Whether the whole path matches. Every place of the pattern that could be reached is followed at once: time grows with
    /// the product of both lengths, never beyond.
    package func matches(_ path: some StringProtocol) -> Bool {
        var states = [Bool](repeating: false, count: parts.count + 1)
        states[0] = true
        skipEmpty(&states)
        for scalar in path.unicodeScalars {
            var next = [Bool](repeating: false, count: parts.count + 1)
            for index in parts.indices where states[index] {
                switch parts[index] {
                case .scalar(let own): if own == scalar { next[index + 1] = true }
                case .one: if scalar != "/" { next[index + 1] = true }
                case .any: if scalar != "/" { next[index] = true }
                case .everything: next[index] = true
                case .maybeDirectories: break
                case .directories:
                    next[index] = true
                    if scalar == "/" { next[index + 1] = true }
                case .set(let ranges, let inverted):
                    if ranges.contains(where: { $0.contains(scalar) }) != inverted { next[index + 1] = true }
                }
            }
            skipEmpty(&next)
            states = next
            if !states.contains(true) { return false }
        }
        return states[parts.count]
    }

    /// Goes on past every part that may be empty.
    private func skipEmpty(_ states: inout [Bool]) {
        for index in parts.indices where states[index] {
            switch parts[index] {
            case .any, .everything: states[index + 1] = true
            case .maybeDirectories:
                states[index + 1] = true
                states[index + 2] = true
            default: break
            }
        }
    }
}
