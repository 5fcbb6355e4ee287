import Statistics

/// What changed between two runs, or between two sides of several runs each.
///
/// A run is one sample of what a host does on a day: its launches share a memory layout, a temperature, a neighbour. Two runs
/// of one subject differ by more than their samples say, so that single runs give no verdict, however many launches they hold,
/// unless it is known how much runs differ on this host.
package struct RunComparison: Codable, Equatable, Sendable {
    /// On what its verdicts rest.
    package enum Basis: Codable, Equatable, Sendable {
        /// One run a side: there are none.
        case none
        /// So many runs on the smaller side.
        case runs(Int)
        /// This host's spread between runs, known from so many.
        case spread(runs: Int)
    }

    /// One cell on both sides.
    package struct Change: Codable, Equatable, Sendable {
        package var key: CellKey
        /// Admitted samples of all runs of the side.
        package var samplesBefore: Int
        package var samplesAfter: Int
        package var runsBefore: Int
        package var runsAfter: Int
        /// Means of the runs' medians.
        package var medianBefore: Double
        package var medianAfter: Double
        /// After − before, with its 95 % interval between runs; nil where runs cannot be told apart.
        package var shift: Double
        package var shiftLow: Double?
        package var shiftHigh: Double?
        /// Two-sided, of the runs' medians, Holm-corrected over the experiment and metric; nil without a verdict.
        package var p: Double?
        /// As the runs before declared it, in the unit; those after declared the same, unless it was forced.
        package var margin: Double?
        /// The least change these runs show in four of five comparisons.
        package var visible: Double?
        /// *faster*: the later side is.
        package var verdict: Verdict
        /// Why it is undecided; empty otherwise.
        package var reason: String

        /// The shift as a share of what was before; nil where that is not positive.
        package func share(of value: Double?) -> Double? {
            guard let value, medianBefore > 0 else { return nil }
            return value / medianBefore
        }
    }

    package var before: [String]
    package var after: [String]
    package var basis: Basis
    /// What may differ because it is what is compared.
    package var subject: Subject?
    /// Decisive differences that were overridden; not empty: the comparison must be stamped.
    package var forced: [ManifestDifference]
    /// Differences worth knowing that forbid nothing: what is compared, versions, commits.
    package var notes: [ManifestDifference]
    package var changes: [Change]
    /// Cells that only one side has, or has an estimate of.
    package var onlyBefore: [CellKey]
    package var onlyAfter: [CellKey]
    /// What else ran on the host meanwhile, where anything did.
    package var disturbances: [ConditionDisturbance] = []

    /// What an undecided change of single runs says.
    package static let oneRun = "one run a side: no verdict"
}

/// Runs that must not be compared without `--force`; or at all, where one of them is named more than once.
package struct ComparisonRefusal: Error, Equatable, Sendable, CustomStringConvertible {
    /// What differs.
    package var differences: [ManifestDifference] = []
    /// What no `--force` lets pass: it would be counted as several runs.
    package var repeated: RepeatedRun?

    package var description: String {
        if let repeated { return "\(repeated)" }
        let list = differences.map { "\($0.name) (\($0.before) / \($0.after))" }.joined(separator: "; ")
        return "the runs differ in what matters: \(list); --force compares them anyway, with a stamp"
    }
}

extension RunComparison {
    /// Compares one run with another: without verdicts, unless the host's spread between runs is known.
    ///
    /// - Throws: `ComparisonRefusal` when something decisive differs and `force` is false, or when both are one run.
    package static func compare(
        _ before: Run, _ after: Run, force: Bool = false, subject: Subject? = nil, spread: RunSpread? = nil
    ) throws(ComparisonRefusal) -> RunComparison {
        try compare([before], [after], force: force, subject: subject, spread: spread)
    }

    /// Compares the runs of one side with those of the other, cell by cell.
    ///
    /// - Parameters:
    ///   - subject: what may differ, being what is compared.
    ///   - spread: how much runs differ on this host, for single runs.
    /// - Throws: `ComparisonRefusal` when something decisive differs and `force` is false, or when a run is named more than once.
    package static func compare(
        _ before: [Run], _ after: [Run], force: Bool = false, subject: Subject? = nil, spread: RunSpread? = nil
    ) throws(ComparisonRefusal) -> RunComparison {
        let manifests = (before + after).map(\.manifest)
        guard let first = before.first?.manifest, let other = after.first?.manifest else {
            return RunComparison(
                before: [], after: [], basis: .none, subject: subject, forced: [], notes: [], changes: [],
                onlyBefore: [], onlyAfter: [])
        }
        if let repeated = RepeatedRun.find(before, after) { throw ComparisonRefusal(repeated: repeated) }
        var found = ManifestDifference.all(first, other)
        // The runs of one side are of one subject: they may not differ in it either.
        for (lead, side) in [(first, before), (other, after)] {
            for run in side.dropFirst() {
                found += ManifestDifference.all(lead, run.manifest).filter(\.decisive).map { difference in
                    var difference = difference
                    difference.subjects = []
                    return difference
                }
            }
        }
        let decisive = found.filter { difference in
            guard difference.decisive else { return false }
            guard let subject else { return true }
            return !difference.subjects.contains(subject)
        }
        guard decisive.isEmpty || force else { throw ComparisonRefusal(differences: decisive) }
        let least = min(before.count, after.count)
        let usable = spread.flatMap { $0.fits(manifests) && least == 1 ? $0 : nil }
        var basis = Basis.none
        if least > 1 { basis = .runs(least) } else if let usable { basis = .spread(runs: usable.runs) }
        let (left, right) = (Side(before), Side(after))
        let disturbances = ConditionDisturbance.all(before, after)
        let refused = disturbances.filter { $0.refusal != nil }
        var changes: [Change] = []
        for key in left.keys {
            guard let one = left.cells[key], let two = right.cells[key] else { continue }
            let margin = first.margins?.of(key.metric)
            var draft = change(key, one, two, margin: margin, spread: usable)
            let refusal = refused.first { $0.experiment == key.experiment && $0.workload == key.workload }?.refusal
            if let refusal, draft.p != nil, !force {
                (draft.p, draft.shiftLow, draft.shiftHigh, draft.visible) = (nil, nil, nil, nil)
                draft.reason = refusal
            }
            changes.append(draft)
        }
        var notes = found.filter { !decisive.contains($0) }
        if let unprotected = ManifestDifference.unprotected(before, after) { notes.append(unprotected) }
        let overridden = force && basis != .none ? refused.map(ManifestDifference.init) : []
        return RunComparison(
            before: before.map(\.manifest.run), after: after.map(\.manifest.run), basis: basis, subject: subject,
            forced: decisive + overridden, notes: notes, changes: decided(changes),
            onlyBefore: left.keys.filter { right.cells[$0] == nil },
            onlyAfter: right.keys.filter { left.cells[$0] == nil }, disturbances: disturbances)
    }

    // MARK: Cells

    /// A side's runs, cell by cell.
    private struct Side {
        let keys: [CellKey]
        let cells: [CellKey: [RunCell]]

        init(_ runs: [Run]) {
            var keys: [CellKey] = []
            var cells: [CellKey: [RunCell]] = [:]
            for run in runs {
                for cell in run.cellValues() where cell.taken > 0 && Summarizer.withheldReason(cell).isEmpty {
                    if cells[cell.key] == nil { keys.append(cell.key) }
                    cells[cell.key, default: []].append(RunCell(cell))
                }
            }
            // A figure that a run of the side lacks is not the side's.
            let whole = cells.filter { $0.value.count == runs.count }
            self.keys = keys.filter { whole[$0] != nil }
            self.cells = whole
        }
    }

    private static func change(
        _ key: CellKey, _ before: [RunCell], _ after: [RunCell], margin: Margin?, spread: RunSpread?
    ) -> Change {
        let shift = RunShift(before, after, spread: spread?.share(of: key), runs: spread?.runs)
        return Change(
            key: key, samplesBefore: before.reduce(0) { $0 + $1.samples },
            samplesAfter: after.reduce(0) { $0 + $1.samples },
            runsBefore: before.count, runsAfter: after.count, medianBefore: shift.before, medianAfter: shift.after,
            shift: shift.value, shiftLow: shift.interval?.low, shiftHigh: shift.interval?.high, p: shift.p,
            margin: margin?.size(beside: shift.before, unit: key.unit), visible: shift.error, verdict: .undecided,
            reason: "")
    }

    private static func decided(_ drafts: [Change]) -> [Change] {
        var changes = drafts
        let families = Dictionary(grouping: drafts.indices.filter { drafts[$0].p != nil }) {
            Summarizer.family(experiment: drafts[$0].key.experiment, metric: drafts[$0].key.metric)
        }
        for indices in families.values {
            for (index, p) in zip(indices, Holm.adjust(indices.map { drafts[$0].p ?? 1 })) {
                changes[index].p = p
                changes[index].visible = drafts[index].visible.map {
                    Power.visibleDifference(error: $0, level: SummaryRule.significance / Double(indices.count))
                }
            }
        }
        for index in changes.indices {
            let change = changes[index]
            guard let p = change.p, let low = change.shiftLow, let high = change.shiftHigh else {
                changes[index].verdict = .undecided
                if change.reason.isEmpty { changes[index].reason = oneRun }
                continue
            }
            (changes[index].verdict, changes[index].reason) = Verdict.decide(
                interval: Interval(low, high), margin: change.margin, p: p, samples: .max)
        }
        return changes
    }
}
