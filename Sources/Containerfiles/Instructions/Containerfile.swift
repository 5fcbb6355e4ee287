/// A Containerfile (or Dockerfile) as read: its instructions in their order, checked one by one.
///
/// Hostile until read: size, number and length of everything are limited, and every error names its line.
public struct Containerfile: Equatable, Sendable {
    /// What parts lines and keeps characters from their meaning: `\`, or `` ` `` by directive.
    public let escape: UInt8
    public let instructions: [LocatedInstruction]

    /// - Parameter content: a whole file.
    public init(_ content: some Sequence<UInt8>) throws(ContainerfileError) {
        var reader = try LineReader(Array(content))
        escape = reader.escape
        let parser = InstructionParser(escape: escape)
        var instructions: [LocatedInstruction] = []
        var hasStage = false
        while let line = try reader.read() {
            guard instructions.count < ContainerfileLimits.instructions else {
                throw ContainerfileError(
                    line: line.line, "has more than \(ContainerfileLimits.instructions) instructions")
            }
            let located = try parser.parse(line)
            switch located.instruction {
            case .from: hasStage = true
            case .argument: break
            default:
                guard hasStage else {
                    throw ContainerfileError(
                        line: located.line, instruction: located.instruction.name,
                        "before the first FROM only ARG may stand")
                }
            }
            instructions.append(located)
        }
        guard hasStage else { throw ContainerfileError("has no FROM") }
        self.instructions = instructions
    }

    /// What an image's ONBUILD triggers mean, as instructions of the stage that is built from it.
    static func triggers(_ texts: [String], line: Int) throws(ContainerfileError) -> [LocatedInstruction] {
        var result: [LocatedInstruction] = []
        for text in texts {
            for located in try loose(text, line: line) {
                switch located.instruction {
                case .from, .maintainer, .onBuild:
                    throw ContainerfileError(
                        line: line, instruction: "FROM",
                        "the image's trigger '\(located.instruction.name)' is not allowed")
                default: result.append(located)
                }
            }
        }
        return result
    }

    /// Instructions that stand in no file.
    static func loose(_ text: String, line: Int) throws(ContainerfileError) -> [LocatedInstruction] {
        let parser = InstructionParser(escape: ASCII.backslash)
        var reader = try LineReader(Array(text.utf8))
        var result: [LocatedInstruction] = []
        while var logical = try reader.read() {
            logical.line = line
            result.append(try parser.parse(logical))
        }
        return result
    }
}
