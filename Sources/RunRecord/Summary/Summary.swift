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
    /// What the reader must know of the distribution, as sentences: two modes with their shares, drift, a slow first run.
    public var findings: [String]

    public init(
        experiment: String, workload: String, lane: String, metric: String, span: String, unit: String, taken: Int,
        admitted: Int, estimate: Estimate?, withheld: String = "", findings: [String] = []
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
    /// Bootstrap 95 % interval of the median; nil under `SummaryRule.minimumForInterval` samples.
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

    public init(
        samples: Int, values: Int, minimum: Double, lowerQuartile: Double, median: Double, medianLow: Double?,
        medianHigh: Double?, upperQuartile: Double, p95: Double, p99: Double?, maximum: Double, mean: Double,
        mad: Double
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
    }
}

/// The word a comparison ends in; never a bare ratio of medians.
///
/// For a metric that is not a duration (`B`), read *faster* as less and *slower* as more.
public enum Verdict: String, Codable, Sendable, CaseIterable {
    case faster
    case slower
    case same = "same within the floor"
    case undecided
}

/// One lane against the baseline in one metric. There is none where either cell is withheld: the cell says why.
public struct Comparison: Codable, Equatable, Sendable {
    public var experiment: String
    public var workload: String
    public var metric: String
    public var span: String
    public var unit: String
    public var lane: String
    public var baseline: String
    /// Admitted samples on either side.
    public var samples: Int
    public var baselineSamples: Int
    /// Hodges–Lehmann shift lane − baseline with its bootstrap 95 % interval, in the unit; the interval is nil where
    /// either side has too few samples for one.
    public var shift: Double
    public var shiftLow: Double?
    public var shiftHigh: Double?
    /// Ratio of medians with its bootstrap 95 % interval; printed only beside the verdict. Nil where the baseline's
    /// median is not positive.
    public var ratio: Double?
    public var ratioLow: Double?
    public var ratioHigh: Double?
    /// Mann–Whitney U, two-sided, Holm-corrected over the run's comparisons of the experiment and metric.
    public var p: Double
    /// Cliff's delta, −1 … 1; positive: the lane's values are greater.
    public var cliffsDelta: Double
    /// |A/A shift| bound of the baseline and its hidden twin, in the unit: what this run cannot tell apart. Nil where
    /// the run has no twin or too few samples of it: then nothing can be decided.
    public var floor: Double?
    public var verdict: Verdict
    /// Why it is undecided, as a sentence; empty otherwise.
    public var reason: String

    public init(
        experiment: String, workload: String, metric: String, span: String, unit: String, lane: String,
        baseline: String, samples: Int, baselineSamples: Int, shift: Double, shiftLow: Double?, shiftHigh: Double?,
        ratio: Double?, ratioLow: Double?, ratioHigh: Double?, p: Double, cliffsDelta: Double, floor: Double?,
        verdict: Verdict, reason: String = ""
    ) {
        self.experiment = experiment
        self.workload = workload
        self.metric = metric
        self.span = span
        self.unit = unit
        self.lane = lane
        self.baseline = baseline
        self.samples = samples
        self.baselineSamples = baselineSamples
        self.shift = shift
        self.shiftLow = shiftLow
        self.shiftHigh = shiftHigh
        self.ratio = ratio
        self.ratioLow = ratioLow
        self.ratioHigh = ratioHigh
        self.p = p
        self.cliffsDelta = cliffsDelta
        self.floor = floor
        self.verdict = verdict
        self.reason = reason
    }
}
