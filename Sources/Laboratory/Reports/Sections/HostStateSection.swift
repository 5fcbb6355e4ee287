import RunRecord

/// What the host was like while each block was measured, and how many blocks something else disturbed.
struct HostStateSection: ReportSection {
    let id = "host-state"
    let title = "The host meanwhile"

    func blocks(_ reading: Reading) -> [Block] {
        var conditions: [Condition] = []
        for state in reading.run.blocks where !state.warmup && !conditions.contains(Condition(state)) {
            conditions.append(Condition(state))
        }
        guard !conditions.isEmpty else {
            return [.paragraph("This run does not say: it is from before that was recorded, or has no whole block.")]
        }
        return [
            .paragraph(
                "Judged over each block's whole time. Disturbed: other programs took over a quarter of as many processors as the "
                    + "block used, one at least; or a hypervisor over 5\u{A0}% of the time in which something was to run; or "
                    + "memory was waited for in over 5\u{A0}% of it, disks in over 25\u{A0}%; or processors were slowed down."
            ),
            .table(
                Table(
                    "Blocks by experiment, warm-ups apart, and medians over them",
                    [
                        .init("Experiment"), .init("Disturbed", numeric: true),
                        .init("Own", detail: "processors", numeric: true),
                        .init("Others", detail: "processors", numeric: true),
                        .init("Stolen", detail: "processors", numeric: true), .init("Load", numeric: true),
                        .init("Waiting", detail: "CPU · memory · disk"), .init("Clock", detail: "least · limit"),
                    ],
                    conditions.map { row($0, reading.run.blocks) })),
        ]
    }

    private func row(_ condition: Condition, _ all: [BlockState]) -> [Table.Value] {
        let states = all.filter { Condition($0) == condition && !$0.warmup }
        let found = Disturbances(states)
        func median(_ value: (BlockState) -> Double?) -> Double? {
            let values = states.compactMap(value)
            return values.isEmpty ? nil : Distribution(values).median
        }
        func processors(_ value: (BlockState) -> Double?) -> Table.Value {
            Table.Value(median(value).map { Quantity.fixed($0, 2) } ?? "–")
        }
        func share(_ value: (BlockState) -> Double?) -> String {
            median(value).map { "\(Quantity.fixed($0 * 100, 1))\u{A0}%" } ?? "–"
        }
        func clock(_ value: (BlockState) -> Double?) -> String {
            median(value).map { "\(Quantity.fixed($0, 0))\u{A0}MHz" } ?? "–"
        }
        return [
            Table.Value(condition.name),
            Table.Value(
                "\(Quantity.count(found.disturbed)) of \(Quantity.count(found.blocks))",
                detail: found.reasons.map { "\($0.words): \(Quantity.count($0.blocks))" }.joined(separator: "\n")),
            processors { $0.ownProcessors }, processors { $0.otherProcessors }, processors { $0.stolenProcessors },
            processors { $0.load },
            Table.Value("\(share { $0.cpuPressure }) · \(share { $0.memoryPressure }) · \(share { $0.ioPressure })"),
            Table.Value("\(clock { $0.megahertz }) · \(clock { $0.megahertzLimit })"),
        ]
    }
}
