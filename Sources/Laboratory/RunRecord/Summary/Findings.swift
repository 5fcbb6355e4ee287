import Statistics

/// What the reader must know of a cell's distribution, as sentences.
enum Findings {
    static func sentences(_ cell: CellValues) -> [String] {
        let unit = cell.key.unit
        let values = cell.samples
        var sentences: [String] = []
        if cell.invalid > 0 {
            sentences.append("\(cell.invalid) values are no figures (not finite, or beyond 10³⁰) and are left out.")
        }
        let lacking = cell.admitted + cell.censored - values.count
        if lacking > 0 { sentences.append("\(lacking) admitted samples lack this figure.") }
        if cell.censored > 0 {
            let launches = cell.censored == 1 ? "One launch was" : "\(cell.censored) launches were"
            sentences.append("\(launches) killed at the deadline, and counted as having taken exactly that long.")
        }
        if values.count < SummaryRule.minimumForInterval {
            let count = values.count == 1 ? "One sample" : "\(values.count) samples"
            sentences.append("\(count): too few for an interval.")
        }
        sentences += firstValue(cell)
        guard values.count >= SummaryRule.minimumForFindings, let first = values.first,
            values.contains(where: { $0 != first })
        else { return sentences }
        let sorted = SortedValues(values)
        sentences += modes(sorted, unit: unit)
        sentences += drift(values, sorted, unit: unit)
        let correlation = Autocorrelation(cell.inOrder)
        let persistence = Persistence(cell.inOrder)
        if correlation.p < SummaryRule.findingSignificance, persistence.correlation > 0 {
            sentences.append(
                """
                Successive samples resemble each other (lag-1 correlation \(Figure.text(persistence.correlation))): \
                the median's interval is \(Figure.text(persistence.factor)) times as wide for it.
                """)
        }
        return sentences
    }

    private static func modes(_ sorted: SortedValues, unit: String) -> [String] {
        let modality = Modality(
            sorted, significance: SummaryRule.findingSignificance, smallestShare: SummaryRule.smallestModeShare)
        // Neighbouring pages or clock ticks are modes too, but tell nobody anything.
        guard let lowest = modality.modes.first, let highest = modality.modes.last,
            highest.location - lowest.location > SummaryRule.smallestModeDistance * abs(sorted.median)
        else { return [] }
        let names = ["Two", "Three", "Four", "Five"]
        let count = modality.modes.count - 2 < names.count ? names[modality.modes.count - 2] : "\(modality.modes.count)"
        let modes = modality.modes.map {
            "\(Figure.text($0.location, unit: unit)) (\(Figure.percent($0.share)) of samples)"
        }
        let list = modes.dropLast().joined(separator: ", ") + " and " + (modes.last ?? "")
        return ["\(count) modes: \(list); a single median hides them."]
    }

    /// A drift is told when it is significant and larger than the ordinary deviation of a sample.
    private static func drift(_ values: [Double], _ sorted: SortedValues, unit: String) -> [String] {
        let drift = Drift(values)
        let total = drift.slope * Double(values.count - 1)
        guard drift.p < SummaryRule.findingSignificance, abs(total) > sorted.medianAbsoluteDeviation else { return [] }
        let word = total > 0 ? "rise" : "fall"
        return [
            """
            The values \(word) by \(Figure.text(abs(total), unit: unit)) over the run \
            (Mann–Kendall p \(probability(drift.p))).
            """
        ]
    }

    /// The very first launch of the lane, counted or not, against those that count.
    private static func firstValue(_ cell: CellValues) -> [String] {
        let unit = cell.key.unit
        guard cell.samples.count > SummaryRule.minimumForInterval else { return [] }
        if let warmup = cell.warmups.first {
            let first = FirstValue(warmup, rest: SortedValues(cell.samples))
            if first.isSlow {
                return [
                    """
                    The first launch, a warm-up that is not counted, took \(Figure.text(warmup, unit: unit)): \
                    \(Figure.text(first.ratio)) × the median.
                    """
                ]
            }
        }
        let first = FirstValue(cell.samples[0], rest: SortedValues(cell.samples.dropFirst()))
        guard first.isSlow else { return [] }
        return [
            """
            The first counted sample took \(Figure.text(cell.samples[0], unit: unit)): \
            \(Figure.text(first.ratio)) × the median of the others.
            """
        ]
    }

    private static func probability(_ p: Double) -> String { p < 0.001 ? "< 0.001" : "= \(Figure.text(p))" }
}
