/// The thresholds of the summary, in one place because the report prints them in its method section.
package enum SummaryRule {
    /// Nothing measured is greater: what is, is no figure, and its sums and squares would be none either.
    static let greatestFigure = 1e30
    /// Share of samples that must be admitted for a cell to have an estimate.
    package static let admittedShare = 0.95
    /// Values from which p99 is shown.
    package static let minimumForP99 = 200
    /// Samples from which an interval is given, and on each side of a comparison for a verdict: between the least and the
    /// greatest of five values lies the median in 93.75 % of cases, fewer come nowhere near 95 %.
    package static let minimumForInterval = 6
    /// Significance of a verdict after Holm's correction.
    package static let significance = 0.05
    /// Significance of a finding about one distribution (modes, drift, correlation): many are looked for, so it is
    /// stricter.
    package static let findingSignificance = 0.01
    /// Samples from which findings are looked for.
    package static let minimumForFindings = 20
    /// Smallest share of a mode worth a name.
    package static let smallestModeShare = 0.1
    /// Smallest distance between the outermost modes worth a sentence, as a share of the median.
    package static let smallestModeDistance = 0.05
}
