import OCI

extension StageScope {
    /// COPY and ADD with everything resolved that needs no files.
    func copy(
        _ copy: Instruction.Copy, _ origin: (String) throws(ContainerfileError) -> BuildStep.Copy.Origin
    ) throws(ContainerfileError) -> (action: BuildStep.Copy, text: String) {
        let substitution = substitution
        var documents = copy.documents
        var sources: [PathPattern] = []
        var pivots: [Int] = []
        var shown: [String] = []
        var files: [BuildStep.Document] = []
        var addresses: [BuildStep.Address] = []
        var count = 0
        for source in copy.sources {
            if !documents.isEmpty, HereDocument(word: source) != nil {
                let document = documents.removeFirst()
                let written = document.strippedContent
                let content = document.expands ? try substitution.document(written) : written
                count += content.utf8.count
                try checkSize(adding: count)
                files.append(BuildStep.Document(name: document.name, content: content))
                shown.append(source)
                continue
            }
            let word = try substitution.word(source)
            guard !word.isEmpty else { throw ContainerfileError("'\(source)' is empty") }
            count += word.utf8.count
            try checkSize(adding: count)
            shown.append(word)
            if copy.isAdd, RemoteFile.isAddress(word) {
                addresses.append(try RemoteFile.address(word, checksum: copy.checksum, mayFetch: mayFetch))
                continue
            }
            // Sources are below the root of where they come from, however many `..` are in them.
            sources.append(try PathPattern(ImagePath.relative(word), deep: false))
            pivots.append(Self.pivot(word))
        }
        let destination = try substitution.word(copy.destination)
        guard !destination.isEmpty else { throw ContainerfileError("'\(copy.destination)' is empty") }
        let several = copy.sources.count > 1
        let saysDirectory =
            destination.hasSuffix("/") || destination == "." || destination.hasSuffix("/.") || copy.keepsParents
        guard !several || saysDirectory else {
            throw ContainerfileError("with several sources, the destination must be a directory: '\(destination)/'")
        }
        let path = ImagePath.joined(execution.workingDirectory ?? "/", destination)
        let from = try copy.from.map { (name) throws(ContainerfileError) in try substitution.word(name) }
        let owner = try copy.owner.map { (owner) throws(ContainerfileError) in try substitution.word(owner) }
        let mode = try copy.mode.map { (mode) throws(ContainerfileError) in
            try FileModeChange(try substitution.word(mode))
        }
        guard copy.checksum == nil || !addresses.isEmpty else {
            throw ContainerfileError("--checksum is for URLs, not for files of the build context")
        }
        var excludes: [String] = []
        for pattern in copy.excludes {
            let word = try substitution.word(pattern)
            count += word.utf8.count
            try checkSize(adding: count)
            excludes.append(word)
        }
        let action = BuildStep.Copy(
            origin: try from.map { (name) throws(ContainerfileError) in try origin(name) } ?? .context,
            sources: sources, documents: files, destination: path, intoDirectory: saysDirectory, owner: owner,
            mode: mode, unpacks: copy.unpacks, pivots: copy.keepsParents ? pivots : nil,
            excludes: try IgnoreRules(excludes.joined(separator: "\n").utf8, name: "--exclude"), addresses: addresses)
        var words = [copy.isAdd ? "ADD" : "COPY"]
        if let from { words.append("--from=\(from)") }
        if let owner { words.append("--chown=\(owner)") }
        if let mode { words.append("--chmod=\(mode.text)") }
        if copy.keepsParents { words.append("--parents") }
        words += excludes.map { "--exclude=\($0)" }
        if let checksum = copy.checksum { words.append("--checksum=\(checksum)") }
        words += shown + [destination]
        return (action, words.joined(separator: " "))
    }

    /// How many of the first parts of a source's path `/./` says to leave out (BuildKit, `COPY --parents`).
    private static func pivot(_ source: String) -> Int {
        let parts = source.utf8.split(separator: ASCII.slash)
        guard let place = parts.firstIndex(where: { $0.elementsEqual(".".utf8) }), place > 0 else { return 0 }
        return ImagePath.relative(parts[..<place].map { $0.text }.joined(separator: "/")).utf8
            .split(separator: ASCII.slash).count
    }
}

extension Instruction.Run {
    /// RUN with its shell, variables and here-documents.
    func planned(
        in scope: StageScope, _ origin: (String) throws(ContainerfileError) -> BuildStep.Copy.Origin
    ) throws(ContainerfileError) -> (action: BuildStep.Run, text: String, createdBy: String) {
        if network == "host", !scope.hasHostNetwork {
            throw ContainerfileError(
                "--network=host: this build does not have the host's network; `--network host` gives it that")
        }
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
            user: scope.execution.user, mounts: try planned(mounts, in: scope, origin),
            hasNetwork: scope.hasNetwork && network != "none", script: script)
        let prefix = arguments.isEmpty ? [] : ["|\(arguments.count)"] + arguments
        let body = script.map { "\($0.name) (\($0.content.utf8.count) bytes)" } ?? words.joined(separator: " ")
        return (
            action, (["RUN"] + flags + [shown]).joined(separator: " "),
            (["RUN"] + prefix + [body]).joined(separator: " ")
        )
    }
}

extension Instruction.Run {
    /// Variables in their fields are replaced, and names after `from=` found.
    private func planned(
        _ mounts: [Instruction.Mount], in scope: StageScope,
        _ origin: (String) throws(ContainerfileError) -> BuildStep.Copy.Origin
    ) throws(ContainerfileError) -> [BuildStep.Mount] {
        let substitution = scope.substitution
        var result: [BuildStep.Mount] = []
        var count = 0
        for mount in mounts {
            let kind: BuildStep.Mount.Kind
            switch mount.kind {
            case .memory(let size): kind = .memory(size: size)
            case .cache(var cache):
                cache.identifier = try substitution.word(cache.identifier)
                count += cache.identifier.utf8.count
                kind = .cache(cache)
            case .secret(let secret): kind = .secret(secret)
            case .files(let from, let source, let isWritable):
                let path = ImagePath.relative(try substitution.word(source))
                count += path.utf8.count
                var place = BuildStep.Copy.Origin.context
                if let from { place = try origin(try substitution.word(from)) }
                kind = .files(
                    BuildStep.Files(origin: place, source: try PathPattern(literal: path), isWritable: isWritable))
            }
            let target = try substitution.word(mount.target)
            count += target.utf8.count
            try scope.checkSize(adding: count)
            result.append(BuildStep.Mount(kind: kind, target: target))
        }
        return result
    }
}

/// Addresses among the sources of ADD.
enum RemoteFile {
    static func isAddress(_ source: String) -> Bool {
        let lower = source.lowercased()
        return ["http://", "https://", "ftp://", "git://", "ssh://", "git@"].contains { lower.hasPrefix($0) }
    }

    /// - Throws: for what cannot be fetched, and where there is no network that leads to others.
    static func address(
        _ source: String, checksum: String?, mayFetch: Bool
    ) throws(ContainerfileError) -> BuildStep.Address {
        let lower = source.lowercased()
        guard lower.hasPrefix("http://") || lower.hasPrefix("https://") else {
            throw ContainerfileError(
                "\(source): only http and https URLs of files can be fetched")
        }
        guard mayFetch else {
            throw ContainerfileError(
                "\(source): this build has no network that leads there; download the file first and ADD it, or build with "
                    + "--network host")
        }
        var digest: Digest?
        if let checksum {
            guard let own = Digest(checksum) else {
                throw ContainerfileError("--checksum=\(checksum): takes sha256: and 64 hexadecimal digits")
            }
            digest = own
        }
        let path = source.utf8.drop { $0 != UInt8(ascii: ":") }.dropFirst(3).prefix {
            $0 != UInt8(ascii: "?") && $0 != ASCII.hash
        }
        let parts = path.split(separator: ASCII.slash, omittingEmptySubsequences: false)
        let name = parts.count > 1 ? parts.last.map { $0.text } ?? "" : ""
        return BuildStep.Address(url: source, name: name == "." || name == ".." ? "" : name, checksum: digest)
    }
}

/// Paths of an image: absolute, parted by slashes, without `.` and `..`.
package enum ImagePath {
    /// A path as seen from a directory; `..` ends at the root.
    package static func joined(_ directory: String, _ path: String) -> String {
        "/" + relative(path.hasPrefix("/") ? path : directory + "/" + path)
    }

    /// Without slashes at its ends, `.` and `..`; `..` ends at the root. The root itself is empty.
    package static func relative(_ path: String) -> String {
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
