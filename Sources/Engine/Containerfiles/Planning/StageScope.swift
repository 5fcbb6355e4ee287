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

    init(
        execution: ImageConfiguration.Execution, author: String?, escape: UInt8, globals: [String: String],
        request: BuildRequest
    ) {
        self.execution = execution
        self.author = author
        self.escape = escape
        self.globals = globals
        self.request = request
    }

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
        for word in words { result.append(try substitution.word(word)) }
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
            for (name, value) in all { execution.labels[name] = value }
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
        steps.append(
            BuildStep(
                line: located.line, text: text, action: action, createdBy: createdBy ?? text, execution: execution,
                author: author))
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
        if let index = execution.environment.firstIndex(where: { $0.utf8.starts(with: "\(name)=".utf8) }) {
            execution.environment[index] = entry
        } else {
            execution.environment.append(entry)
        }
    }

    private mutating func declare(_ declarations: [Instruction.Declaration]) throws(ContainerfileError) -> String {
        let substitution = substitution
        var shown: [String] = []
        for declaration in declarations {
            let name = declaration.name
            declared.insert(name)
            var value = request.arguments[name]
            if value == nil, let own = declaration.value { value = try substitution.word(own) }
            value = value ?? globals[name]
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
        for assignment in assignments {
            let name = try substitution.word(assignment.name)
            guard !name.isEmpty else { throw ContainerfileError("'\(assignment.name)' is empty") }
            result.append((name, try substitution.word(assignment.value)))
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
        var all: [String] = []
        for port in ports { all += try substitution.words(port) }
        guard !all.isEmpty else { throw ContainerfileError("needs a port") }
        for word in all {
            for port in try PortSpecification.ports(word) { execution.exposedPorts[port] = EmptyObject() }
        }
        return "EXPOSE " + all.joined(separator: " ")
    }
}
