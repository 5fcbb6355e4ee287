import Statistics

/// By how much one lane differs from itself in one metric: what noise, drift and this number of samples allow.
///
/// Of the baseline it is the shift to its hidden twin, of any other lane that between its blocks of even and of odd number,
/// scaled to the whole (either half has half the samples). A guest's floor is not a process's.
package struct NoiseFloor: Codable, Equatable, Sendable {
    package var shift: Double
    package var low: Double
    package var high: Double

    /// The larger absolute end: what this lane alone can make look like a difference.
    package var bound: Double { max(abs(low), abs(high)) }

    init?(_ cell: CellValues, baseline: Bool) {
        if baseline, cell.twin.count >= Shift.minimumCount {
            let shift = Shift(from: cell.blockValues, to: cell.twinValues)
            guard let interval = shift.interval else { return nil }
            (self.shift, low, high) = (shift.value, interval.low, interval.high)
            return
        }
        guard cell.samples.count >= 2 * Shift.minimumCount else { return nil }
        let values = cell.blockValues.sorted { $0.block < $1.block }
        var halves: [[BlockValue]] = [[], []]
        for (place, value) in values.enumerated() { halves[place % 2].append(value) }
        let shift = Shift(from: halves[0], to: halves[1], blocked: false)
        guard let interval = shift.interval else { return nil }
        let scale = 2.0.squareRoot()
        (self.shift, low, high) = (shift.value / scale, interval.low / scale, interval.high / scale)
    }
}
