public import RunRecord

/// Something in which the manifests of two runs differ.
public struct ManifestDifference: Equatable, Sendable {
    public var name: String
    public var before: String
    public var after: String
    /// Runs that differ in such a thing are compared only when forced, and the report is stamped.
    public var decisive: Bool

    public init(name: String, before: String, after: String, decisive: Bool) {
        self.name = name
        self.before = before
        self.after = after
        self.decisive = decisive
    }

    /// Every difference that a reader of a comparison must know, decisive ones first.
    public static func between(_ before: Manifest, _ after: Manifest) -> [ManifestDifference] {
        var result: [ManifestDifference] = []
        func compare(_ name: String, _ one: String, _ two: String, decisive: Bool) {
            guard one != two else { return }
            result.append(
                ManifestDifference(
                    name: name, before: one.isEmpty ? "not recorded" : one, after: two.isEmpty ? "not recorded" : two,
                    decisive: decisive))
        }
        compare("build mode", before.buildMode, after.buildMode, decisive: true)
        compare("baseline", before.baseline, after.baseline, decisive: true)
        compare("isolab", before.version, after.version, decisive: false)
        compare("blocks", "\(before.blocks)", "\(after.blocks)", decisive: false)
        compare("interrupted", "\(before.interrupted)", "\(after.interrupted)", decisive: false)
        let facts = Self.paired(Self.facts(before), Self.facts(after)) { $0.0 }
        for (name, one, two) in facts {
            compare(
                name, one?.1.value ?? "", two?.1.value ?? "",
                decisive: one?.1.decisive == true || two?.1.decisive == true)
        }
        for (name, one, two) in Self.paired(before.artefacts, after.artefacts, by: \.name) {
            // Another workload is another measurement; another kernel or image may be what is being compared.
            compare("digest of \(name)", one?.digest ?? "", two?.digest ?? "", decisive: name == "workload")
        }
        for (id, one, two) in Self.paired(before.lanes, after.lanes, by: \.id) {
            guard let one, let two else { continue }
            compare("accelerator of \(id)", one.accelerator ?? "", two.accelerator ?? "", decisive: true)
            compare(
                "isolation of \(id)", one.isolation.joined(separator: ", "), two.isolation.joined(separator: ", "),
                decisive: true)
        }
        return result.filter(\.decisive) + result.filter { !$0.decisive }
    }

    private static func facts(_ manifest: Manifest) -> [(String, Fact)] {
        manifest.host.flatMap { section in section.facts.map { ("\(section.title): \($0.name)", $0) } }
    }

    /// Elements of two lists that share a name, in the order in which the names appear.
    private static func paired<Element>(
        _ before: [Element], _ after: [Element], by name: (Element) -> String
    ) -> [(String, Element?, Element?)] {
        var order: [String] = []
        var one: [String: Element] = [:]
        var two: [String: Element] = [:]
        for element in before where one[name(element)] == nil {
            one[name(element)] = element
            order.append(name(element))
        }
        for element in after where two[name(element)] == nil {
            two[name(element)] = element
            if one[name(element)] == nil { order.append(name(element)) }
        }
        return order.map { ($0, one[$0], two[$0]) }
    }
}
