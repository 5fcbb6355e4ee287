import RunRecord

/// The lanes: what each isolates, by configuration, and how exactly it was configured.
struct LanesSection: ReportSection {
    let id = "lanes"
    let title = "Lanes and what they isolate"

    func blocks(_ reading: Reading) -> [Block] {
        let withheld = reading.withheld
        let rows = reading.lanes.map { lane -> [Table.Value] in
            let isolation =
                lane.record.isolation.isEmpty ? "nothing" : lane.record.isolation.joined(separator: ", ")
            let refused = withheld.first { $0.lane.id == lane.id }
            let state: Table.Value =
                lane.record.available
                ? refused.map { Table.Value("no figure: \($0.why)", style: "withheld") } ?? Table.Value("measured")
                : Table.Value(
                    "not measured: \(lane.record.reason)",
                    detail: lane.record.remedy.isEmpty ? "" : "to enable: \(lane.record.remedy)", style: "withheld")
            return [
                .lane(lane), Table.Value(lane.record.title), Table.Value(Self.noun(lane.kind)), Table.Value(isolation),
                Self.observed(lane.record),
                Table.Value(lane.record.accelerator ?? "–"), state,
            ]
        }
        let configurations = reading.lanes.filter { !$0.record.configuration.isEmpty }
        return [
            .paragraph(
                "What each lane is configured to isolate, and what was seen of it while it ran. Every launch says what it is in, and "
                    + "a process is looked at from outside once a block. A sample of a sandbox that is less than its lane says does not "
                    + "count, as far as that was looked at: docs/measurement.md names what is and what is not. Neither says what an "
                    + "attacker would meet."),
            .table(
                Table(
                    "Lanes of this run",
                    [
                        .init("Lane"), .init("What it is"), .init("Kind"), .init("Isolates, by configuration"),
                        .init("Seen from outside"),
                        .init("Accelerator"), .init("In this run"),
                    ], rows)),
        ]
            + configurations.map { lane in
                .details(
                    "Exact configuration of \(lane.name)",
                    lane.record.configuration.sorted { $0.key < $1.key }.flatMap {
                        [.heading($0.key), .code($0.value)]
                    })
            }
    }

    /// What the host saw of its sandboxes; a guest's is what its own kernel says.
    private static func observed(_ record: LaneRecord) -> Table.Value {
        guard let observed = record.observed else { return Table.Value("–") }
        return Table.Value(observed.isEmpty ? "nothing" : observed.joined(separator: ", "))
    }

    private static func noun(_ kind: LaneKind) -> String {
        switch kind {
        case .native: "process"
        case .container: "container"
        case .peer: "container (peer)"
        case .guest: "guest"
        case .microGuest: "micro-guest, not ranked"
        }
    }
}
