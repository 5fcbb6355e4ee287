package import Statistics

/// What a run says, derived from its samples by a command anyone can run again.
package struct Summary: Codable, Equatable, Sendable {
    package var cells: [Cell]
    package var comparisons: [Comparison]

    package init(cells: [Cell], comparisons: [Comparison]) {
        self.cells = cells
        self.comparisons = comparisons
    }
}

/// Workload × lane × metric: the distribution of its admitted samples.
package struct Cell: Codable, Equatable, Sendable {
    package var experiment: String
    package var workload: String
    package var lane: String
    package var metric: String
    package var span: String
    package var unit: String
    /// Samples taken (warm-ups and twins apart), and those admitted.
    package var taken: Int
    package var admitted: Int
    /// Set only where at least 95 % were admitted; else `withheld` says why.
    package var estimate: Estimate?
    package var withheld: String
    /// By how much the lane differs from itself here; nil with too few samples.
    package var floor: NoiseFloor?
    /// What the reader must know of the distribution, as sentences: two modes with their shares, drift, a slow first run.
    package var findings: [String]

    package init(
        experiment: String, workload: String, lane: String, metric: String, span: String, unit: String, taken: Int,
        admitted: Int, estimate: Estimate?, withheld: String = "", floor: NoiseFloor? = nil, findings: [String] = []
    ) {
        self.experiment = experiment
        self.workload = workload
        self.lane = lane
        self.metric = metric
        self.span = span
        self.unit = unit
        self.taken = taken
        self.admitted = admitted
        self.estimate = estimate
        self.withheld = withheld
        self.floor = floor
        self.findings = findings
    }
}

/// The figures of one cell, in the cell's unit.
///
/// Where a sample holds many batches (`syscall.*`), the sample's median over its batches is the unit of inference:
/// `median` and its interval come from those; every other figure describes the pooled batches.
package struct Estimate: Codable, Equatable, Sendable {
    /// Samples the median and its interval rest on.
    package var samples: Int
    /// Values the distribution holds: the samples, or their pooled batches.
    package var values: Int
    package var minimum: Double
    package var lowerQuartile: Double
    package var median: Double
    /// 95 % interval of the median from order statistics; nil under `SummaryRule.minimumForInterval` samples.
    package var medianLow: Double?
    package var medianHigh: Double?
    package var upperQuartile: Double
    package var p95: Double
    /// Only from 200 admitted values.
    package var p99: Double?
    package var maximum: Double
    package var mean: Double
    /// Median absolute deviation, unscaled.
    package var mad: Double
    /// Launches among the values that were killed at their deadline: they took at least that long, and count as that.
    package var censored: Int

    package init(
        samples: Int, values: Int, minimum: Double, lowerQuartile: Double, median: Double, medianLow: Double?,
        medianHigh: Double?, upperQuartile: Double, p95: Double, p99: Double?, maximum: Double, mean: Double,
        mad: Double, censored: Int = 0
    ) {
        self.samples = samples
        self.values = values
        self.minimum = minimum
        self.lowerQuartile = lowerQuartile
        self.median = median
        self.medianLow = medianLow
        self.medianHigh = medianHigh
        self.upperQuartile = upperQuartile
        self.p95 = p95
        self.p99 = p99
        self.maximum = maximum
        self.mean = mean
        self.mad = mad
        self.censored = censored
    }
}

/// One lane against another in one metric: the baseline, or the reference of a declared contrast. There is none where either
/// cell is withheld: the cell says why.
package struct Comparison: Codable, Equatable, Sendable {
    package var experiment: String
    package var workload: String
    package var metric: String
    package var span: String
    package var unit: String
    package var lane: String
    /// The lane it is compared with.
    package var baseline: String
    /// What the difference is the price of, for a declared contrast: `the seccomp filter`; empty against the baseline.
    package var title: String
    /// Admitted samples on either side.
    package var samples: Int
    package var baselineSamples: Int
    /// Hodges–Lehmann shift lane − baseline with its 95 % interval, in the unit; the interval is nil where either side has
    /// too few samples for one.
    package var shift: Double
    package var shiftLow: Double?
    package var shiftHigh: Double?
    /// How the interval was found: `blocks`, `independent`; and how much neighbouring blocks' likeness widened it.
    package var analysis: Shift.Analysis
    package var widening: Double
    /// By which factor the lane's values are the greater (the shift of the logarithms), with its 95 % interval; nil where
    /// none may be printed, and then `ratioWithheld` says why.
    package var ratio: Double?
    package var ratioLow: Double?
    package var ratioHigh: Double?
    package var ratioWithheld: String
    /// Two-sided, Holm-corrected over the run's comparisons of the experiment and metric (all system calls together); and
    /// before the correction.
    package var p: Double
    package var pUncorrected: Double
    /// Cliff's delta, −1 … 1; positive: the lane's values are greater.
    package var cliffsDelta: Double
    /// The margin declared beforehand, in the unit; nil where the run declared none.
    package var margin: Double?
    /// The least difference that this n and this noise show in four of five runs, in the unit.
    package var visible: Double?
    /// How many blocks would bring a difference of the margin's size to light, or show sameness; nil without a margin.
    package var blocksNeeded: Int?
    package var verdict: Verdict
    /// Why it is undecided, as a sentence; empty otherwise.
    package var reason: String

    package init(
        _ key: CellKey, against baseline: String, title: String = "", samples: Int, baselineSamples: Int, shift: Double,
        shiftLow: Double?, shiftHigh: Double?, analysis: Shift.Analysis = .independent, widening: Double = 1,
        ratio: Double?, ratioLow: Double?, ratioHigh: Double?, p: Double, cliffsDelta: Double, margin: Double?,
        verdict: Verdict, reason: String = ""
    ) {
        experiment = key.experiment
        workload = key.workload
        metric = key.metric
        span = key.span
        unit = key.unit
        lane = key.lane
        self.baseline = baseline
        self.title = title
        self.samples = samples
        self.baselineSamples = baselineSamples
        self.shift = shift
        self.shiftLow = shiftLow
        self.shiftHigh = shiftHigh
        self.analysis = analysis
        self.widening = widening
        self.ratio = ratio
        self.ratioLow = ratioLow
        self.ratioHigh = ratioHigh
        ratioWithheld = ""
        self.p = p
        pUncorrected = p
        self.cliffsDelta = cliffsDelta
        self.margin = margin
        self.verdict = verdict
        self.reason = reason
    }

    /// The difference is there, and smaller than what was declared to matter.
    package var isWithinMargin: Bool {
        guard let margin, let shiftLow, let shiftHigh, verdict == .faster || verdict == .slower else { return false }
        return shiftLow > -margin && shiftHigh < margin
    }

    /// How many blocks decide it: those that the margin takes, or fewer where the difference is as large as it looks.
    package var blocksToDecide: Int? {
        guard let blocksNeeded, let visible, shift != 0 else { return blocksNeeded }
        let ratio = visible / abs(shift)
        let found = Double(min(samples, baselineSamples)) * ratio * ratio
        return found < Double(blocksNeeded) ? max(Shift.minimumCount, Int(within: found.rounded(.up))) : blocksNeeded
    }
}
