import Statistics

/// Derives a summary from a run: the same run gives the same summary, to the last bit, on every machine.
package enum Summarizer {
    /// The run's cells and comparisons.
    package static func summarize(_ run: Run) -> Summary {
        let values = run.cellValues().filter { $0.taken > 0 }
        let cells = values.map { cell(of: $0, manifest: run.manifest) }
        let measured = zip(values, cells).filter { $0.1.estimate != nil }.map { Measured(values: $0.0, cell: $0.1) }
        return Summary(cells: cells, comparisons: comparisons(measured, manifest: run.manifest))
    }

    // MARK: Cells

    private static func cell(of values: CellValues, manifest: Manifest) -> Cell {
        let key = values.key
        let withheld = withheldReason(values)
        let shown = withheld.isEmpty
        return Cell(
            experiment: key.experiment, workload: key.workload, lane: key.lane, metric: key.metric, span: key.span,
            unit: key.unit, taken: values.taken, admitted: values.admitted, estimate: shown ? estimate(values) : nil,
            withheld: withheld, floor: shown ? NoiseFloor(values, baseline: key.lane == manifest.baseline) : nil,
            findings: shown ? Findings.sentences(values) : [])
    }

    /// Why a cell has no estimate; empty when it has one.
    static func withheldReason(_ cell: CellValues) -> String {
        // A launch killed at its deadline is known to have taken at least so long: it is a value where that is one.
        let share = Double(cell.admitted + cell.censored) / Double(cell.taken)
        guard share >= SummaryRule.admittedShare else {
            let reasons = cell.rejections.prefix(2).map { "\($0.reason) (\($0.count))" }.joined(separator: "; ")
            let percent = Int(within: (share * 100).rounded(.down))
            let needed = Int(within: SummaryRule.admittedShare * 100)
            return "only \(cell.admitted) of \(cell.taken) samples admitted (\(percent) %, \(needed) % are needed): "
                + reasons
        }
        if cell.samples.isEmpty { return "no admitted sample has this figure" }
        guard 2 * cell.censored < cell.samples.count else {
            return "\(cell.censored) of \(cell.taken) launches were killed at their deadline: the median lies beyond it"
        }
        return ""
    }

    private static func estimate(_ cell: CellValues) -> Estimate {
        let sorted = SortedValues(cell.samples)
        let shown = cell.pooled.count == sorted.count ? sorted : SortedValues(cell.pooled)
        let interval = MedianInterval.interval(cell.inOrder)
        return Estimate(
            samples: sorted.count, values: shown.count, minimum: shown.minimum, lowerQuartile: shown.quantile(0.25),
            median: sorted.median, medianLow: interval?.low, medianHigh: interval?.high,
            upperQuartile: shown.quantile(0.75), p95: shown.quantile(0.95),
            p99: shown.count >= SummaryRule.minimumForP99 ? shown.quantile(0.99) : nil, maximum: shown.maximum,
            mean: shown.mean, mad: shown.medianAbsoluteDeviation, censored: cell.censored)
    }

    // MARK: Comparisons

    private struct Measured {
        var values: CellValues
        var cell: Cell
    }

    private static func comparisons(_ measured: [Measured], manifest: Manifest) -> [Comparison] {
        let micro = Set(manifest.lanes.filter { $0.kind == .microGuest }.map(\.id))
        let byKey = Dictionary(measured.map { ($0.values.key, $0) }) { first, _ in first }
        let contrasts = manifest.comparedLanes
        var drafts: [Comparison] = []
        for entry in measured where !micro.contains(entry.values.key.lane) {
            let lane = entry.values.key.lane
            var references: [(lane: String, title: String)] = []
            if lane != manifest.baseline { references.append((lane: manifest.baseline, title: "")) }
            references += contrasts.filter { $0.lane == lane && $0.reference != manifest.baseline }
                .map { (lane: $0.reference, title: $0.title) }
            for reference in references where !micro.contains(reference.lane) {
                guard let other = byKey[entry.values.key.inLane(reference.lane)] else { continue }
                drafts.append(
                    comparison(entry.values, other.values, title: reference.title, manifest: manifest))
            }
        }
        return decided(drafts, estimates: byKey.compactMapValues { $0.cell.estimate }, manifest: manifest)
    }

    private static func comparison(
        _ cell: CellValues, _ reference: CellValues, title: String, manifest: Manifest
    ) -> Comparison {
        let difference = Difference(from: reference.blockValues, to: cell.blockValues, blocked: true)
        let shift = difference.shift
        let median = SortedValues(reference.samples).median
        var comparison = Comparison(
            cell.key, against: reference.key.lane, title: title, samples: cell.samples.count,
            baselineSamples: reference.samples.count, shift: shift.value, shiftLow: shift.interval?.low,
            shiftHigh: shift.interval?.high, analysis: shift.analysis, widening: shift.widening,
            ratio: difference.ratio, ratioLow: difference.ratioInterval?.low,
            ratioHigh: difference.ratioInterval?.high, p: shift.p, cliffsDelta: shift.cliffsDelta,
            margin: manifest.margins?.of(cell.key.metric)?.size(beside: median, unit: cell.key.unit),
            verdict: .undecided)
        // Until the family is known: what the shift's own error allows.
        comparison.visible = shift.error
        return comparison
    }

    /// What is corrected together: an experiment's comparisons in one metric; its system calls all together.
    static func family(experiment: String, metric: String) -> [String] {
        [experiment, metric.hasPrefix(Metric.syscallPrefix) ? Metric.syscallPrefix : metric]
    }

    /// Corrects the probabilities within each family, says the word, and what could have been seen.
    private static func decided(
        _ drafts: [Comparison], estimates: [CellKey: Estimate], manifest: Manifest
    ) -> [Comparison] {
        var comparisons = drafts
        let ratios = RatioRule(manifest: manifest)
        let families = Dictionary(grouping: drafts.indices) {
            family(experiment: drafts[$0].experiment, metric: drafts[$0].metric)
        }
        for indices in families.values {
            let adjusted = Holm.adjust(indices.map { drafts[$0].p })
            for (index, p) in zip(indices, adjusted) {
                comparisons[index].p = p
                comparisons[index].decide(family: indices.count)
                let key = comparisons[index].key
                comparisons[index].ratioWithheld = ratios.withheld(
                    comparisons[index], lane: estimates[key],
                    reference: estimates[key.inLane(comparisons[index].baseline)])
                guard !comparisons[index].ratioWithheld.isEmpty else { continue }
                (comparisons[index].ratio, comparisons[index].ratioLow, comparisons[index].ratioHigh) = (nil, nil, nil)
            }
        }
        return comparisons
    }
}

extension Comparison {
    /// The word, and what this n and this noise could have shown of `family` comparisons.
    fileprivate mutating func decide(family: Int) {
        let interval = shiftLow.flatMap { low in shiftHigh.map { Interval(low, $0) } }
        (verdict, reason) = Verdict.decide(
            interval: interval, margin: margin, p: p, samples: min(samples, baselineSamples))
        guard let error = visible, interval != nil else {
            visible = nil
            return
        }
        let level = SummaryRule.significance / Double(family)
        visible = Power.visibleDifference(error: error, level: level)
        guard let margin else { return }
        let taken = min(samples, baselineSamples)
        blocksNeeded = Power.blocks(for: margin, error: error, blocks: taken, level: level).map {
            max($0, Power.leastBlocks(comparisons: family))
        }
    }
}

extension CellValues {
    /// The values in the order of their blocks: launches killed at their deadline stand where they were.
    var inOrder: [Double] {
        guard censored > 0 else { return samples }
        return blockValues.sorted { $0.block < $1.block }.map(\.value)
    }
}
