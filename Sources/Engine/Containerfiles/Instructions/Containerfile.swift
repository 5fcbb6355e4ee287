/// A Containerfile (or Dockerfile) as read: its instructions in their order, checked one by one.
///
/// Hostile until read: size, number and length of everything are limited, and every error names its line.
package struct Containerfile: Equatable, Sendable {
    /// What parts lines and keeps characters from their meaning: `\`, or `` ` `` by directive.
    package let escape: UInt8
    package let instructions: [LocatedInstruction]
    /// What the user calls it.
    package let name: String

    /// - Parameters:
    ///   - content: a whole file.
    ///   - name: the file's, for errors.
    /// - Throws: every mistake that shows in the instructions by themselves, at once.
    package init(_ content: some Sequence<UInt8>, name: String = "Containerfile") throws(ContainerfileError) {
        self.name = name
        do throws(ContainerfileError) { (escape, instructions) = try Self.read(Array(content)) } catch {
            throw error.inFile(name)
        }
    }

    private static func read(_ content: [UInt8]) throws(ContainerfileError) -> (UInt8, [LocatedInstruction]) {
        var reader = try LineReader(content)
        let parser = InstructionParser(escape: reader.escape)
        var instructions: [LocatedInstruction] = []
        var errors: [ContainerfileError] = []
        var hasStage = false
        while true {
            let line: LogicalLine
            do throws(ContainerfileError) {
                guard let next = try reader.read() else { break }
                line = next
            } catch {
                // What follows cannot be told from what is before it.
                errors.append(error)
                break
            }
            guard instructions.count + errors.count < ContainerfileLimits.instructions else {
                throw ContainerfileError(
                    line: line.line, "has more than \(ContainerfileLimits.instructions) instructions")
            }
            let isStage = InstructionLine(line.text).name == "FROM"
            if isStage { hasStage = true }
            do throws(ContainerfileError) {
                let located = try parser.parse(line)
                if !hasStage {
                    guard case .argument = located.instruction else {
                        throw ContainerfileError(
                            line: located.line, instruction: located.instruction.name,
                            "only ARG may come before the first FROM")
                    }
                }
                instructions.append(located)
            } catch {
                errors.append(error)
            }
        }
        if let error = ContainerfileError(all: errors) { throw error }
        guard hasStage else { throw ContainerfileError("has no FROM") }
        return (reader.escape, instructions)
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
