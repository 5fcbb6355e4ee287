import RunRecord
import Statistics

/// What N idle instances cost, from readings taken as they were added one by one. Pure arithmetic.
struct MemoryLedger: Equatable, Sendable {
    /// What the host could still give (`HostMemory`), after so many instances.
    struct Reading: Equatable, Sendable {
        var instances: Int
        /// Bytes.
        var available: Double
        /// What the kernel itself holds (`HostMemory.kernel`), bytes, by metric.
        var kernel: [String: Double] = [:]
    }

    /// From none to all instances, in order.
    var readings: [Reading]
    /// Sums over every process that exists because of the sandboxes, bytes, with all N alive.
    var pss: Double?
    var uss: Double?
    /// Sum of the charges of the sandboxes' cgroups, bytes.
    var charge: Double?
    /// What each guest said of its own memory, bytes.
    var guestTotal: [Double] = []
    var guestAvailable: [Double] = []

    var instances: Int { readings.last?.instances ?? 0 }

    /// The median of the slopes between all pairs of readings (Theil–Sen), bytes an instance: what another program takes or
    /// gives back at one moment moves it little.
    var slope: Double? { slope { -$0.available } }

    /// How a part of the kernel's own memory grows, the same way; nil where a reading lacks it.
    func slope(of part: String) -> Double? {
        guard readings.allSatisfy({ $0.kernel[part] != nil }) else { return nil }
        return slope { $0.kernel[part] ?? 0 }
    }

    private func slope(_ value: (Reading) -> Double) -> Double? {
        var slopes: [Double] = []
        for (index, first) in readings.enumerated() {
            for second in readings[(index + 1)...] where second.instances > first.instances {
                slopes.append((value(second) - value(first)) / Double(second.instances - first.instances))
            }
        }
        return slopes.isEmpty ? nil : SortedValues(slopes).median
    }

    /// After how many instances the host is read: none, all, and evenly between, for each reading waits until it has settled.
    static func stops(_ instances: Int) -> Set<Int> {
        let intervals = min(instances, 16)
        return Set((0...max(intervals, 1)).map { $0 * instances / max(intervals, 1) })
    }

    /// The ledger as rows, per instance; the readings as `memory.available` with the count as `batch`.
    var measurements: [Measurement] {
        var rows: [Measurement] = []
        let count = Double(max(1, instances))
        func add(_ metric: String, _ value: Double?) {
            // Whole bytes were counted; what a slope or a mean has behind its ninth digit is the arithmetic's.
            if let value {
                rows.append(Measurement(metric, unit: "B", value == value.rounded() ? value : value.ninefold))
            }
        }
        add(Metric.memorySlope, slope)
        let parts = Metric.memoryKernelParts.map { (metric: $0, slope: slope(of: $0)) }
        for part in parts { add(part.metric, part.slope) }
        let known = parts.compactMap(\.slope)
        add(Metric.memoryKernel, known.isEmpty ? nil : known.reduce(0, +))
        if let slope, let pss, !known.isEmpty {
            add(Metric.memoryUnexplained, slope - pss / count - known.reduce(0, +))
        }
        add(Metric.memoryPSS, pss.map { $0 / count })
        add(Metric.memoryUSS, uss.map { $0 / count })
        add(Metric.memoryCgroup, charge.map { $0 / count })
        add(Metric.guestTotal, mean(guestTotal))
        add(Metric.guestAvailable, mean(guestAvailable))
        for reading in readings {
            rows.append(Measurement(Metric.memoryAvailable, unit: "B", reading.available, batch: reading.instances))
        }
        return rows
    }

    private func mean(_ values: [Double]) -> Double? {
        values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
    }
}
