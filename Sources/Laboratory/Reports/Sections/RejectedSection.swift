import RunRecord

/// Samples that do not count, grouped by reason, and cells that print no figure because of them.
struct RejectedSection: ReportSection {
    let id = "rejected"
    let title = "Rejected samples"

    func blocks(_ reading: Reading) -> [Block] {
        struct Key: Hashable {
            var experiment: String
            var lane: String
            var reason: String
        }
        var counts: [Key: Int] = [:]
        var order: [Key] = []
        for sample in reading.run.launches where !sample.admitted {
            let key = Key(experiment: sample.experiment, lane: sample.lane, reason: sample.reason)
            if counts[key] == nil { order.append(key) }
            counts[key, default: 0] += 1
        }
        let withheld = reading.summary.cells.filter { $0.estimate == nil }
        var blocks: [Block] = []
        if order.isEmpty {
            blocks.append(
                .paragraph("None: every sample exited as expected, echoed its nonce and proved its work."))
        } else {
            order.sort { (counts[$0] ?? 0, $1.lane, $1.reason) > (counts[$1] ?? 0, $0.lane, $0.reason) }
            let shown = order.prefix(100)
            blocks.append(
                .table(
                    Table(
                        "Rejected samples by reason"
                            + (shown.count < order.count ? "; the first 100 of \(Quantity.count(order.count))" : ""),
                        [.init("Lane"), .init("Experiment"), .init("Samples", numeric: true), .init("Reason")],
                        shown.map { key in
                            [
                                reading.lane(key.lane).map { .lane($0) } ?? Table.Value(key.lane),
                                Table.Value(key.experiment), Table.Value(Quantity.count(counts[key] ?? 0)),
                                Table.Value(key.reason.isEmpty ? "no reason was recorded" : key.reason),
                            ]
                        })))
        }
        if !withheld.isEmpty {
            blocks.append(
                .table(
                    Table(
                        "Cells withheld: a cell with under 95\u{A0}% admitted prints no figure",
                        [
                            .init("Lane"), .init("Experiment"), .init("Metric"), .init("Admitted", numeric: true),
                            .init("Why"),
                        ],
                        withheld.map { cell in
                            [
                                reading.lane(cell.lane).map { .lane($0) } ?? Table.Value(cell.lane),
                                Table.Value(
                                    cell.workload.isEmpty ? cell.experiment : "\(cell.experiment), \(cell.workload)"),
                                Table.Value(
                                    Words.metric(cell.metric), detail: cell.span),
                                Table.Value(
                                    Figures.admitted(cell), detail: Quantity.share(cell.admitted, of: cell.taken)),
                                Table.Value(cell.withheld),
                            ]
                        })))
        }
        return blocks
    }
}
