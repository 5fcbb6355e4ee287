import RunRecord
import WorkloadProtocol

/// Batches of timed system calls as figures: nanoseconds a call, the clock's own cost subtracted.
enum SyscallFigures {
    /// The batches of one iteration that calls nothing: their ticks are the clock's own cost, once in every batch.
    static let empty = "empty"

    static func measurements(_ lines: [Transcript.Line], calibration: Calibration) -> [Measurement] {
        var clock: [Double] = []
        for line in lines {
            if case .batch(empty, _, let ticks) = line.message { clock.append(Double(ticks)) }
        }
        let overhead = median(clock)
        var measurements: [Measurement] = []
        var batches: [String: Int] = [:]
        for line in lines {
            guard case .batch(let call, let iterations, let ticks) = line.message, iterations > 0, call != empty else {
                continue
            }
            let perCall = (Double(ticks) - overhead) * calibration.nanosecondsPerTick / Double(iterations)
            let batch = batches[call, default: 0]
            batches[call] = batch + 1
            measurements.append(
                Measurement(Metric.syscallPrefix + call, unit: "ns", perCall.ninefold, batch: batch))
        }
        return measurements
    }

    /// The middle value; the mean of the two middle ones for an even count, 0 for none.
    static func median(_ values: [Double]) -> Double {
        guard !values.isEmpty else { return 0 }
        let sorted = values.sorted()
        let middle = sorted.count / 2
        return sorted.count.isMultiple(of: 2) ? (sorted[middle - 1] + sorted[middle]) / 2 : sorted[middle]
    }
}
