import OCI

extension StageScope {
    /// COPY and ADD with everything resolved that needs no files.
    func copy(
        _ copy: Instruction.Copy, _ origin: (String) throws(ContainerfileError) -> BuildStep.Copy.Origin
    ) throws(ContainerfileError) -> (action: BuildStep.Copy, text: String) {
        let substitution = substitution
        var documents = copy.documents
        var sources: [PathPattern] = []
        var shown: [String] = []
        var files: [BuildStep.Document] = []
        for source in copy.sources {
            if !documents.isEmpty, HereDocument(word: source) != nil {
                let document = documents.removeFirst()
                let content = document.strippedContent
                files.append(
                    BuildStep.Document(
                        name: document.name, content: document.expands ? try substitution.document(content) : content))
                shown.append(source)
                continue
            }
            let word = try substitution.word(source)
            guard !copy.isAdd || !Self.isAddress(word) else {
                throw ContainerfileError("\(word): builds have no network; fetch it before, and ADD the file")
            }
            guard !word.isEmpty else { throw ContainerfileError("'\(source)' is empty") }
            // Sources are below the root of where they come from, however many `..` are in them.
            sources.append(try PathPattern(ImagePath.relative(word), deep: false))
            shown.append(word)
        }
        let destination = try substitution.word(copy.destination)
        guard !destination.isEmpty else { throw ContainerfileError("'\(copy.destination)' is empty") }
        let several = copy.sources.count > 1
        let saysDirectory = destination.hasSuffix("/") || destination == "." || destination.hasSuffix("/.")
        guard !several || saysDirectory else {
            throw ContainerfileError("of several sources the destination is a directory: '\(destination)/'")
        }
        let path = ImagePath.joined(execution.workingDirectory ?? "/", destination)
        let from = try copy.from.map { (name) throws(ContainerfileError) in try substitution.word(name) }
        let owner = try copy.owner.map { (owner) throws(ContainerfileError) in try substitution.word(owner) }
        let mode = try copy.mode.map { (mode) throws(ContainerfileError) in try Self.mode(try substitution.word(mode)) }
        let action = BuildStep.Copy(
            origin: try from.map { (name) throws(ContainerfileError) in try origin(name) } ?? .context,
            sources: sources, documents: files, destination: path, intoDirectory: saysDirectory, owner: owner,
            mode: mode, unpacks: copy.isAdd)
        var words = [copy.isAdd ? "ADD" : "COPY"]
        if let from { words.append("--from=\(from)") }
        if let owner { words.append("--chown=\(owner)") }
        if let mode { words.append("--chmod=\(String(mode, radix: 8))") }
        words += shown + [destination]
        return (action, words.joined(separator: " "))
    }

    private static func isAddress(_ source: String) -> Bool {
        let lower = source.lowercased()
        return ["http://", "https://", "ftp://", "git://", "ssh://", "git@"].contains { lower.hasPrefix($0) }
    }

    static func mode(_ text: String) throws(ContainerfileError) -> UInt32 {
        guard let mode = UInt32(text, radix: 8), mode <= 0o7777, text.utf8.allSatisfy(ASCII.isDigit) else {
            throw ContainerfileError("--chmod=\(text): permissions are an octal number, such as 755")
        }
        return mode
    }
}

extension Instruction.Run {
    /// RUN with its shell, variables and here-documents.
    func planned(in scope: StageScope) -> (action: BuildStep.Run, text: String, createdBy: String) {
        var words = command.words(shell: scope.shell)
        var script: BuildStep.Document?
        var shown: String
        switch command {
        case .words(let own): shown = own.asJSON
        case .shell(let line):
            shown = line
            if let first = documents.first {
                if documents.count == 1, HereDocument(word: line) != nil {
                    // All of the command is the document: the shell's, or a program's of its own.
                    if first.content.hasPrefix("#!") {
                        script = BuildStep.Document(name: first.name, content: first.strippedContent)
                        words = ["/dev/pipes/\(first.name)"]
                    } else {
                        words = scope.shell + [first.strippedContent]
                    }
                } else {
                    // The shell reads them as it would anywhere.
                    let whole = documents.reduce(line) { "\($0)\n\($1.content)\($1.name)" }
                    words = scope.shell + [whole]
                }
            }
        }
        let arguments = scope.visibleArguments.map { "\($0.name)=\($0.value)" }
        let action = BuildStep.Run(
            arguments: words, environment: arguments + scope.execution.environment,
            uncountedEnvironment: scope.predefinedArguments, workingDirectory: scope.execution.workingDirectory ?? "/",
            user: scope.execution.user, mounts: mounts, script: script)
        let prefix = arguments.isEmpty ? [] : ["|\(arguments.count)"] + arguments
        let body = script.map { "\($0.name) (\($0.content.utf8.count) bytes)" } ?? words.joined(separator: " ")
        return (action, "RUN \(shown)", (["RUN"] + prefix + [body]).joined(separator: " "))
    }
}

/// Paths of an image: absolute, parted by slashes, without `.` and `..`.
public enum ImagePath {
    /// A path as seen from a directory; `..` ends at the root.
    public static func joined(_ directory: String, _ path: String) -> String {
        "/" + relative(path.hasPrefix("/") ? path : directory + "/" + path)
    }

    /// Without slashes at its ends, `.` and `..`; `..` ends at the root. The root itself is empty.
    public static func relative(_ path: String) -> String {
        var parts: [Substring.UTF8View] = []
        for part in Substring(path).utf8.split(separator: ASCII.slash) {
            if part.elementsEqual(".".utf8) { continue }
            if part.elementsEqual("..".utf8) {
                if !parts.isEmpty { parts.removeLast() }
                continue
            }
            parts.append(part)
        }
        return parts.map { String(Substring($0)) }.joined(separator: "/")
    }
}
