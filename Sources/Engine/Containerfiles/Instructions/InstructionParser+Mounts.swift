import OCI

/// `RUN --mount=…`: a line of CSV, each field `name=value` or a name alone.
extension InstructionParser {
    func mount(_ text: String) throws(ContainerfileError) -> Instruction.Mount {
        var fields = try MountFields(text)
        let type = try fields.take("type") ?? "bind"
        let mount: Instruction.Mount =
            switch type {
            case "bind": try files(&fields, text)
            case "secret": try secret(&fields, text)
            case "tmpfs": try memory(&fields, text)
            case "cache": try cache(&fields, text)
            default:
                throw ContainerfileError("--mount=type=\(type) is not supported; bind, cache, secret and tmpfs are")
            }
        try fields.finish(type)
        return mount
    }

    private func target(_ fields: inout MountFields, _ text: String) throws(ContainerfileError) -> String {
        guard let target = try fields.take("target"), !target.isEmpty else {
            throw ContainerfileError("--mount=\(text) needs a target")
        }
        return target
    }

    private func files(_ fields: inout MountFields, _ text: String) throws(ContainerfileError) -> Instruction.Mount {
        // As BuildKit has it: of both words the last counts, and without either nothing is written.
        let isWritable = try fields.takeOpposites("rw", "readonly") ?? false
        return Instruction.Mount(
            kind: .files(
                from: try fields.take("from"), source: try fields.take("source") ?? "/", isWritable: isWritable),
            target: try target(&fields, text))
    }

    private func memory(_ fields: inout MountFields, _ text: String) throws(ContainerfileError) -> Instruction.Mount {
        let size = try fields.take("size")
        return Instruction.Mount(
            kind: .memory(size: try size.map { (text) throws(ContainerfileError) in try Self.size(text) }),
            target: try target(&fields, text))
    }

    private func cache(_ fields: inout MountFields, _ text: String) throws(ContainerfileError) -> Instruction.Mount {
        // Builds of one user do not run a step at once with the same cache: every way of sharing is kept.
        let sharing = try fields.take("sharing") ?? "shared"
        guard ["shared", "private", "locked"].contains(sharing) else {
            throw ContainerfileError("--mount: sharing is shared, private or locked, not '\(sharing)'")
        }
        let target = try target(&fields, text)
        var cache = Instruction.Cache(identifier: try fields.take("id") ?? target)
        cache.isReadOnly = try !(fields.takeOpposites("rw", "readonly") ?? true)
        cache.mode = try fields.number("mode", radix: 8, limit: 0o7777) ?? 0o755
        cache.uid = try fields.number("uid", radix: 10, limit: .max - 1) ?? 0
        cache.gid = try fields.number("gid", radix: 10, limit: .max - 1) ?? 0
        return Instruction.Mount(kind: .cache(cache), target: target)
    }

    private func secret(_ fields: inout MountFields, _ text: String) throws(ContainerfileError) -> Instruction.Mount {
        let source = try fields.take("source")
        var target = try fields.take("target")
        let base = target.map { $0.utf8.split(separator: ASCII.slash).last.map { $0.text } ?? "" }
        guard let identifier = try fields.take("id") ?? source ?? base, !identifier.isEmpty else {
            throw ContainerfileError("--mount=\(text) needs an id")
        }
        var secret = Instruction.Secret(identifier: identifier)
        secret.isRequired = try fields.takeSwitch("required")
        secret.variable = try fields.take("env")
        if let variable = secret.variable {
            guard !variable.isEmpty, !variable.utf8.contains(ASCII.equals) else {
                throw ContainerfileError("--mount: '\(variable)' is not the name of a variable")
            }
            // As BuildKit has it: no file beside the variable, unless it is asked for.
            secret.isFile = target != nil
        }
        secret.mode = try fields.number("mode", radix: 8, limit: 0o7777) ?? 0o400
        secret.uid = try fields.number("uid", radix: 10, limit: .max - 1) ?? 0
        secret.gid = try fields.number("gid", radix: 10, limit: .max - 1) ?? 0
        if target == nil { target = "/run/secrets/\(identifier)" }
        guard let target, !target.isEmpty else { throw ContainerfileError("--mount=\(text) needs a target") }
        return Instruction.Mount(kind: .secret(secret), target: target)
    }
}

/// The fields of one `--mount`, each once.
private struct MountFields {
    private var values: [(name: String, value: String?)] = []
    private static let synonyms = [
        "dst": "target", "destination": "target", "src": "source", "ro": "readonly", "readwrite": "rw",
    ]

    init(_ text: String) throws(ContainerfileError) {
        let fields: [(name: String, value: String?)]
        do throws(CommaSeparated.Fault) { fields = try CommaSeparated.fields(text) } catch {
            throw ContainerfileError("--mount=\(text): \(error.problem)")
        }
        for (given, value) in fields where !given.isEmpty {
            let name = Self.synonyms[given.lowercased()] ?? given.lowercased()
            guard !values.contains(where: { $0.name == name }) else {
                throw ContainerfileError("--mount=\(text): \(given) is given twice")
            }
            values.append((name, value))
        }
    }

    private mutating func remove(_ name: String) -> (name: String, value: String?)? {
        guard let place = values.firstIndex(where: { $0.name == name }) else { return nil }
        return values.remove(at: place)
    }

    mutating func take(_ name: String) throws(ContainerfileError) -> String? {
        guard let field = remove(name) else { return nil }
        guard let value = field.value else { throw ContainerfileError("--mount: \(name) needs a value") }
        return value
    }

    mutating func takeSwitch(_ name: String) throws(ContainerfileError) -> Bool {
        guard let field = remove(name) else { return false }
        switch field.value {
        case nil, "true", "1": return true
        case "false", "0": return false
        case .some(let value): throw ContainerfileError("--mount: \(name) is true or false, not '\(value)'")
        }
    }

    /// Whether the first of two words holds that say the opposite of each other: as the last one of them says; nil without either.
    mutating func takeOpposites(_ name: String, _ opposite: String) throws(ContainerfileError) -> Bool? {
        let last = values.last { $0.name == name || $0.name == opposite }?.name
        let (holds, isOpposed) = (try takeSwitch(name), try takeSwitch(opposite))
        return last.map { $0 == name ? holds : !isOpposed }
    }

    mutating func number(_ name: String, radix: Int, limit: UInt32) throws(ContainerfileError) -> UInt32? {
        guard let text = try take(name) else { return nil }
        guard text.utf8.allSatisfy(ASCII.isDigit), let number = UInt32(text, radix: radix), number <= limit else {
            throw ContainerfileError(
                "--mount: \(name) is \(radix == 8 ? "an octal number" : "a number"), not '\(text)'")
        }
        return number
    }

    /// - Throws: for what is left.
    func finish(_ type: String) throws(ContainerfileError) {
        if let other = values.map(\.name).sorted().first {
            throw ContainerfileError("--mount=type=\(type) takes no \(other)")
        }
    }
}
