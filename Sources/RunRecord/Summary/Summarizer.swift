import Statistics

/// Derives a summary from a run: the same run gives the same summary, to the last bit, on every machine.
public enum Summarizer {
    /// The run's cells and comparisons.
    ///
    /// - Parameter resamples: of each bootstrap; fewer only where speed matters more than the last digits of an interval.
    public static func summarize(_ run: Run, resamples: Int = SummaryRule.resamples) -> Summary {
        let values = run.cellValues().filter { $0.taken > 0 }
        var resampled: [CellKey: [Double]] = [:]
        var cells: [Cell] = []
        for cell in values {
            let key = cell.key
            var estimate: Estimate?
            let withheld = withheldReason(cell)
            if withheld.isEmpty {
                let sorted = SortedValues(cell.samples)
                var generator = generator(for: key, seed: run.manifest.seed, purpose: "median")
                let medians = Bootstrap.quantiles(
                    sorted, 0.5, resamples: resamples, generator: &generator)
                resampled[key] = medians
                estimate = self.estimate(sorted, pooled: cell.pooled, medians: medians)
            }
            cells.append(
                Cell(
                    experiment: key.experiment, workload: key.workload, lane: key.lane, metric: key.metric,
                    span: key.span, unit: key.unit, taken: cell.taken, admitted: cell.admitted, estimate: estimate,
                    withheld: withheld, findings: estimate == nil ? [] : Findings.sentences(cell)))
        }
        let measured = values.filter { resampled[$0.key] != nil }
        return Summary(
            cells: cells,
            comparisons: comparisons(measured, resampled: resampled, manifest: run.manifest, resamples: resamples))
    }

    // MARK: Cells

    /// Why a cell has no estimate; empty when it has one.
    private static func withheldReason(_ cell: CellValues) -> String {
        let share = Double(cell.admitted) / Double(cell.taken)
        guard share >= SummaryRule.admittedShare else {
            let reasons = cell.rejections.prefix(2).map { "\($0.reason) (\($0.count))" }.joined(separator: "; ")
            let percent = Int(within: (share * 100).rounded(.down))
            let needed = Int(within: SummaryRule.admittedShare * 100)
            return "only \(cell.admitted) of \(cell.taken) samples admitted (\(percent) %, \(needed) % are needed): "
                + reasons
        }
        return cell.samples.isEmpty ? "no admitted sample has this figure" : ""
    }

    private static func estimate(_ sorted: SortedValues, pooled: [Double], medians: [Double]) -> Estimate {
        let shown = pooled.count == sorted.count ? sorted : SortedValues(pooled)
        let interval =
            sorted.count >= SummaryRule.minimumForInterval ? Bootstrap.percentileInterval(medians) : nil
        return Estimate(
            samples: sorted.count, values: shown.count, minimum: shown.minimum, lowerQuartile: shown.quantile(0.25),
            median: sorted.median, medianLow: interval?.low, medianHigh: interval?.high,
            upperQuartile: shown.quantile(0.75), p95: shown.quantile(0.95),
            p99: shown.count >= SummaryRule.minimumForP99 ? shown.quantile(0.99) : nil, maximum: shown.maximum,
            mean: shown.mean, mad: shown.medianAbsoluteDeviation)
    }

    // MARK: Comparisons

    private static func comparisons(
        _ cells: [CellValues], resampled: [CellKey: [Double]], manifest: Manifest, resamples: Int
    ) -> [Comparison] {
        let micro = Set(manifest.lanes.filter { $0.kind == .microGuest }.map(\.id))
        let baselines = Dictionary(
            uniqueKeysWithValues: cells.filter { $0.key.lane == manifest.baseline }.map { ($0.key, $0) })
        var sortedBaselines: [CellKey: SortedValues] = [:]
        var floors: [CellKey: Double] = [:]
        for (key, cell) in baselines {
            let sorted = SortedValues(cell.samples)
            sortedBaselines[key] = sorted
            var generator = generator(for: key, seed: manifest.seed, purpose: "floor")
            floors[key] = noiseFloor(sorted, twin: cell.twin, resamples: resamples, generator: &generator)
        }
        var drafts: [Comparison] = []
        for cell in cells where cell.key.lane != manifest.baseline && !micro.contains(cell.key.lane) {
            let baselineKey = cell.key.inLane(manifest.baseline)
            guard let baseline = sortedBaselines[baselineKey] else { continue }
            var generator = generator(for: cell.key, seed: manifest.seed, purpose: "shift")
            let lane = SortedValues(cell.samples)
            let difference = Difference(
                from: baseline, to: lane, fromMedians: resampled[baselineKey] ?? [],
                toMedians: resampled[cell.key] ?? [], resamples: resamples, generator: &generator)
            drafts.append(
                Comparison(
                    experiment: cell.key.experiment, workload: cell.key.workload, metric: cell.key.metric,
                    span: cell.key.span, unit: cell.key.unit, lane: cell.key.lane, baseline: manifest.baseline,
                    samples: lane.count, baselineSamples: baseline.count, shift: difference.shift,
                    shiftLow: difference.interval?.low, shiftHigh: difference.interval?.high,
                    ratio: difference.ratio, ratioLow: difference.ratioInterval?.low,
                    ratioHigh: difference.ratioInterval?.high, p: difference.p,
                    cliffsDelta: difference.cliffsDelta, floor: floors[baselineKey], verdict: .undecided))
        }
        return decided(drafts)
    }

    /// What a run cannot tell apart in one cell of the baseline: the larger absolute end of the bootstrap 95 % interval
    /// of the Hodges–Lehmann shift from the baseline's samples to its hidden twin's.
    ///
    /// Both come from one lane, interleaved in the same blocks, so whatever shift their interval allows is what noise,
    /// drift and this number of samples allow. Nil without enough twins.
    static func noiseFloor(
        _ baseline: SortedValues, twin: [Double], resamples: Int, generator: inout SeededGenerator
    ) -> Double? {
        guard twin.count >= SummaryRule.minimumForInterval, baseline.count >= SummaryRule.minimumForInterval
        else { return nil }
        return HodgesLehmann.interval(
            from: baseline, to: SortedValues(twin), resamples: resamples, generator: &generator
        ).bound
    }

    /// Corrects the probabilities within each experiment and metric, and says the word.
    private static func decided(_ drafts: [Comparison]) -> [Comparison] {
        struct Family: Hashable { var experiment, metric: String }
        var comparisons = drafts
        let families = Dictionary(grouping: drafts.indices) {
            Family(experiment: drafts[$0].experiment, metric: drafts[$0].metric)
        }
        for indices in families.values {
            let adjusted = Holm.adjust(indices.map { drafts[$0].p })
            for (index, p) in zip(indices, adjusted) { comparisons[index].p = p }
        }
        for index in comparisons.indices {
            let comparison = comparisons[index]
            let interval = comparison.shiftLow.flatMap { low in
                comparison.shiftHigh.map { Interval(low, $0) }
            }
            let (verdict, reason) = Verdict.decide(
                interval: interval, floor: comparison.floor, p: comparison.p,
                samples: min(comparison.samples, comparison.baselineSamples))
            comparisons[index].verdict = verdict
            comparisons[index].reason = reason
        }
        return comparisons
    }

    /// A generator of the cell's own, so that no cell's figures depend on which others there are.
    static func generator(for key: CellKey, seed: UInt64, purpose: String) -> SeededGenerator {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325 ^ seed
        for part in [purpose, key.experiment, key.workload, key.lane, key.metric, key.span, key.unit] {
            for byte in part.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
            hash = (hash ^ 0xff) &* 0x100_0000_01b3
        }
        return SeededGenerator(seed: hash)
    }
}
