import RunRecord

/// What N idle instances cost, from readings taken as they were added one by one. Pure arithmetic.
struct MemoryLedger: Equatable, Sendable {
    /// The host's MemAvailable, bytes, after 0, 1, … N instances.
    var available: [Double]
    /// Sums over every process that exists because of the sandboxes, bytes, with all N alive.
    var pss: Double?
    var uss: Double?
    /// Sum of the charges of the sandboxes' cgroups, bytes.
    var charge: Double?
    /// What each guest said of its own memory, bytes.
    var guestTotal: [Double] = []
    var guestAvailable: [Double] = []

    var instances: Int { max(0, available.count - 1) }

    /// Least-squares slope of what the host lost over the number of instances, bytes an instance.
    var slope: Double? {
        guard available.count >= 2 else { return nil }
        let count = Double(available.count)
        let meanX = (count - 1) / 2
        let meanY = available.reduce(0, +) / count
        var covariance = 0.0
        var variance = 0.0
        for (index, value) in available.enumerated() {
            let x = Double(index) - meanX
            covariance += x * (value - meanY)
            variance += x * x
        }
        return -covariance / variance
    }

    /// The ledger as rows, per instance; MemAvailable itself as `memory.available` with the count as `batch`.
    var measurements: [Measurement] {
        var rows: [Measurement] = []
        let count = Double(max(1, instances))
        func add(_ metric: String, _ value: Double?) {
            if let value { rows.append(Measurement(metric, unit: "B", value)) }
        }
        add(Metric.memorySlope, slope)
        add(Metric.memoryPSS, pss.map { $0 / count })
        add(Metric.memoryUSS, uss.map { $0 / count })
        add(Metric.memoryCgroup, charge.map { $0 / count })
        add(Metric.guestTotal, mean(guestTotal))
        add(Metric.guestAvailable, mean(guestAvailable))
        for (index, value) in available.enumerated() {
            rows.append(Measurement("memory.available", unit: "B", value, batch: index))
        }
        return rows
    }

    private func mean(_ values: [Double]) -> Double? {
        values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
    }
}
