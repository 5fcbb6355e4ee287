import RunRecord
import Yams

/// Experiment files: YAML in, YAML out.
///
///     name: mine
///     seed: 7
///     baseline: native
///     experiments:
///       - kind: startup
///         workload: exit
///         lanes: [native, container, vm]
///         blocks: 50
///         idle-ms: 50
///
///     margins:
///       startup: 10 % 50 us
///     contrasts:
///       - [container, container-noseccomp]
///
/// A margin is a share of the reference, with or without a least difference that matters. Every key but
/// `experiments`, `kind` and `lanes` may be left out. What is wrong is told with its line.
package enum ExperimentFile {
    /// The keys of the file's top level.
    static let keys = [
        "name", "seed", "baseline", "lanes", "experiments", "margins", "contrasts", "exploratory",
    ]

    /// A key of one experiment that takes a whole number, and where it goes.
    static let numbers: [(name: String, path: any (WritableKeyPath<Experiment.Part, Int> & Sendable))] = [
        ("blocks", \.blocks), ("warmups", \.warmups), ("idle-ms", \.idleMilliseconds),
        ("deadline-s", \.deadlineSeconds), ("instances", \.instances), ("guest-instances", \.guestInstances),
        ("settle-ms", \.settleMilliseconds), ("batches", \.batches), ("scale", \.scale), ("mebibytes", \.mebibytes),
    ]

    static let partKeys = ["kind", "workload", "lanes", "guest-blocks", "peer-instances", "work"] + numbers.map(\.name)

    /// Reads an experiment.
    ///
    /// - Parameters:
    ///   - path: stands in the messages; nothing is opened.
    ///   - seed: used where the file names none.
    package static func parse(_ text: String, path: String, seed: UInt64) throws(LabError) -> Experiment {
        let root: Node?
        // A byte order mark, as some editors write it, is none of the first key.
        let text = text.unicodeScalars.first == "\u{FEFF}" ? String(text.unicodeScalars.dropFirst()) : text
        if let (line, problem) = ExperimentShape.fault(in: text) {
            throw .experimentFile(path: path, line: line, problem: problem)
        }
        do {
            root = try Yams.compose(yaml: text)
        } catch let error as YamlError {
            throw .experimentFile(path: path, line: error.line, problem: error.problemWords)
        } catch {
            throw .experimentFile(path: path, line: nil, problem: "\(error)")
        }
        let reader = NodeReader(path: path)
        guard let root else { throw .experimentFile(path: path, line: 1, problem: "the file is empty") }
        let top = try reader.mapping(root, keys: keys, what: "the file")
        var experiment = Experiment(name: "experiment", seed: seed, parts: [])
        var lanes: [String] = []
        if let node = top["name"] { experiment.name = try reader.name(node) }
        if let node = top["seed"] { experiment.seed = try reader.number(node, "seed") }
        if let node = top["baseline"] { experiment.baseline = try reader.lane(node) }
        if let node = top["lanes"] { lanes = try reader.lanes(node) }
        if let node = top["margins"] { experiment.margins = try reader.margins(node) }
        if let node = top["contrasts"] { experiment.declaredContrasts = try reader.contrasts(node) }
        if let node = top["exploratory"] { experiment.exploratory = try reader.flag(node, "exploratory") }
        guard let list = top["experiments"] else {
            throw .experimentFile(path: path, line: root.mark?.line, problem: "no 'experiments' list")
        }
        for node in try reader.sequence(list, "experiments") {
            let added = try part(node, lanes: lanes, reader)
            if experiment.parts.contains(where: added.isPooled) { throw reader.problem(node, added.pooledWords) }
            experiment.parts.append(added)
        }
        if let node = top["contrasts"] { try reader.refuseUnmeasured(node, experiment) }
        do {
            return try experiment.validated()
        } catch {
            throw .experimentFile(path: path, line: list.mark?.line, problem: error.description)
        }
    }

    private static func part(
        _ node: Node, lanes: [String], _ reader: NodeReader
    ) throws(LabError) -> Experiment.Part {
        let fields = try reader.mapping(node, keys: partKeys, what: "an experiment")
        guard let kindNode = fields["kind"] else {
            throw reader.problem(node, "an experiment needs a 'kind': \(ExperimentKinds.all.map { $0.id })")
        }
        let kind: any ExperimentKind.Type
        do { kind = try ExperimentKinds.named(reader.text(kindNode, "kind")) } catch {
            throw reader.problem(kindNode, error.description)
        }
        var part = Experiment.Part(kind: kind.id, workload: kind.workloads[0], lanes: lanes, blocks: 50)
        if let node = fields["lanes"] { part.lanes = try reader.lanes(node) }
        if part.lanes.isEmpty { throw reader.problem(node, "no lanes, neither here nor at the top") }
        if let node = fields["workload"] {
            part.workload = try reader.text(node, "workload")
            guard kind.workloads.contains(part.workload) else {
                let unknown = LabError.unknown(what: "workload", name: part.workload, known: kind.workloads)
                throw reader.problem(node, unknown.description)
            }
        }
        for (name, path) in numbers {
            if let node = fields[name] { part[keyPath: path] = try reader.number(node, name) }
        }
        if let node = fields["peer-instances"] { part.peerInstances = try reader.number(node, "peer-instances") as Int }
        if let node = fields["guest-blocks"] { part.guestBlocks = try reader.number(node, "guest-blocks") as Int }
        if let node = fields["work"] { part.work = try reader.number(node, "work") }
        return part
    }

    /// The experiment as a file that reads back equal.
    package static func text(_ experiment: Experiment) -> String {
        var lines = ["name: \(experiment.name)", "seed: \(experiment.seed)", "baseline: \(experiment.baseline)"]
        if experiment.exploratory { lines.append("exploratory: true") }
        lines.append(experiment.margins.isEmpty ? "margins: {}" : "margins:")
        for margin in experiment.margins { lines.append("  \"\(margin.metric)\": \(margin.text)") }
        if let contrasts = experiment.declaredContrasts {
            lines.append(contrasts.isEmpty ? "contrasts: []" : "contrasts:")
            for contrast in contrasts { lines.append("  - [\"\(contrast.lane)\", \"\(contrast.reference)\"]") }
        }
        lines.append("experiments:")
        for part in experiment.parts {
            lines.append("  - kind: \(part.kind)")
            lines.append("    workload: \(part.workload)")
            lines.append("    lanes: [\(part.lanes.map { "\"\($0)\"" }.joined(separator: ", "))]")
            for (name, path) in numbers { lines.append("    \(name): \(part[keyPath: path])") }
            if let instances = part.peerInstances { lines.append("    peer-instances: \(instances)") }
            if let blocks = part.guestBlocks { lines.append("    guest-blocks: \(blocks)") }
            lines.append("    work: \(part.work)")
        }
        return lines.joined(separator: "\n") + "\n"
    }
}

/// Walks composed YAML and says what it stumbled over, with its line.
private struct NodeReader {
    let path: String

    func problem(_ node: Node?, _ words: String) -> LabError {
        .experimentFile(path: path, line: node?.mark?.line, problem: words)
    }

    func mapping(_ node: Node, keys: [String], what: String) throws(LabError) -> [String: Node] {
        guard let mapping = node.mapping else { throw problem(node, "\(what) must be a mapping of names to values") }
        var fields: [String: Node] = [:]
        for (key, value) in mapping {
            let name = try text(key, "a name")
            guard keys.contains(name) else {
                throw problem(key, LabError.unknown(what: "option", name: name, known: keys).description)
            }
            guard fields.updateValue(value, forKey: name) == nil else {
                throw problem(key, "'\(name)' is listed twice")
            }
        }
        return fields
    }

    func sequence(_ node: Node, _ name: String) throws(LabError) -> [Node] {
        guard let sequence = node.sequence else { throw problem(node, "'\(name)' must be a list") }
        return Array(sequence)
    }

    func text(_ node: Node, _ name: String) throws(LabError) -> String {
        guard let text = node.scalar?.string, !text.isEmpty else { throw problem(node, "'\(name)' must be a word") }
        return text
    }

    /// A name that can be part of a directory's.
    func name(_ node: Node) throws(LabError) -> String {
        let name = try text(node, "name")
        guard name.utf8.allSatisfy({ $0.isPartOfName }), name.utf8.count <= 64 else {
            throw problem(node, "'name' may hold letters, digits, '-' and '_' only, at most 64")
        }
        return name
    }

    func number<Number: FixedWidthInteger>(_ node: Node, _ name: String) throws(LabError) -> Number {
        let words = try text(node, name)
        guard let number = Number(words) else {
            throw problem(node, "'\(name)' must be a whole number, not '\(words)'")
        }
        return number
    }

    func flag(_ node: Node, _ name: String) throws(LabError) -> Bool {
        switch try text(node, name) {
        case "true": return true
        case "false": return false
        default: throw problem(node, "'\(name)' must be true or false")
        }
    }

    /// The standard margins with those of the file in their place.
    func margins(_ node: Node) throws(LabError) -> [Margin] {
        guard let mapping = node.mapping else {
            throw problem(node, "'margins' must be a mapping of metrics to margins")
        }
        var margins: [Margin] = []
        for (key, value) in mapping {
            let metric = try text(key, "a metric")
            let known = Margin.known + SyscallsExperiment.metrics
            guard known.contains(metric) else {
                throw problem(key, LabError.unknown(what: "metric", name: metric, known: known).description)
            }
            guard let margin = Margin(metric, text: try text(value, metric)) else {
                let units = Margin.units(of: metric)
                throw problem(
                    value,
                    "the margin of '\(metric)' must be a share of at most 100 %, with or without a least difference in "
                        + "\(units.joined(separator: ", ")): 10 %, 5 % 50 \(units[1]); four digits after the point at most"
                )
            }
            guard !margins.contains(where: { $0.metric == metric }) else {
                throw problem(key, "'\(metric)' is listed twice")
            }
            margins.append(margin)
        }
        return Margin.standard.filter { standard in !margins.contains { $0.metric == standard.metric } } + margins
    }

    func contrasts(_ node: Node) throws(LabError) -> [Contrast] {
        var contrasts: [Contrast] = []
        for item in try sequence(node, "contrasts") {
            let pair = try lanes(item)
            guard pair.count == 2, pair[0] != pair[1] else {
                throw problem(item, "a contrast is a pair of lanes: [container, container-noseccomp]")
            }
            guard !contrasts.contains(where: { [$0.lane, $0.reference].sorted() == pair.sorted() }) else {
                throw problem(item, "the contrast of \(pair[0]) and \(pair[1]) is listed twice")
            }
            let titled = Contrast.standard(pair, peers: []).first { $0.lane == pair[0] && $0.reference == pair[1] }
            contrasts.append(titled ?? Contrast(pair[0], against: pair[1]))
        }
        return contrasts
    }

    /// No contrast is left out without a word: its lanes must be measured in one experiment, for only there are they compared.
    func refuseUnmeasured(_ node: Node, _ experiment: Experiment) throws(LabError) {
        for (item, contrast) in zip(try sequence(node, "contrasts"), experiment.declaredContrasts ?? []) {
            guard experiment.parts.contains(where: { Set([contrast.lane, contrast.reference]).isSubset(of: $0.lanes) })
            else {
                throw problem(
                    item,
                    "no experiment measures both \(contrast.lane) and \(contrast.reference): add them to its lanes, or "
                        + "leave out the contrast")
            }
        }
    }

    func lane(_ node: Node) throws(LabError) -> String {
        do { return try LaneCatalogue.entry(text(node, "lane")).id } catch { throw located(error, node) }
    }

    func lanes(_ node: Node) throws(LabError) -> [String] {
        var lanes: [String] = []
        for node in try sequence(node, "lanes") { lanes.append(try lane(node)) }
        return lanes
    }

    private func located(_ error: LabError, _ node: Node) -> LabError {
        if case .experimentFile = error { return error }
        return problem(node, error.description)
    }
}

extension UInt8 {
    fileprivate var isPartOfName: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}

extension YamlError {
    fileprivate var line: Int? {
        switch self {
        case .scanner(_, _, let mark, _), .parser(_, _, let mark, _), .composer(_, _, let mark, _): mark.line
        case .duplicatedKeysInMapping(_, let context): context.mark.line
        default: nil
        }
    }

    fileprivate var problemWords: String {
        switch self {
        case .scanner(_, let problem, _, _), .parser(_, let problem, _, _), .composer(_, let problem, _, _): problem
        case .duplicatedKeysInMapping(let duplicates, _):
            "is listed twice: \(duplicates.joined(separator: ", "))"
        default: "\(self)"
        }
    }
}
