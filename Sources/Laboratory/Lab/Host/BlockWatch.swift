import RunRecord

/// Reads the host before and after each block of a part, and judges the whole time between.
struct BlockWatch {
    /// The kernel counts in steps of 10 ms: what is shorter is judged together with what was before it.
    static let shortest: UInt64 = 500_000_000
    private var starts: [HostReading] = []
    /// Processor time that guests of a libvirt daemon took since each start, nanoseconds.
    private var elsewhere: [UInt64] = []
    /// The limit of the processors' frequency at the part's beginning.
    private var limit: Double?

    /// The block begins.
    mutating func begin(_ reading: HostReading?) {
        guard let reading else { return }
        if starts.isEmpty { limit = reading.megahertzLimit }
        starts.append(reading)
        elsewhere.append(0)
    }

    /// The block has ended.
    ///
    /// - Parameter foreign: processor time of its sandboxes that are not descendants of this process, nanoseconds.
    /// - Returns: nil where the host could not be read.
    mutating func end(
        _ reading: HostReading?, foreign: UInt64, of part: Experiment.Part, block: Int, warmup: Bool
    ) -> BlockState? {
        guard let reading, let start = starts.last else { return nil }
        for place in elsewhere.indices { elsewhere[place] += foreign }
        let place = starts.lastIndex { reading.at - $0.at >= Self.shortest } ?? 0
        let own = HostStretch(from: start, to: reading, elsewhere: elsewhere.last ?? 0)
        let judged = HostStretch(from: starts[place], to: reading, elsewhere: elsewhere[place])
        // What lies further back is never judged again.
        starts.removeFirst(place)
        elsewhere.removeFirst(place)
        func rounded(_ value: Double) -> Double { (value * 1e4).rounded() / 1e4 }
        return BlockState(
            experiment: part.kind, workload: part.workloadName, block: block, warmup: warmup,
            milliseconds: rounded(own.seconds * 1000), judgedMilliseconds: rounded(judged.seconds * 1000),
            ownProcessors: rounded(judged.own), otherProcessors: rounded(judged.other),
            stolenProcessors: rounded(judged.stolen), cpuPressure: own.cpuPressure.map(rounded),
            memoryPressure: own.memoryPressure.map(rounded), ioPressure: own.ioPressure.map(rounded),
            load: reading.load, megahertz: reading.megahertz, megahertzLimit: reading.megahertzLimit,
            throttles: own.throttles,
            disturbance: DisturbanceRule.words(judged, limit: limit).joined(separator: Disturbances.separator))
    }
}
