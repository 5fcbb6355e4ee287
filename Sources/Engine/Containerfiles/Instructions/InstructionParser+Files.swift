import Linux

/// COPY, ADD and RUN: what they take beside words.
extension InstructionParser {
    func copy(
        _ rest: String, _ documents: [HereDocument], isAdd: Bool, _ flags: inout InstructionFlags
    ) throws(ContainerfileError) -> Instruction.Copy {
        // Every file is copied into a layer of its own already.
        _ = try flags.takeSwitch("link")
        if flags.has("keep-git-dir") { throw ContainerfileError("--keep-git-dir: repositories are not fetched here") }
        let from = isAdd ? nil : try flags.take("from")
        let owner = try flags.take("chown")
        let mode = try flags.take("chmod")
        let parents = isAdd ? false : try flags.takeSwitch("parents")
        let excludes = try flags.takeAll("exclude")
        let checksum = isAdd ? try flags.take("checksum") : nil
        let unpacks = isAdd && flags.has("unpack") ? try flags.takeSwitch("unpack") : isAdd
        var words = try list(rest)
        guard words.count >= 2 else { throw ContainerfileError("needs a source and a destination") }
        let destination = words.removeLast()
        var left = documents
        for word in words where HereDocument(word: word) != nil && !documents.isEmpty {
            guard !left.isEmpty else { break }
            left.removeFirst()
        }
        guard left.isEmpty else {
            throw ContainerfileError("a here-document is a source, so it must come before the destination")
        }
        return Instruction.Copy(
            isAdd: isAdd, from: from, owner: owner, mode: mode, sources: words, destination: destination,
            documents: documents, keepsParents: parents, excludes: excludes, checksum: checksum, unpacks: unpacks)
    }

    func run(
        _ rest: String, _ documents: [HereDocument], _ flags: inout InstructionFlags
    ) throws(ContainerfileError) -> Instruction.Run {
        let network = try flags.take("network")
        if let network, !["none", "default", "host"].contains(network) {
            throw ContainerfileError("--network is none, default or host, not '\(network)'")
        }
        if let security = try flags.take("security"), security != "sandbox" {
            throw ContainerfileError("--security=\(security): builds run in the sandbox")
        }
        var mounts: [Instruction.Mount] = []
        let texts = try flags.takeAll("mount")
        for text in texts { mounts.append(try mount(text)) }
        let words = texts.map { "--mount=\($0)" } + (network.map { ["--network=\($0)"] } ?? [])
        guard !rest.isEmpty else { throw ContainerfileError("needs a command") }
        let command = try command(rest)
        if case .words(let words) = command, words.isEmpty { throw ContainerfileError("needs a command") }
        return Instruction.Run(
            command: command, documents: documents, mounts: mounts, network: network, flags: words)
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
            throw ContainerfileError("'\(text)' is not a size, such as 64m")
        }
        return number *| unit
    }
}

extension InstructionFlags {
    func has(_ name: String) -> Bool { names.contains(name) }
}
