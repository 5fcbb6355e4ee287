/// COPY, ADD and RUN: what they take beside words.
extension InstructionParser {
    func copy(
        _ rest: String, _ documents: [HereDocument], isAdd: Bool, _ flags: inout InstructionFlags
    ) throws(ContainerfileError) -> Instruction.Copy {
        // Every file is copied into a layer of its own already.
        _ = try flags.takeSwitch("link")
        for name in ["parents", "exclude", "checksum", "keep-git-dir", "unpack"] where flags.has(name) {
            throw ContainerfileError("--\(name) is not done here")
        }
        let from = isAdd ? nil : try flags.take("from")
        let owner = try flags.take("chown")
        let mode = try flags.take("chmod")
        var words = try list(rest)
        guard words.count >= 2 else { throw ContainerfileError("needs a source and a destination") }
        let destination = words.removeLast()
        var left = documents
        for word in words where HereDocument(word: word) != nil && !documents.isEmpty {
            guard !left.isEmpty else { break }
            left.removeFirst()
        }
        guard left.isEmpty else {
            throw ContainerfileError("a here-document is a source: it stands before the destination")
        }
        return Instruction.Copy(
            isAdd: isAdd, from: from, owner: owner, mode: mode, sources: words, destination: destination,
            documents: documents)
    }

    func run(
        _ rest: String, _ documents: [HereDocument], _ flags: inout InstructionFlags
    ) throws(ContainerfileError) -> Instruction.Run {
        if let network = try flags.take("network"), network != "none", network != "default" {
            throw ContainerfileError("--network=\(network): builds have no network")
        }
        if let security = try flags.take("security"), security != "sandbox" {
            throw ContainerfileError("--security=\(security): builds run in the sandbox")
        }
        var mounts: [Instruction.Mount] = []
        for text in try flags.takeAll("mount") { mounts.append(try mount(text)) }
        guard !rest.isEmpty else { throw ContainerfileError("needs a command") }
        let command = try command(rest)
        if case .words(let words) = command, words.isEmpty { throw ContainerfileError("needs a command") }
        return Instruction.Run(command: command, documents: documents, mounts: mounts)
    }

    /// `type=tmpfs,target=/tmp,size=…` or `type=cache,target=/var/cache[,id=…]`.
    private func mount(_ text: String) throws(ContainerfileError) -> Instruction.Mount {
        var values: [String: String] = [:]
        for part in text.utf8.split(separator: UInt8(ascii: ",")) {
            let parts = part.split(separator: ASCII.equals, maxSplits: 1, omittingEmptySubsequences: false)
            let key = parts[0].text.lowercased()
            let name = ["dst": "target", "destination": "target", "src": "source", "ro": "readonly"][key] ?? key
            guard values.updateValue(parts.count == 2 ? parts[1].text : "", forKey: name) == nil else {
                throw ContainerfileError("--mount=\(text): \(key) is given twice")
            }
        }
        let type = values.removeValue(forKey: "type") ?? "bind"
        guard type == "tmpfs" || type == "cache" else {
            throw ContainerfileError("--mount=type=\(type) is not done here: COPY what the command needs")
        }
        guard let target = values.removeValue(forKey: "target"), !target.isEmpty else {
            throw ContainerfileError("--mount=\(text) needs a target")
        }
        let kind: Instruction.Mount.Kind
        if type == "tmpfs" {
            let size = values.removeValue(forKey: "size")
            kind = .memory(size: try size.map { (text) throws(ContainerfileError) in try Self.size(text) })
        } else {
            // Builds of one user do not run a step at once with the same cache: every way of sharing is kept.
            let sharing = values.removeValue(forKey: "sharing") ?? "shared"
            guard ["shared", "private", "locked"].contains(sharing) else {
                throw ContainerfileError("--mount: sharing is shared, private or locked, not '\(sharing)'")
            }
            kind = .cache(identifier: values.removeValue(forKey: "id") ?? target)
        }
        if let other = values.keys.sorted().first { throw ContainerfileError("--mount=type=\(type) takes no \(other)") }
        return Instruction.Mount(kind: kind, target: target)
    }

    /// Bytes, with the suffixes b, k, m and g.
    static func size(_ text: String) throws(ContainerfileError) -> Int64 {
        let units: [Character: Int64] = ["b": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30]
        var digits = text.lowercased()
        var unit: Int64 = 1
        if let last = digits.last, let own = units[last] {
            unit = own
            digits.removeLast()
        }
        guard let number = Int64(digits), number > 0, number <= Int64.max / unit else {
            throw ContainerfileError("'\(text)' is no size")
        }
        return number * unit
    }
}

extension InstructionFlags {
    func has(_ name: String) -> Bool { names.contains(name) }
}
