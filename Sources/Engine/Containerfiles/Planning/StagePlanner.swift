import OCI

/// Plans the stages that one stage needs, each once, those it is built from before it.
struct StagePlanner {
    private struct Outline {
        var from: Instruction.From
        var line: Int
        var instructions: [LocatedInstruction] = []
    }

    private let request: BuildRequest
    private let escape: UInt8
    private var outlines: [Outline] = []
    /// What ARG before the first FROM declares: seen by FROM, and by an ARG of the same name without a value.
    private var globals: [String: String] = [:]
    private var globalsSize = 0
    private(set) var planned: [Int: BuildPlan.Stage] = [:]
    /// What the history of a stage's image has in bytes, by its place.
    private var said: [Int: Int] = [:]
    /// Every name an ARG declares.
    private(set) var declared: Set<String> = []

    init(_ containerfile: Containerfile, _ request: BuildRequest) throws(ContainerfileError) {
        self.request = request
        escape = containerfile.escape
        globals = request.automatic
        for located in containerfile.instructions {
            switch located.instruction {
            case .from(let from):
                guard outlines.count < 256 else {
                    throw ContainerfileError(
                        line: located.line, instruction: "FROM", "is stage 257; at most 256 are supported")
                }
                outlines.append(Outline(from: from, line: located.line))
            case .argument(let declarations) where outlines.isEmpty:
                try located.located { () throws(ContainerfileError) in try declareGlobals(declarations) }
            default:
                if !outlines.isEmpty { outlines[outlines.count - 1].instructions.append(located) }
            }
        }
    }

    private mutating func declareGlobals(_ declarations: [Instruction.Declaration]) throws(ContainerfileError) {
        let before = globals
        defer { globalsSize = globals.reduce(0) { $0 + $1.key.utf8.count + $1.value.utf8.count } }
        var count = globalsSize
        for declaration in declarations {
            declared.insert(declaration.name)
            if let value = request.arguments[declaration.name] {
                globals[declaration.name] = value
            } else if let value = declaration.value {
                globals[declaration.name] = try Substitution(escape: escape) { before[$0] }.word(value)
            }
            count += declaration.name.utf8.count + (globals[declaration.name]?.utf8.count ?? 0)
            guard count <= Int(ImageConfiguration.greatestSize) else {
                throw ContainerfileError("makes the arguments before the first FROM larger than 4 MiB")
            }
        }
    }

    /// Stages whose names are others', too: a name means the last of them that stands before.
    var warnings: [String] {
        var seen: Set<String> = []
        return outlines.compactMap { outline in
            guard let name = outline.from.name, !seen.insert(name).inserted else { return nil }
            return
                "line \(outline.line): '\(name)' is also the name of an earlier stage; from here on it means this one"
        }
    }

    func targetIndex() throws(ContainerfileError) -> Int {
        guard let target = request.target else { return outlines.count - 1 }
        if let index = index(of: target, before: outlines.count) { return index }
        throw ContainerfileError("has no stage '\(target)'")
    }

    /// A stage that stands before another, by name or number; of several with one name the last, as BuildKit and buildah have it.
    private func index(of name: String, before end: Int) -> Int? {
        if let index = outlines[..<end].lastIndex(where: { $0.from.name == name.lowercased() }) { return index }
        guard let number = Int(name), outlines[..<end].indices.contains(number) else { return nil }
        return number
    }

    mutating func plan(_ index: Int, image: (_ name: String, _ platform: Platform) throws -> BaseImage) throws {
        guard planned[index] == nil else { return }
        let outline = outlines[index]
        let (base, platform) = try located(outline) { () throws(ContainerfileError) in try resolve(index) }
        var execution = ImageConfiguration.Execution()
        var author: String?
        var inherited = 0
        var found: BuildPlan.Base
        var stagePlatform = platform
        switch base {
        case .scratch:
            found = .scratch
            // As BuildKit has it: what a container needs to begin with.
            execution.environment = [RuntimeConfiguration.dockerPath]
            execution.workingDirectory = "/"
        case .stage(let parent):
            try plan(parent, image: image)
            found = .stage(parent, name: outlines[parent].from.name ?? String(parent))
            if let stage = planned[parent] {
                execution = stage.execution
                author = stage.author
                inherited = said[parent] ?? 0
                stagePlatform = stage.platform
            }
        case .image(let name):
            let own: BaseImage
            do { own = try image(name, platform) } catch {
                throw ContainerfileError(line: outline.line, instruction: "FROM", "\(error)")
            }
            found = .image(name, own)
            execution = own.configuration.execution
            author = own.configuration.author
            inherited = own.configuration.history.reduce(0) { $0 + ($1.createdBy?.utf8.count ?? 0) }
            stagePlatform = own.configuration.platform
            // What would be made of it would not be what was asked for.
            try located(outline) { () throws(ContainerfileError) in
                guard platform.runs(stagePlatform) else {
                    throw ContainerfileError(
                        "the image \(name) is here for \(stagePlatform), not for \(platform); `isolab pull --platform \(platform) \(name)` pulls that one"
                    )
                }
            }
            // As BuildKit has it: what is built has a PATH, whether its base says one or not.
            if !execution.environment.contains(where: { $0.utf8.starts(with: "PATH=".utf8) }) {
                execution.environment.append(RuntimeConfiguration.dockerPath)
            }
        }
        var instructions: [LocatedInstruction] = []
        if !execution.onBuild.isEmpty {
            instructions = try Containerfile.triggers(execution.onBuild, line: outline.line)
            execution.onBuild = []
        }
        instructions += outline.instructions
        var scope = StageScope(
            execution: execution, author: author, escape: escape, globals: globals, request: request, said: inherited)
        var errors: [ContainerfileError] = []
        for located in instructions {
            do throws(ContainerfileError) {
                try located.located { () throws(ContainerfileError) in
                    try scope.add(located) { (name) throws(ContainerfileError) in
                        try origin(name, of: index)
                    }
                }
            } catch {
                errors.append(error)
                // What comes behind would be refused for the same reason.
                if error.problem == StageScope.tooLarge { break }
            }
        }
        if let error = ContainerfileError(all: errors) { throw error }
        declared.formUnion(scope.declared)
        said[index] = scope.said
        planned[index] = BuildPlan.Stage(
            index: index, name: outline.from.name, line: outline.line, base: found, platform: stagePlatform,
            steps: scope.steps, baseExecution: execution, baseAuthor: author)
        for step in scope.steps {
            for case .stage(let other) in step.origins { try plan(other, image: image) }
        }
    }

    private enum Base {
        case scratch
        case stage(Int)
        case image(String)
    }

    private func resolve(_ index: Int) throws(ContainerfileError) -> (Base, Platform) {
        let substitution = Substitution(escape: escape) { globals[$0] }
        let from = outlines[index].from
        var platform = request.platform
        if let text = from.platform {
            let word = try substitution.word(text)
            guard let own = Platform(word) else {
                throw ContainerfileError("--platform=\(word) is not of the form os/architecture[/variant]")
            }
            platform = own
        }
        let name = try substitution.word(from.image)
        guard !name.isEmpty else {
            throw ContainerfileError("'\(from.image)' is empty: is its ARG before the first FROM?")
        }
        if let other = outlines[..<index].lastIndex(where: { $0.from.name == name.lowercased() }) {
            return (.stage(other), platform)
        }
        return (name == "scratch" ? .scratch : .image(name), platform)
    }

    /// What `COPY --from=` means in a stage.
    private func origin(_ name: String, of stage: Int) throws(ContainerfileError) -> BuildStep.Copy.Origin {
        if let index = index(of: name, before: stage) { return .stage(index) }
        if let number = Int(name) {
            throw ContainerfileError("--from=\(number): no earlier stage has this number")
        }
        if outlines[stage...].contains(where: { $0.from.name == name.lowercased() }) {
            throw ContainerfileError("--from=\(name): this stage must be defined earlier")
        }
        return .image(name)
    }

    private func located<Value>(
        _ outline: Outline, _ body: () throws(ContainerfileError) -> Value
    ) throws(ContainerfileError) -> Value {
        do throws(ContainerfileError) { return try body() } catch {
            throw ContainerfileError(line: outline.line, instruction: "FROM", error.problem)
        }
    }
}

extension LocatedInstruction {
    /// Errors of a body carry the place of the instruction.
    func located<Value>(_ body: () throws(ContainerfileError) -> Value) throws(ContainerfileError) -> Value {
        do throws(ContainerfileError) { return try body() } catch {
            throw ContainerfileError(line: line, instruction: instruction.name, error.problem)
        }
    }
}
