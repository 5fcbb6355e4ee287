package import OCI

extension BuildStep {
    /// What a step's layer depends on, as one digest; nil where it makes none.
    ///
    /// It is the tree it begins with, by the digests of its layers, and what is done to it: a change of a label, or of a
    /// variable that no command sees, makes nothing anew.
    ///
    /// - Parameters:
    ///   - parent: the chain of layers the step finds; nil: none.
    ///   - content: what a COPY copies, or a RUN is shown (names, modes, owners, attributes, content).
    ///   - epoch: the time everything is given, where builds shall repeat.
    package func cacheKey(parent: Digest?, content: Digest? = nil, epoch: Int64? = nil) -> Digest? {
        var text = CanonicalText()
        // To be raised when the same step would make another layer.
        text.add("isolab build 4")
        text.add(parent?.description ?? "")
        text.add(epoch.map(String.init) ?? "")
        switch action {
        case .configure: return nil
        case .makeDirectory(let path):
            text.add("directory")
            text.add(path)
            text.add(execution.user ?? "")
        case .copy(let copy):
            text.add("copy")
            text.add(content?.description ?? "")
            text.add(copy.destination)
            text.add(copy.intoDirectory ? "directory" : "file")
            text.add(copy.owner ?? "")
            text.add(copy.mode?.text ?? "")
            text.add(copy.unpacks ? "unpacks" : "")
            text.add(copy.pivots.map { "\($0)" } ?? "")
            text.add(copy.addresses.map(\.name))
            text.add(copy.documents.flatMap { [$0.name, $0.content] })
        case .run(let run):
            text.add("run")
            text.add(run.arguments)
            text.add(run.environment)
            text.add(run.workingDirectory)
            text.add(run.user ?? "")
            text.add(content?.description ?? "")
            text.add(run.mounts.map { "\($0)" })
            text.add(run.hasNetwork ? "network" : "")
            text.add(run.script.map { [$0.name, $0.content] } ?? [])
        }
        return Digest(sha256Of: text.bytes)
    }
}

/// Texts after one another such that no two lists look alike: each with its length.
private struct CanonicalText {
    var bytes: [UInt8] = []

    mutating func add(_ text: String) {
        bytes += "\(text.utf8.count):".utf8
        bytes += text.utf8
    }

    mutating func add(_ texts: [String]) {
        bytes += "[\(texts.count)]".utf8
        for text in texts { add(text) }
    }
}
