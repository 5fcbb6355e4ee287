import Statistics

/// What changed between two runs.
public struct RunComparison: Codable, Equatable, Sendable {
    /// Something two manifests say differently.
    public struct ManifestDifference: Codable, Equatable, Sendable {
        /// Where it stands: a heading and a name, `Kernel: release`.
        public var name: String
        public var before: String
        public var after: String
    }

    /// One cell in both runs.
    public struct Change: Codable, Equatable, Sendable {
        public var key: CellKey
        public var samplesBefore: Int
        public var samplesAfter: Int
        public var medianBefore: Double
        public var medianAfter: Double
        /// Hodges–Lehmann shift after − before with its bootstrap 95 % interval.
        public var shift: Double
        public var shiftLow: Double?
        public var shiftHigh: Double?
        /// Ratio of medians after / before with its bootstrap 95 % interval.
        public var ratio: Double?
        public var ratioLow: Double?
        public var ratioHigh: Double?
        /// Mann–Whitney, two-sided, Holm-corrected over the experiment and metric.
        public var p: Double
        public var cliffsDelta: Double
        /// What the two runs cannot tell apart here, in the unit: the larger of their noise floors, taken in the
        /// baseline's own unit and as a share of its median, whichever is more. (Seconds of a guest's start do not
        /// repeat to the microseconds of a process's.)
        public var floor: Double?
        /// *faster*: the later run is.
        public var verdict: Verdict
        /// Why it is undecided; empty otherwise.
        public var reason: String
    }

    public var before: String
    public var after: String
    /// Decisive differences that were overridden; not empty: the comparison must be stamped.
    public var forced: [ManifestDifference]
    /// Differences worth knowing that forbid nothing: versions, digests of what ran.
    public var notes: [ManifestDifference]
    public var changes: [Change]
    /// Cells that only one run has, or has an estimate of.
    public var onlyBefore: [CellKey]
    public var onlyAfter: [CellKey]
}

/// Two runs that must not be compared without `--force`.
public struct ComparisonRefusal: Error, Equatable, Sendable, CustomStringConvertible {
    /// What differs.
    public var differences: [RunComparison.ManifestDifference]

    public var description: String {
        let list = differences.map { "\($0.name) (\($0.before) / \($0.after))" }.joined(separator: "; ")
        return "the runs differ in what matters: \(list); --force compares them all the same, stamped"
    }
}

extension RunComparison {
    /// Compares `after` with `before`, cell by cell.
    ///
    /// Decisive are: the host's facts marked so, the build mode, and the accelerator of a lane both runs have.
    ///
    /// - Throws: `ComparisonRefusal` when a decisive fact differs and `force` is false.
    public static func compare(
        _ before: Run, _ after: Run, force: Bool = false, resamples: Int = SummaryRule.resamples
    ) throws(ComparisonRefusal) -> RunComparison {
        let decisive = decisiveDifferences(before.manifest, after.manifest)
        guard decisive.isEmpty || force else { throw ComparisonRefusal(differences: decisive) }
        let first = estimable(before)
        let second = estimable(after)
        let floorsBefore = floors(first, before.manifest, resamples)
        let floorsAfter = floors(second, after.manifest, resamples)
        var changes: [Change] = []
        for cell in first.cells {
            guard let other = second.byKey[cell.key] else { continue }
            let floorBefore = floorsBefore[cell.key.inLane(before.manifest.baseline)]
            let floorAfter = floorsAfter[cell.key.inLane(after.manifest.baseline)]
            // A floor that one run does not know is not known.
            var floor: Double?
            if let floorBefore, let floorAfter {
                let median = abs(SortedValues(cell.samples).median)
                floor = max(
                    floorBefore.absolute, floorAfter.absolute, median * max(floorBefore.share, floorAfter.share))
            }
            changes.append(
                change(
                    cell, other, floor: floor, seed: before.manifest.seed ^ after.manifest.seed, resamples: resamples))
        }
        return RunComparison(
            before: before.manifest.run, after: after.manifest.run, forced: decisive,
            notes: noteworthyDifferences(before.manifest, after.manifest), changes: decided(changes),
            onlyBefore: first.cells.map(\.key).filter { second.byKey[$0] == nil },
            onlyAfter: second.cells.map(\.key).filter { first.byKey[$0] == nil })
    }

    // MARK: Manifests

    static func decisiveDifferences(_ before: Manifest, _ after: Manifest) -> [ManifestDifference] {
        var differences: [ManifestDifference] = []
        if before.buildMode != after.buildMode {
            differences.append(.init(name: "build mode", before: before.buildMode, after: after.buildMode))
        }
        let (first, second) = (facts(before), facts(after))
        let names = first.map(\.name) + second.map(\.name).filter { name in !first.contains { $0.name == name } }
        for name in names {
            let (old, new) = (first.first { $0.name == name }?.fact, second.first { $0.name == name }?.fact)
            guard old?.decisive == true || new?.decisive == true, old?.value != new?.value else { continue }
            differences.append(
                .init(name: name, before: old?.value ?? "not known", after: new?.value ?? "not known"))
        }
        for lane in before.lanes where lane.available {
            guard let other = after.lanes.first(where: { $0.id == lane.id && $0.available }),
                other.accelerator != lane.accelerator
            else { continue }
            differences.append(
                .init(
                    name: "accelerator of \(lane.id)", before: lane.accelerator ?? "none",
                    after: other.accelerator ?? "none"))
        }
        return differences
    }

    private static func facts(_ manifest: Manifest) -> [(name: String, fact: Fact)] {
        manifest.host.flatMap { section in section.facts.map { ("\(section.title): \($0.name)", $0) } }
    }

    private static func noteworthyDifferences(_ before: Manifest, _ after: Manifest) -> [ManifestDifference] {
        var notes: [ManifestDifference] = []
        if before.version != after.version {
            notes.append(.init(name: "isolab", before: before.version, after: after.version))
        }
        for artefact in before.artefacts {
            guard let other = after.artefacts.first(where: { $0.name == artefact.name }),
                other.digest != artefact.digest
            else { continue }
            notes.append(.init(name: "digest of \(artefact.name)", before: artefact.digest, after: other.digest))
        }
        return notes
    }

    // MARK: Cells

    private struct Estimable {
        var cells: [CellValues]
        var byKey: [CellKey: CellValues]
    }

    /// The cells that may be compared: enough of their samples were admitted.
    private static func estimable(_ run: Run) -> Estimable {
        let cells = run.cellValues().filter {
            $0.taken > 0 && Double($0.admitted) >= SummaryRule.admittedShare * Double($0.taken)
                && !$0.samples.isEmpty
        }
        return Estimable(cells: cells, byKey: Dictionary(cells.map { ($0.key, $0) }) { first, _ in first })
    }

    private struct Floor {
        var absolute: Double
        /// By the baseline's median.
        var share: Double
    }

    /// The noise floors of a run's baseline cells.
    private static func floors(_ run: Estimable, _ manifest: Manifest, _ resamples: Int) -> [CellKey: Floor] {
        var floors: [CellKey: Floor] = [:]
        for cell in run.cells where cell.key.lane == manifest.baseline {
            let sorted = SortedValues(cell.samples)
            var generator = Summarizer.generator(for: cell.key, seed: manifest.seed, purpose: "floor")
            guard
                let floor = Summarizer.noiseFloor(sorted, twin: cell.twin, resamples: resamples, generator: &generator)
            else { continue }
            let median = abs(sorted.median)
            floors[cell.key] = Floor(absolute: floor, share: median > 0 ? floor / median : 0)
        }
        return floors
    }

    private static func change(_ before: CellValues, _ after: CellValues, floor: Double?, seed: UInt64, resamples: Int)
        -> Change
    {
        let first = SortedValues(before.samples)
        let second = SortedValues(after.samples)
        var generator = Summarizer.generator(for: before.key, seed: seed, purpose: "change")
        let difference = Difference(
            from: first, to: second,
            fromMedians: Bootstrap.quantiles(first, resamples: resamples, generator: &generator),
            toMedians: Bootstrap.quantiles(second, resamples: resamples, generator: &generator),
            resamples: resamples, generator: &generator)
        return Change(
            key: before.key, samplesBefore: first.count, samplesAfter: second.count, medianBefore: first.median,
            medianAfter: second.median, shift: difference.shift, shiftLow: difference.interval?.low,
            shiftHigh: difference.interval?.high, ratio: difference.ratio,
            ratioLow: difference.ratioInterval?.low, ratioHigh: difference.ratioInterval?.high, p: difference.p,
            cliffsDelta: difference.cliffsDelta, floor: floor, verdict: .undecided, reason: "")
    }

    private static func decided(_ drafts: [Change]) -> [Change] {
        var changes = drafts
        let families = Dictionary(grouping: drafts.indices) {
            [drafts[$0].key.experiment, drafts[$0].key.metric]
        }
        for indices in families.values {
            for (index, p) in zip(indices, Holm.adjust(indices.map { drafts[$0].p })) { changes[index].p = p }
        }
        for index in changes.indices {
            let change = changes[index]
            let interval = change.shiftLow.flatMap { low in change.shiftHigh.map { Interval(low, $0) } }
            (changes[index].verdict, changes[index].reason) = Verdict.decide(
                interval: interval, floor: change.floor, p: change.p,
                samples: min(change.samplesBefore, change.samplesAfter))
        }
        return changes
    }
}
