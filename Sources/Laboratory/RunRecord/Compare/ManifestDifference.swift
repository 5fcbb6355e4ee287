/// What two runs are compared for: it may differ between them.
package enum Subject: String, Codable, Sendable, CaseIterable {
    /// isolab's own programs, and what they make of a lane's configuration.
    case isolab
    /// The workload, and what holds it.
    case workload
    case kernel
    /// What lanes and experiments are told.
    case configuration
}

/// Something two manifests say differently.
package struct ManifestDifference: Codable, Equatable, Sendable {
    /// Where it stands: a heading and a name, `Kernel: release`.
    package var name: String
    package var before: String
    package var after: String
    /// Figures of runs that differ in it are not comparable.
    package var decisive: Bool
    /// What it is part of: it forbids nothing where one of these is compared.
    package var subjects: [Subject]
    /// Not what the runs are differs, but what else ran on the host meanwhile.
    package var isDisturbance = false

    init(_ name: String, _ before: String?, _ after: String?, decisive: Bool = true, subjects: [Subject] = []) {
        self.name = name
        self.before = before ?? "not known"
        self.after = after ?? "not known"
        self.decisive = decisive
        self.subjects = subjects
    }

    /// Everything two manifests differ in that has to do with their figures.
    static func all(_ before: Manifest, _ after: Manifest) -> [ManifestDifference] {
        host(before, after) + lanes(before, after) + experiments(before, after) + margins(before, after)
            + artefacts(before, after) + versions(before, after)
    }

    // MARK: Parts

    private static func host(_ before: Manifest, _ after: Manifest) -> [ManifestDifference] {
        var differences: [ManifestDifference] = []
        if before.buildMode != after.buildMode {
            differences.append(.init("build mode", before.buildMode, after.buildMode, subjects: [.isolab]))
        }
        func facts(_ manifest: Manifest) -> [(name: String, fact: Fact)] {
            manifest.host.flatMap { section in section.facts.map { ("\(section.title): \($0.name)", $0) } }
        }
        let (first, second) = (facts(before), facts(after))
        let names = first.map(\.name) + second.map(\.name).filter { name in !first.contains { $0.name == name } }
        for name in names {
            let (old, new) = (first.first { $0.name == name }?.fact, second.first { $0.name == name }?.fact)
            guard old?.decisive == true || new?.decisive == true, old?.value != new?.value else { continue }
            differences.append(.init(name, old?.value, new?.value))
        }
        return differences
    }

    private static func lanes(_ before: Manifest, _ after: Manifest) -> [ManifestDifference] {
        var differences: [ManifestDifference] = []
        for lane in before.lanes where lane.available {
            guard let other = after.lanes.first(where: { $0.id == lane.id && $0.available }) else { continue }
            if other.accelerator != lane.accelerator {
                differences.append(
                    .init("accelerator of \(lane.id)", lane.accelerator ?? "none", other.accelerator ?? "none"))
            }
            let names = Set(lane.configuration.keys).union(other.configuration.keys).subtracting(["warnings"])
            for name in names.sorted() {
                let (old, new) = (lane.configuration[name], other.configuration[name])
                guard let at = Self.firstDifference(old, new) else { continue }
                differences.append(
                    .init("\(name) of \(lane.id)", at.before, at.after, subjects: [.isolab, .configuration]))
            }
        }
        return differences
    }

    /// The first lines that differ, once what names a run and not its configuration is taken out.
    private static func firstDifference(_ old: String?, _ new: String?) -> (before: String?, after: String?)? {
        guard let old, let new else { return (old.map { _ in "there" }, new.map { _ in "there" }) }
        let (first, second) = (Self.nameless(old), Self.nameless(new))
        guard first != second else { return nil }
        let lines = (first.split(separator: "\n"), second.split(separator: "\n"))
        for (one, two) in zip(lines.0, lines.1) where one != two { return (short(one), short(two)) }
        return ("\(lines.0.count) lines", "\(lines.1.count) lines")
    }

    private static func short(_ line: Substring) -> String {
        let bare = line.drop { $0 == " " }
        return bare.count > 80 ? "\(bare.prefix(79))…" : String(bare)
    }

    /// Without the process and start time that stand in a run's own paths and names (`4711-123456`), and without the digests in
    /// the names of cached files, which stand among the artefacts.
    static func nameless(_ text: String) -> String {
        text.replacing(/[0-9]{2,}-[0-9]{4,}(-[0-9]+)*/, with: "…").replacing(/[0-9a-f]{16,}/, with: "…")
    }

    /// Keys of an experiment's part that decide what a sample is.
    private static let deciding = [
        "warmups", "idle-ms", "instances", "peer-instances", "guest-instances", "settle-ms", "batches",
        "scale", "mebibytes", "work",
    ]

    private static func experiments(_ before: Manifest, _ after: Manifest) -> [ManifestDifference] {
        let (first, second) = (parts(before.experiment), parts(after.experiment))
        var differences: [ManifestDifference] = []
        for part in first {
            guard let other = second.first(where: { $0.name == part.name }) else { continue }
            // A deadline cuts off the slowest launches, which moves no median: it is told, and forbids nothing.
            for key in deciding + ["deadline-s"] where part.values[key] != other.values[key] {
                differences.append(
                    .init(
                        "\(key) of \(part.name)", part.values[key] ?? "none", other.values[key] ?? "none",
                        decisive: key != "deadline-s", subjects: [.configuration]))
            }
        }
        if before.baseline != after.baseline {
            differences.append(.init("baseline", before.baseline, after.baseline, subjects: [.configuration]))
        }
        return differences
    }

    /// The parts of an experiment as `ExperimentFile` writes it, by kind, workload and whether the host rests before.
    private static func parts(_ experiment: String) -> [(name: String, values: [String: String])] {
        var parts: [[String: String]] = []
        for line in experiment.split(separator: "\n") {
            let item = line.hasPrefix("  - kind:")
            guard item || line.hasPrefix("    "), let colon = line.firstIndex(of: ":") else { continue }
            let key = line[..<colon].drop { $0 == " " || $0 == "-" }
            let value = line[line.index(after: colon)...].drop { $0 == " " }
            if item { parts.append([:]) }
            guard !parts.isEmpty else { continue }
            parts[parts.count - 1][String(key)] = String(value)
        }
        return parts.map { values -> (name: String, values: [String: String]) in
            let cold = values["idle-ms"].map { $0 == "0" ? " (hot)" : " (cold)" } ?? ""
            return ("\(values["kind"] ?? "") \(values["workload"] ?? "")\(cold)", values)
        }
    }

    /// A verdict is given by one margin: where the sides declared two, each says something else of the same figures. That holds, too,
    /// where configurations are compared: how large a difference matters is no part of what is measured.
    private static func margins(_ before: Manifest, _ after: Manifest) -> [ManifestDifference] {
        let (first, second) = (before.margins ?? [], after.margins ?? [])
        var metrics: [String] = []
        for margin in first + second where !metrics.contains(margin.metric) { metrics.append(margin.metric) }
        func size(_ margin: Margin) -> [Double] {
            // Of nothing, the unit says nothing.
            [margin.share, margin.least == 0 ? 0 : margin.least * (Margin.base(of: margin.unit) ?? 1)]
        }
        return metrics.compactMap { metric in
            let (old, new) = (first.of(metric), second.of(metric))
            guard old.map(size) != new.map(size) else { return nil }
            return ManifestDifference("margin of \(metric)", old?.text ?? "none", new?.text ?? "none")
        }
    }

    private static func artefacts(_ before: Manifest, _ after: Manifest) -> [ManifestDifference] {
        before.artefacts.compactMap { artefact in
            guard let other = after.artefacts.first(where: { $0.name == artefact.name }),
                other.digest != artefact.digest
            else { return nil }
            return ManifestDifference(
                "digest of \(artefact.name)", artefact.digest, other.digest, subjects: subjects(artefact.name))
        }
    }

    private static func subjects(_ artefact: String) -> [Subject] {
        switch artefact {
        // An initramfs holds the workload, which belongs to isolab.
        case "isolab-workload", "workload", "initramfs", "micro-guest": [.isolab, .workload]
        case _ where artefact.hasPrefix("isolab"): [.isolab]
        case "kernel", "unpacked kernel": [.kernel]
        default: []
        }
    }

    /// Records that hold no digests, by name: whatever is said of them, nobody can tell whether they were changed. Nil where all do.
    static func unprotected(_ before: [Run], _ after: [Run]) -> ManifestDifference? {
        func names(_ runs: [Run]) -> String {
            let found = runs.map(\.manifest).filter { $0.unprotected != nil }.map(\.run)
            return found.isEmpty ? "none" : found.joined(separator: ", ")
        }
        guard (before + after).contains(where: { $0.manifest.unprotected != nil }) else { return nil }
        return ManifestDifference(
            "records without digests, which may have been changed", names(before), names(after), decisive: false)
    }

    private static func versions(_ before: Manifest, _ after: Manifest) -> [ManifestDifference] {
        var notes: [ManifestDifference] = []
        if before.version != after.version {
            notes.append(.init("isolab", before.version, after.version, decisive: false))
        }
        if before.commit != after.commit {
            notes.append(.init("commit", before.commit, after.commit, decisive: false))
        }
        return notes
    }
}
