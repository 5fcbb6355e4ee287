import RunRecord
import WorkloadProtocol

/// Batches of timed system calls as figures: nanoseconds a call, the clock's own cost subtracted.
enum SyscallFigures {
    /// The call whose batches hold nothing: what reading the counter and walking the loop cost.
    static let empty = "empty"

    static func measurements(_ lines: [Transcript.Line], calibration: Calibration) -> [Measurement] {
        var calls: [(name: String, perCall: [Double])] = []
        var place: [String: Int] = [:]
        for line in lines {
            guard case .batch(let call, let iterations, let ticks) = line.message, iterations > 0 else { continue }
            let nanoseconds = Double(ticks) * calibration.nanosecondsPerTick / Double(iterations)
            if let index = place[call] {
                calls[index].perCall.append(nanoseconds)
            } else {
                place[call] = calls.count
                calls.append((call, [nanoseconds]))
            }
        }
        let overhead = place[empty].map { median(calls[$0].perCall) } ?? 0
        var measurements: [Measurement] = []
        for (name, perCall) in calls where name != empty {
            for (index, value) in perCall.enumerated() {
                measurements.append(
                    Measurement(Metric.syscallPrefix + name, unit: "ns", value - overhead, batch: index))
            }
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
