public import Statistics

/// What a run says, derived from its samples by a command anyone can run again.
public struct Summary: Codable, Equatable, Sendable {
    public var cells: [Cell]
    public var comparisons: [Comparison]

    public init(cells: [Cell], comparisons: [Comparison]) {
        self.cells = cells
        self.comparisons = comparisons
    }
}

/// Workload × lane × metric: the distribution of its admitted samples.
public struct Cell: Codable, Equatable, Sendable {
    public var experiment: String
    public var workload: String
    public var lane: String
    public var metric: String
    public var span: String
    public var unit: String
    /// Samples taken (warm-ups and twins apart), and those admitted.
    public var taken: Int
    public var admitted: Int
    /// Set only where at least 95 % were admitted; else `withheld` says why.
    public var estimate: Estimate?
    public var withheld: String
    /// By how much the lane differs from itself here; nil with too few samples.
    public var floor: NoiseFloor?
    /// What the reader must know of the distribution, as sentences: two modes with their shares, drift, a slow first run.
    public var findings: [String]

    public init(
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
public struct Estimate: Codable, Equatable, Sendable {
    /// Samples the median and its interval rest on.
    public var samples: Int
    /// Values the distribution holds: the samples, or their pooled batches.
    public var values: Int
    public var minimum: Double
    public var lowerQuartile: Double
    public var median: Double
    /// 95 % interval of the median from order statistics; nil under `SummaryRule.minimumForInterval` samples.
    public var medianLow: Double?
    public var medianHigh: Double?
    public var upperQuartile: Double
    public var p95: Double
    /// Only from 200 admitted values.
    public var p99: Double?
    public var maximum: Double
    public var mean: Double
    /// Median absolute deviation, unscaled.
    public var mad: Double
    /// Launches among the values that were killed at their deadline: they took at least that long, and count as that.
    public var censored: Int

    public init(
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
public struct Comparison: Codable, Equatable, Sendable {
    public var experiment: String
    public var workload: String
    public var metric: String
    public var span: String
    public var unit: String
    public var lane: String
    /// The lane it is compared with.
    public var baseline: String
    /// What the difference is the price of, for a declared contrast: `the seccomp filter`; empty against the baseline.
    public var title: String
    /// Admitted samples on either side.
    public var samples: Int
    public var baselineSamples: Int
    /// Hodges–Lehmann shift lane − baseline with its 95 % interval, in the unit; the interval is nil where either side has
    /// too few samples for one.
    public var shift: Double
    public var shiftLow: Double?
    public var shiftHigh: Double?
    /// How the interval was found: `blocks`, `independent`; and how much neighbouring blocks' likeness widened it.
    public var analysis: Shift.Analysis
    public var widening: Double
    /// By which factor the lane's values are the greater (the shift of the logarithms), with its 95 % interval; nil where
    /// none may be printed, and then `ratioWithheld` says why.
    public var ratio: Double?
    public var ratioLow: Double?
    public var ratioHigh: Double?
    public var ratioWithheld: String
    /// Two-sided, Holm-corrected over the run's comparisons of the experiment and metric (all system calls together); and
    /// before the correction.
    public var p: Double
    public var pUncorrected: Double
    /// Cliff's delta, −1 … 1; positive: the lane's values are greater.
    public var cliffsDelta: Double
    /// The margin declared beforehand, in the unit; nil where the run declared none.
    public var margin: Double?
    /// The least difference that this n and this noise show in four of five runs, in the unit.
    public var visible: Double?
    /// How many blocks would bring a difference of the margin's size to light, or show sameness; nil without a margin.
    public var blocksNeeded: Int?
    public var verdict: Verdict
    /// Why it is undecided, as a sentence; empty otherwise.
    public var reason: String

    public init(
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
    public var isWithinMargin: Bool {
        guard let margin, let shiftLow, let shiftHigh, verdict == .faster || verdict == .slower else { return false }
        return shiftLow > -margin && shiftHigh < margin
    }

    /// How many blocks decide it: those that the margin takes, or fewer where the difference is as large as it looks.
    public var blocksToDecide: Int? {
        guard let blocksNeeded, let visible, shift != 0 else { return blocksNeeded }
        let ratio = visible / abs(shift)
        let found = Double(min(samples, baselineSamples)) * ratio * ratio
        return found < Double(blocksNeeded) ? max(Shift.minimumCount, Int(within: found.rounded(.up))) : blocksNeeded
    }
}
