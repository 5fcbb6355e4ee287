import RunRecord

/// The lanes of a run: asked whether they can, prepared, and given back.
struct LaneSet {
    /// Every lane asked for, with the reason where it cannot run.
    private(set) var records: [LaneRecord] = []
    /// Those that can.
    private(set) var ready: [String: any Lane] = [:]

    /// Those that can, as they are listed.
    var entries: [LaneEntry] { ready.values.map(\.entry) }

    /// - Parameter entries: the lanes that there are; the order of the records is theirs.
    init(
        _ ids: [String], of entries: [LaneEntry] = LaneCatalogue.entries, _ laboratory: Laboratory,
        _ sink: any ProgressSink
    ) {
        for entry in entries where ids.contains(entry.id) {
            let lane = entry.make(entry, laboratory)
            let availability = lane.availability()
            guard availability.isAvailable else {
                records.append(lane.record(availability))
                let remedy = availability.remedy.isEmpty ? "" : " (\(availability.remedy))"
                sink.note("\(entry.id) is not measured: \(availability.reason)\(remedy)")
                continue
            }
            do {
                records.append(try lane.prepare())
                ready[entry.id] = lane
            } catch {
                lane.close()
                let failed = Availability.no("could not be prepared: \(error)")
                records.append(lane.record(failed))
                sink.note("\(entry.id) is not measured: \(failed.reason)")
            }
        }
    }

    mutating func close() {
        for lane in ready.values { lane.close() }
        ready = [:]
    }
}
