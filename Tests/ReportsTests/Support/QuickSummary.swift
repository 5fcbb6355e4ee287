import RunRecord

/// A summary of the right shape without the statistics: order-statistic intervals, differences of medians. It keeps the
/// report's tests apart from the Summarizer's.
enum QuickSummary {
    private struct Key: Hashable {
        var experiment: String
        var workload: String
        var lane: String
        var metric: String
        var span: String
        var unit: String
        var twin: Bool
    }

    static func summary(_ run: Run) -> Summary {
        var values: [Key: [Double]] = [:]
        var order: [Key] = []
        var taken: [String: (taken: Int, admitted: Int)] = [:]
        for sample in run.samples where !sample.warmup {
            let place = "\(sample.experiment)/\(sample.workload)/\(sample.lane)"
            if !sample.twin {
                taken[place, default: (0, 0)].taken += 1
                if sample.admitted { taken[place, default: (0, 0)].admitted += 1 }
            }
            guard sample.admitted else { continue }
            for figure in sample.measurements where figure.batch == 0 {
                let key = Key(
                    experiment: sample.experiment, workload: sample.workload, lane: sample.lane, metric: figure.metric,
                    span: figure.span, unit: figure.unit, twin: sample.twin)
                if values[key] == nil { order.append(key) }
                values[key, default: []].append(figure.value)
            }
        }
        var summary = Summary(cells: [], comparisons: [])
        for key in order where !key.twin {
            let count = taken["\(key.experiment)/\(key.workload)/\(key.lane)"] ?? (0, 0)
            let enough = Double(count.admitted) >= 0.95 * Double(count.taken)
            summary.cells.append(
                Cell(
                    experiment: key.experiment, workload: key.workload, lane: key.lane, metric: key.metric,
                    span: key.span,
                    unit: key.unit, taken: count.taken, admitted: count.admitted,
                    estimate: enough ? estimate(values[key] ?? []) : nil,
                    withheld: enough ? "" : "only \(count.admitted) of \(count.taken) samples were admitted"))
            var base = key
            base.lane = run.manifest.baseline
            guard enough, key.lane != base.lane, let ours = values[key], let theirs = values[base] else { continue }
            base.twin = true
            summary.comparisons.append(
                comparison(
                    key.lane, base.lane, summary.cells[summary.cells.count - 1], ours, theirs, values[base] ?? theirs))
        }
        return summary
    }

    static func quantile(_ sorted: [Double], _ share: Double) -> Double {
        sorted[min(Int(Double(sorted.count) * share), sorted.count - 1)]
    }

    private static func estimate(_ values: [Double]) -> Estimate {
        let s = values.sorted()
        let reach = 0.98 / Double(s.count).squareRoot()
        let median = quantile(s, 0.5)
        return Estimate(
            samples: s.count, values: s.count, minimum: s[0], lowerQuartile: quantile(s, 0.25), median: median,
            medianLow: quantile(s, max(0.5 - reach, 0)), medianHigh: quantile(s, min(0.5 + reach, 1)),
            upperQuartile: quantile(s, 0.75), p95: quantile(s, 0.95), p99: s.count >= 200 ? quantile(s, 0.99) : nil,
            maximum: s[s.count - 1], mean: s.reduce(0, +) / Double(s.count),
            mad: quantile(s.map { abs($0 - median) }.sorted(), 0.5))
    }

    private static func comparison(
        _ lane: String, _ baseline: String, _ cell: Cell, _ ours: [Double], _ theirs: [Double], _ twin: [Double]
    ) -> Comparison {
        let a = estimate(ours)
        let b = estimate(theirs)
        let shift = a.median - b.median
        let low = (a.medianLow ?? 0) - (b.medianHigh ?? 0)
        let high = (a.medianHigh ?? 0) - (b.medianLow ?? 0)
        let floor = abs(b.median - estimate(twin).median) + b.mad * 0.3
        let verdict: Verdict =
            low > floor ? .slower : high < -floor ? .faster : max(abs(low), abs(high)) < floor ? .same : .undecided
        return Comparison(
            experiment: cell.experiment, workload: cell.workload, metric: cell.metric, span: cell.span, unit: cell.unit,
            lane: lane, baseline: baseline, samples: ours.count, baselineSamples: theirs.count, shift: shift,
            shiftLow: low,
            shiftHigh: high, ratio: a.median / b.median, ratioLow: (a.medianLow ?? 0) / (b.medianHigh ?? 1),
            ratioHigh: (a.medianHigh ?? 0) / (b.medianLow ?? 1), p: 0.0001, cliffsDelta: 0.9, floor: floor,
            verdict: verdict,
            reason: verdict == .undecided ? "the interval reaches into the noise floor" : "")
    }
}
