/// Turns the workload's ticks into nanoseconds of the host's clock, and refuses where the two do not keep step.
///
/// A guest's own clock never enters a comparison: its counter is held against the arrival of its marks. Arrival is late
/// by the channel's delay (tens of microseconds, HOST.md), so the span between marks must be long against that.
struct Calibration: Equatable, Sendable {
    let nanosecondsPerTick: Double

    /// Marks nearer than this say nothing about a rate.
    static let shortestSpan: UInt64 = 5_000_000
    /// Two stretches of one sample may differ by so much before its clock is refused.
    static let tolerance = 0.05

    enum Failure: Error, Equatable, CustomStringConvertible {
        case tooFewMarks
        case backwards
        case tooShort(nanoseconds: UInt64)
        case disagree(percent: Int)

        var description: String {
            switch self {
            case .tooFewMarks: "no two marks to calibrate the workload's counter by"
            case .backwards: "the workload's counter ran backwards"
            case .tooShort(let span): "the marks are only \(span / 1000) µs apart, too near to calibrate by"
            case .disagree(let percent):
                "the workload's counter and the host's clock disagree by \(percent) % between two stretches"
            }
        }
    }

    /// The rate over the first to the last mark, checked against every stretch that is long enough.
    init(_ marks: [WorkloadMark]) throws(Failure) {
        guard let first = marks.first, let last = marks.last, marks.count >= 2 else { throw .tooFewMarks }
        for (earlier, later) in zip(marks, marks.dropFirst())
        where later.ticks <= earlier.ticks || later.arrival < earlier.arrival {
            throw .backwards
        }
        let span = last.arrival - first.arrival
        guard span >= Self.shortestSpan else { throw .tooShort(nanoseconds: span) }
        let rate = Double(span) / Double(last.ticks - first.ticks)
        for (earlier, later) in zip(marks, marks.dropFirst()) where later.arrival - earlier.arrival >= Self.shortestSpan
        {
            let stretch = Double(later.arrival - earlier.arrival) / Double(later.ticks - earlier.ticks)
            let difference = abs(stretch - rate) / rate
            guard difference <= Self.tolerance else { throw .disagree(percent: Int((difference * 100).rounded())) }
        }
        nanosecondsPerTick = rate
    }

    init(nanosecondsPerTick: Double) { self.nanosecondsPerTick = nanosecondsPerTick }
}
