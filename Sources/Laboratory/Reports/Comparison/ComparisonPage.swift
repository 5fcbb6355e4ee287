import RunRecord

/// A comparison as an HTML page.
struct ComparisonPage {
    var change: RunChange

    func render() -> String {
        let after = change.after
        let runs = "\(RunChange.name(change.comparison.before)) → \(RunChange.name(change.comparison.after))"
        let contents = [
            ("changes", "What changed"), ("differences", "Differences of the manifests"), ("method", "Method"),
        ]
        return HTMLPage(
            title: "isolab compare: \(runs)", description: change.headline,
            contents: contents.map { (id: $0.0, title: $0.1) },
            header: [
                element("header", ["id": "answer"]) {
                    element("p", ["class": "overline"]) {
                        "What changed between two runs"
                        element("span", ["class": "run"]) { runs }
                    }
                    element("h1") { change.headline }
                    if let stamp = change.stamp {
                        element("div", ["class": "warnings", "role": "note", "aria-label": "Warnings"]) {
                            element("p") {
                                element("b") { "Forced: " }
                                stamp
                            }
                        }
                    }
                    for (words, _) in change.disturbances { element("p", ["class": "note"]) { words } }
                    element("p", ["class": "note"]) { change.basis }
                }
            ],
            body: [
                section(contents[0].0, contents[0].1, changeBlocks),
                section(contents[1].0, contents[1].1, differenceBlocks),
                section(
                    contents[2].0, contents[2].1,
                    MethodSection().blocks(
                        Reading(run: Run(manifest: after, samples: []), summary: Summary(cells: [], comparisons: [])))),
            ],
            footer: "isolab \(after.version) · \(runs)"
        ).render()
    }

    private func section(_ id: String, _ title: String, _ blocks: [Block]) -> Node {
        element("section", ["id": id, "aria-labelledby": "\(id)-title"]) {
            element("h2", ["id": "\(id)-title"]) { title }
            HTMLBlocks.render(blocks)
        }
    }

    /// A figure a group of metrics: start and end of sandboxes, memory, system calls.
    private var changeBlocks: [Block] {
        let groups: [(id: String, name: String, holds: (CellChange) -> Bool)] = [
            (
                "times", "Times",
                { $0.unit != "B" && Words.call($0.metric) == nil && $0.lane.ranked }
            ),
            ("memory", "Memory", { $0.unit == "B" && $0.lane.ranked }),
            ("calls", "System calls", { Words.call($0.metric) != nil && $0.lane.ranked }),
            ("micro", "Micro-guests, not ranked with the others", { !$0.lane.ranked }),
        ]
        return groups.flatMap { group -> [Block] in
            let own = change.changes.filter(group.holds)
            guard !own.isEmpty else { return [] }
            let chart = ChangeChart(
                rows: own.compactMap(Self.row),
                title: "Change of \(group.name.lowercased()) between the runs, in percent",
                description:
                    "A row a figure: the shift over the median before, with its interval; left of zero is less.")
            return [
                .heading(group.name),
                .figure(
                    FigureBlock(
                        id: "change-\(group.id)", chart: chart,
                        caption:
                            "Shift over the median before, with its 95\u{A0}% interval. The band is the margin declared "
                            + "beforehand.",
                        table: table(group.name, own), open: true)),
            ]
        }
    }

    private static func row(_ change: CellChange) -> ChangeChart.Row? {
        guard let shift = change.shift, let before = change.before, before > 0,
            let verdict = change.verdict
        else { return nil }
        return ChangeChart.Row(
            lane: change.lane, name: Self.name(change), change: shift / before,
            low: (change.interval?.low ?? shift) / before, high: (change.interval?.high ?? shift) / before,
            floor: change.margin.map { $0 / before },
            verdict: verdict)
    }

    private static func name(_ change: CellChange) -> String {
        change.condition.workload.contains("(")
            ? "\(Words.metric(change.metric)), \(change.condition.workload)" : Words.metric(change.metric)
    }

    private func table(_ name: String, _ changes: [CellChange]) -> Table {
        Table(
            "\(name), before and after: medians, shift, verdict",
            [
                .init("Lane"), .init("Figure"), .init("Before", numeric: true), .init("After", numeric: true),
                .init("Shift", numeric: true), .init("Margin", numeric: true), .init("Verdict"),
            ],
            changes.map { change in
                let head: [Table.Value] = [.lane(change.lane), Table.Value(Self.name(change), detail: change.span)]
                guard let verdict = change.verdict, let before = change.before, let after = change.after,
                    let shift = change.shift
                else { return head + [.reason(change.reason, span: 5)] }
                let style =
                    switch verdict {
                    case .slower: "verdict slower"
                    case .faster: "verdict faster"
                    case .same: "verdict same"
                    case .undecided: "verdict undecided"
                    }
                return head + [
                    Table.Value(Quantity.text(before, change.unit)), Table.Value(Quantity.text(after, change.unit)),
                    Table.Value(
                        Quantity.signed(shift, change.unit),
                        detail: change.interval.map { Quantity.signedInterval($0.low, $0.high, change.unit) }
                            ?? "no interval"),
                    Table.Value(change.margin.map { Quantity.text($0, change.unit) } ?? "none"),
                    Table.Value(
                        "\(Words.mark(verdict)) \(verdict.word(for: change.metric, unit: change.unit))",
                        detail: [change.reason, change.seen].filter { !$0.isEmpty }.joined(separator: "\n"),
                        style: style),
                ]
            })
    }

    private var differenceBlocks: [Block] {
        let rows =
            change.comparison.forced.map { ($0, Table.Value("yes", style: "withheld")) }
            + change.comparison.notes.map { ($0, Table.Value("no", style: "quiet")) }
        guard !rows.isEmpty else { return [.paragraph("None: host, artefacts and lanes were the same.")] }
        return [
            .table(
                Table(
                    "In what the two manifests differ",
                    [.init("What"), .init("Before"), .init("After"), .init("Decisive")],
                    rows.map { [Table.Value($0.name), Table.Value($0.before), Table.Value($0.after), $1] }))
        ]
    }
}

extension CellChange {
    /// What an undecided change could have shown.
    fileprivate var seen: String {
        guard verdict == .undecided, let visible else { return "" }
        return "changes from \(Quantity.text(visible, unit)) would have been seen"
    }
}
