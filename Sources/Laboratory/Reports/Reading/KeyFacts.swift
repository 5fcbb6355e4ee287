import RunRecord

/// The facts that say how far to trust the answer: on what host, on what the guests ran, how often, how fine, and what is missing.
struct KeyFacts {
    var facts: [(name: String, value: String, detail: String)] = []

    init(_ reading: Reading) {
        let host = HostWords(reading.manifest)
        facts.append(("Host", host.processor, host.system))
        let guests = reading.lanes.filter { $0.kind == .guest && $0.record.available }
        var tags: [String] = []
        for tag in guests.map({ $0.tag ?? "not recorded" }) where !tags.contains(tag) { tags.append(tag) }
        facts.append(
            ("Guests ran on", tags.isEmpty ? "no guest ran" : Words.list(tags), tags.isEmpty ? "" : "why: below"))
        if let primary = reading.primary {
            if let count = reading.admitted(primary, Metric.startup) {
                facts.append(
                    ("Samples a lane", count, "admitted, in \(Words.plural(reading.blocks(primary), "block"))"))
            }
            let floors = reading.floors(primary, Metric.startup)
            let bounds = floors.map { Quantity.text($0.floor.bound, $0.unit) }
            let lanes = Words.list(floors.map(\.lane.id))
            let detail =
                floors.count == 1 ? "by which \(lanes) differs from itself" : "by which \(lanes) differ from themselves"
            facts.append(
                (
                    "Noise floor of start-up", bounds.isEmpty ? "none" : bounds.joined(separator: " · "),
                    bounds.isEmpty ? "too few samples for one" : detail
                ))
        }
        let missing = reading.unavailable.map(\.id) + reading.withheld.map(\.lane.id)
        let withheld = reading.lanes.filter { lane in
            guard lane.record.available, !missing.contains(lane.id), let primary = reading.primary,
                let cell = reading.cell(primary, lane.id, Metric.startup)
            else { return false }
            return cell.estimate == nil
        }.map(\.id)
        facts.append(
            (
                "Not measured", missing.isEmpty ? "nothing left out" : Words.list(missing),
                withheld.isEmpty ? (missing.isEmpty ? "" : "why: below") : "withheld: \(Words.list(withheld))"
            ))
    }
}
