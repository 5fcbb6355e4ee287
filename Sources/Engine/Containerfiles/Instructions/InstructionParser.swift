import OCI

/// One logical line as an instruction. Flags, forms and numbers of words are checked here; what variables could still change
/// is checked when a stage is planned.
struct InstructionParser {
    let escape: UInt8

    func parse(_ line: LogicalLine) throws(ContainerfileError) -> LocatedInstruction {
        let written = InstructionLine(line.text)
        do throws(ContainerfileError) {
            let instruction = try instruction(written, line)
            return LocatedInstruction(line: line.line, text: line.text, instruction: instruction)
        } catch {
            throw ContainerfileError(
                line: error.line ?? line.line, instruction: error.instruction ?? written.name, error.problem)
        }
    }

    private func instruction(_ written: InstructionLine, _ line: LogicalLine) throws(ContainerfileError) -> Instruction
    {
        let (words, rest) = WordSplitter.flags(written.rest, escape: escape)
        var flags = try InstructionFlags(words)
        func needed(_ what: String) throws(ContainerfileError) -> String {
            guard !rest.isEmpty else { throw ContainerfileError("needs \(what)") }
            return rest
        }
        let result: Instruction
        switch written.name {
        case "FROM": result = .from(try from(rest, &flags))
        case "ARG": result = .argument(try declarations(try needed("a name")))
        case "ENV": result = .environment(try assignments(try needed("a name and a value")))
        case "LABEL": result = .label(try assignments(try needed("a name and a value")))
        case "COPY": result = .copy(try copy(rest, line.heredocs, isAdd: false, &flags))
        case "ADD": result = .copy(try copy(rest, line.heredocs, isAdd: true, &flags))
        case "RUN": result = .run(try run(rest, line.heredocs, &flags))
        case "WORKDIR": result = .workingDirectory(try needed("a directory"))
        case "USER": result = .user(try needed("a user"))
        case "ENTRYPOINT": result = .entrypoint(try command(rest))
        case "CMD": result = .command(try command(rest))
        case "EXPOSE": result = .expose(try needed("a port").blankParted)
        case "VOLUME":
            let paths = try list(try needed("a path"))
            guard !paths.isEmpty, paths.allSatisfy({ !$0.trimmed.isEmpty }) else {
                throw ContainerfileError("a path is empty")
            }
            result = .volume(paths)
        case "SHELL":
            guard case .words(let words) = try command(rest), !words.isEmpty else {
                throw ContainerfileError(#"needs the words of a shell as JSON: ["/bin/sh", "-c"]"#)
            }
            result = .shell(words)
        case "STOPSIGNAL":
            guard rest.blankParted.count == 1 else { throw ContainerfileError("needs one signal") }
            result = .stopSignal(rest)
        case "HEALTHCHECK": result = .healthcheck(try healthcheck(rest, &flags))
        case "ONBUILD": result = .onBuild(try trigger(written.rest, line))
        case "MAINTAINER": result = .maintainer(try needed("a name"))
        case "": throw ContainerfileError("is empty")
        default: throw ContainerfileError("is not an instruction")
        }
        // The trigger has its own.
        if written.name != "ONBUILD" { try flags.finish() }
        return result
    }

    // MARK: - FROM, ARG, ENV

    private func from(_ rest: String, _ flags: inout InstructionFlags) throws(ContainerfileError) -> Instruction.From {
        let words = rest.blankParted
        guard words.count == 1 || words.count == 3 && words[1].lowercased() == "as" else {
            throw ContainerfileError("needs an image, and may name its stage: FROM image AS name")
        }
        let name = words.count == 3 ? words[2].lowercased() : nil
        if let name, !Self.isStageName(name) {
            throw ContainerfileError(
                "'\(name)' cannot name a stage: a letter, then letters, digits, '-', '_' and '.'")
        }
        return Instruction.From(platform: try flags.take("platform"), image: words[0], name: name)
    }

    static func isStageName(_ name: String) -> Bool {
        guard let first = name.utf8.first, ASCII.isLetter(first) else { return false }
        return name.utf8.count <= 128 && name.utf8.allSatisfy { ASCII.isNamePart($0) || $0 == ASCII.dash || $0 == 0x2E }
    }

    private func declarations(_ rest: String) throws(ContainerfileError) -> [Instruction.Declaration] {
        var result: [Instruction.Declaration] = []
        for word in try limited(WordSplitter.rawWords(rest, escape: escape)) {
            let parts = word.utf8.split(separator: ASCII.equals, maxSplits: 1, omittingEmptySubsequences: false)
            let name = parts[0].text
            guard !name.isEmpty else { throw ContainerfileError("'\(word)' has no name before its '='") }
            result.append(Instruction.Declaration(name: name, value: parts.count == 2 ? parts[1].text : nil))
        }
        return result
    }

    /// `name=value …`, or the old `name value`, where all that follows is the value.
    private func assignments(_ rest: String) throws(ContainerfileError) -> [Instruction.Assignment] {
        let words = try limited(WordSplitter.rawWords(rest, escape: escape))
        guard let first = words.first else { throw ContainerfileError("needs a name and a value") }
        if !first.utf8.contains(ASCII.equals) {
            let end = rest.utf8.firstIndex(where: ASCII.isSpace)
            let value = end.map { String(rest[$0...]).trimmed } ?? ""
            guard !value.isEmpty else { throw ContainerfileError("'\(first)' needs a value: \(first)=value") }
            return [Instruction.Assignment(name: String(rest[..<(end ?? rest.endIndex)]), value: value)]
        }
        var result: [Instruction.Assignment] = []
        for word in words {
            let parts = word.utf8.split(separator: ASCII.equals, maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2 else {
                throw ContainerfileError("'\(word)' has no '=': the words of a value with blanks need quotation marks")
            }
            guard !parts[0].isEmpty else { throw ContainerfileError("'\(word)' has no name before its '='") }
            result.append(Instruction.Assignment(name: parts[0].text, value: parts[1].text))
        }
        return result
    }

    // MARK: - Commands

    func command(_ rest: String) throws(ContainerfileError) -> Instruction.Command {
        guard let words = try jsonWords(rest) else { return .shell(rest) }
        return .words(words)
    }

    /// A JSON array of strings; nil where the text is something else, which makes it a shell's: `[ -d /bin ]` begins like one. An
    /// array of other things is a mistake, as Docker has it.
    func jsonWords(_ text: String) throws(ContainerfileError) -> [String]? {
        guard let elements = JSONForm.elements(text) else { return nil }
        var words: [String] = []
        for (index, element) in elements.enumerated() {
            guard case .text(let word) = element else {
                throw ContainerfileError("the JSON array must hold strings only: element \(index + 1) is not one")
            }
            words.append(word)
        }
        return try limited(words)
    }

    func list(_ rest: String) throws(ContainerfileError) -> [String] {
        try limited(try jsonWords(rest) ?? rest.blankParted)
    }

    func limited(_ words: [String]) throws(ContainerfileError) -> [String] {
        guard words.count <= ContainerfileLimits.words else {
            throw ContainerfileError("has more than \(ContainerfileLimits.words) words")
        }
        return words
    }

    /// What ONBUILD keeps; it must be an instruction of those a stage may begin with.
    private func trigger(_ rest: String, _ line: LogicalLine) throws(ContainerfileError) -> String {
        let name = InstructionLine(rest).name
        guard !["ONBUILD", "FROM", "MAINTAINER", ""].contains(name) else {
            throw ContainerfileError(name.isEmpty ? "needs an instruction" : "\(name) cannot be triggered")
        }
        _ = try parse(LogicalLine(line: line.line, text: rest, heredocs: line.heredocs))
        return line.heredocs.reduce(rest) { "\($0)\n\($1.content)\($1.name)" }
    }
}

/// The `--name=value` words of an instruction; each once, and each known.
struct InstructionFlags {
    private var values: [(name: String, value: String?)] = []
    var names: [String] { values.map(\.name) }

    init(_ words: [String]) throws(ContainerfileError) {
        for word in words {
            let parts = word.utf8.dropFirst(2).split(
                separator: ASCII.equals, maxSplits: 1, omittingEmptySubsequences: false)
            values.append((parts[0].text.lowercased(), parts.count == 2 ? parts[1].text : nil))
        }
    }

    /// A flag's value, given once at most.
    mutating func take(_ name: String) throws(ContainerfileError) -> String? {
        let all = try takeAll(name)
        guard all.count <= 1 else { throw ContainerfileError("--\(name) is given twice") }
        return all.first
    }

    /// Every value of a flag that may be repeated.
    mutating func takeAll(_ name: String) throws(ContainerfileError) -> [String] {
        var result: [String] = []
        for (own, value) in values where own == name {
            guard let value, !value.isEmpty else { throw ContainerfileError("--\(name) needs a value: --\(name)=…") }
            result.append(value)
        }
        values.removeAll { $0.name == name }
        return result
    }

    /// A flag without a value, or with `true` or `false`.
    mutating func takeSwitch(_ name: String) throws(ContainerfileError) -> Bool {
        guard let flag = values.first(where: { $0.name == name }) else { return false }
        values.removeAll { $0.name == name }
        switch flag.value {
        case nil, "true", "1": return true
        case "false", "0": return false
        case .some(let value): throw ContainerfileError("--\(name) is true or false, not '\(value)'")
        }
    }

    /// - Throws: for what is left.
    func finish() throws(ContainerfileError) {
        if let (name, _) = values.first { throw ContainerfileError("does not take the flag --\(name) here") }
    }
}

/// The form of instructions in which their words are a JSON array.
enum JSONForm {
    /// The elements of a text that is such an array, whole and valid; nil of any other.
    static func elements(_ text: String) -> [JSONTree]? {
        guard text.utf8.first == UInt8(ascii: "["),
            case .list(let elements)? = try? JSONTree(json: text.utf8, document: "JSON")
        else { return nil }
        return elements
    }
}
