import OCI

/// A stage while it is planned: what variables and settings the next instruction finds.
struct StageScope {
    private(set) var execution: ImageConfiguration.Execution
    private(set) var author: String?
    private(set) var steps: [BuildStep] = []
    /// Every name an ARG declared.
    private(set) var declared: Set<String> = []
    private let escape: UInt8
    private let globals: [String: String]
    private let request: BuildRequest
    /// Of ARG, in the order of declaration.
    private var arguments: [(name: String, value: String)] = []
    private var hasCommand = false
    /// Bytes of what the instructions say, variables replaced, those of the stages below as well: they are in the image's history.
    private(set) var said: Int
    /// Bytes of the image's variables and labels.
    private var settingsSize: Int

    /// - Parameter said: of what the stage begins with.
    init(
        execution: ImageConfiguration.Execution, author: String?, escape: UInt8, globals: [String: String],
        request: BuildRequest, said: Int = 0
    ) {
        self.execution = execution
        self.author = author
        self.escape = escape
        self.globals = globals
        self.request = request
        self.said = said
        settingsSize =
            execution.environment.reduce(0) { $0 + $1.utf8.count }
            + execution.labels.reduce(0) { $0 + $1.key.utf8.count + $1.value.utf8.count }
    }

    /// Refuses what would be refused when the image is stored, before there is more of it than that in memory.
    ///
    /// - Parameter count: bytes of what the instruction has said so far.
    func checkSize(adding count: Int) throws(ContainerfileError) {
        guard said + settingsSize + count <= Int(ImageConfiguration.greatestSize) else {
            throw ContainerfileError(Self.tooLarge)
        }
    }

    static let tooLarge =
        "makes the image's configuration larger than 4 MiB: variables, labels, arguments, here-documents and the history of all "
        + "instructions count"

    /// ENV is above ARG.
    var substitution: Substitution {
        let environment = execution.environment
        let arguments = arguments
        return Substitution(escape: escape) { name in
            // As bytes: a combining character after the sign would make one character of both.
            let prefix = "\(name)=".utf8
            if let entry = environment.last(where: { $0.utf8.starts(with: prefix) }) {
                return String(Substring(entry.utf8.dropFirst(prefix.count)))
            }
            return arguments.first { $0.name == name }?.value
        }
    }

    private func expanded(_ words: [String]) throws(ContainerfileError) -> [String] {
        let substitution = substitution
        var result: [String] = []
        var count = 0
        for word in words {
            result.append(try substitution.word(word))
            count += result.last?.utf8.count ?? 0
            try checkSize(adding: count)
        }
        return result
    }

    /// - Parameter origin: what a name after `--from=` means.
    mutating func add(
        _ located: LocatedInstruction,
        origin: (String) throws(ContainerfileError) -> BuildStep.Copy.Origin
    ) throws(ContainerfileError) {
        let substitution = substitution
        var action = BuildStep.Action.configure
        let text: String
        var createdBy: String?
        switch located.instruction {
        case .from: return
        case .argument(let declarations): text = try declare(declarations)
        case .environment(let assignments):
            let all = try self.assignments(assignments)
            for (name, value) in all { set(name, value) }
            text = "ENV " + Self.shown(all)
        case .label(let assignments):
            let all = try self.assignments(assignments)
            for (name, value) in all {
                let before = execution.labels.updateValue(value, forKey: name)
                settingsSize += value.utf8.count - (before?.utf8.count ?? -name.utf8.count)
            }
            text = "LABEL " + Self.shown(all)
        case .copy(let copy):
            let planned = try self.copy(copy, origin)
            action = .copy(planned.action)
            text = planned.text
        case .run(let run):
            let planned = try run.planned(in: self, origin)
            action = .run(planned.action)
            text = planned.text
            createdBy = planned.createdBy
        case .workingDirectory(let path):
            let word = try substitution.word(path)
            guard !word.isEmpty else { throw ContainerfileError("'\(path)' is empty") }
            let directory = ImagePath.joined(execution.workingDirectory ?? "/", word)
            execution.workingDirectory = directory
            action = .makeDirectory(path: directory)
            text = "WORKDIR \(directory)"
        case .user(let user):
            let word = try substitution.word(user)
            guard !word.isEmpty else { throw ContainerfileError("'\(user)' is empty") }
            execution.user = word
            text = "USER \(word)"
        case .entrypoint(let command):
            execution.entrypoint = command.words(shell: shell)
            // The base's command was meant for the base's entry point.
            if !hasCommand { execution.command = [] }
            text = "ENTRYPOINT " + execution.entrypoint.asJSON
        case .command(let command):
            execution.command = command.words(shell: shell)
            hasCommand = true
            text = "CMD " + execution.command.asJSON
        case .expose(let ports): text = try expose(ports)
        case .volume(let paths):
            let all = try expanded(paths).map(\.trimmed)
            guard all.allSatisfy({ !$0.isEmpty }) else { throw ContainerfileError("a path is empty") }
            for path in all { execution.volumes[path] = EmptyObject() }
            text = "VOLUME " + all.asJSON
        case .shell(let words):
            execution.shell = words
            text = "SHELL " + words.asJSON
        case .stopSignal(let signal):
            let word = try substitution.word(signal)
            guard StopSignal.isWellFormed(word) else { throw ContainerfileError("'\(word)' is not a signal") }
            execution.stopSignal = word
            text = "STOPSIGNAL \(word)"
        case .healthcheck(let check):
            execution.healthcheck = check.asConfiguration
            text = located.text
        case .onBuild(let trigger):
            execution.onBuild.append(trigger)
            text = "ONBUILD \(trigger)"
        case .maintainer(let name):
            // Not among the instructions that replace variables (Dockerfile reference, "Environment replacement").
            author = name
            text = "MAINTAINER \(name)"
        }
        said += (createdBy ?? text).utf8.count + Self.hiddenSize(of: action)
        try checkSize(adding: 0)
        steps.append(
            BuildStep(
                line: located.line, text: text, action: action, createdBy: createdBy ?? text, execution: execution,
                author: author))
    }

    /// Bytes that variables may have made many and that the history does not show.
    private static func hiddenSize(of action: BuildStep.Action) -> Int {
        switch action {
        case .configure, .makeDirectory: return 0
        case .copy(let copy): return copy.documents.reduce(0) { $0 + $1.content.utf8.count }
        case .run(let run):
            return run.mounts.reduce(0) { sum, mount in
                guard case .cache(let cache) = mount.kind else { return sum + mount.target.utf8.count }
                return sum + mount.target.utf8.count + cache.identifier.utf8.count
            }
        }
    }

    var hasNetwork: Bool { request.hasNetwork }
    var hasHostNetwork: Bool { request.network == .host }
    var mayFetch: Bool { request.mayFetch }

    var shell: [String] { execution.shell.isEmpty ? ["/bin/sh", "-c"] : execution.shell }

    /// Those of ARG that no variable of the image covers.
    var visibleArguments: [(name: String, value: String)] {
        arguments.filter { argument in
            !execution.environment.contains { $0.utf8.starts(with: "\(argument.name)=".utf8) }
        }
    }

    var predefinedArguments: [String] {
        request.arguments.filter { BuildRequest.predefined.contains($0.key) && !declared.contains($0.key) }
            .map { "\($0.key)=\($0.value)" }.sorted()
    }

    private mutating func set(_ name: String, _ value: String) {
        let entry = "\(name)=\(value)"
        let prefix = "\(name)=".utf8
        settingsSize += entry.utf8.count
        if let index = execution.environment.firstIndex(where: { $0.utf8.starts(with: prefix) }) {
            settingsSize -= execution.environment[index].utf8.count
            execution.environment[index] = entry
        } else {
            execution.environment.append(entry)
        }
    }

    private mutating func declare(_ declarations: [Instruction.Declaration]) throws(ContainerfileError) -> String {
        let substitution = substitution
        var shown: [String] = []
        var count = 0
        for declaration in declarations {
            let name = declaration.name
            declared.insert(name)
            var value = request.arguments[name]
            if value == nil, let own = declaration.value { value = try substitution.word(own) }
            value = value ?? globals[name]
            count += name.utf8.count + (value?.utf8.count ?? 0)
            try checkSize(adding: count)
            shown.append(value.map { "\(name)=\($0)" } ?? name)
            arguments.removeAll { $0.name == name && value != nil }
            if let value { arguments.append((name, value)) }
        }
        return "ARG " + shown.joined(separator: " ")
    }

    /// Every value sees the variables as they were before the instruction.
    private func assignments(
        _ assignments: [Instruction.Assignment]
    ) throws(ContainerfileError) -> [(name: String, value: String)] {
        let substitution = substitution
        var result: [(String, String)] = []
        var count = 0
        for assignment in assignments {
            let name = try substitution.word(assignment.name)
            guard !name.isEmpty else { throw ContainerfileError("'\(assignment.name)' is empty") }
            let value = try substitution.word(assignment.value)
            count += name.utf8.count + value.utf8.count
            try checkSize(adding: count)
            result.append((name, value))
        }
        return result
    }

    /// As they could be written: what would be several words stands in quotation marks.
    private static func shown(_ assignments: [(name: String, value: String)]) -> String {
        func quoted(_ text: String) -> String {
            let marks = #" "'\$"#.utf8
            guard text.utf8.contains(where: { $0 < 0x20 || marks.contains($0) }) else { return text }
            var result = "\""
            for scalar in text.unicodeScalars {
                if #""\$"#.unicodeScalars.contains(scalar) { result += "\\" }
                result.unicodeScalars.append(scalar)
            }
            return result + "\""
        }
        return assignments.map { "\(quoted($0.name))=\(quoted($0.value))" }.joined(separator: " ")
    }

    private mutating func expose(_ ports: [String]) throws(ContainerfileError) -> String {
        let substitution = substitution
        var all: [String] = []
        var count = 0
        for port in ports {
            let words = try substitution.words(port)
            count += words.reduce(0) { $0 + $1.utf8.count }
            try checkSize(adding: count)
            all += words
        }
        guard !all.isEmpty else { throw ContainerfileError("needs a port") }
        for word in all {
            for port in try PortSpecification.ports(word) { execution.exposedPorts[port] = EmptyObject() }
        }
        return "EXPOSE " + all.joined(separator: " ")
    }
}
