import RunRecord

/// Where the time goes: a container's phases and a guest's, on one clock and each at its own scale.
struct WaterfallSection: ReportSection {
    let id = "phases"
    let title = "Where the time goes"

    func blocks(_ reading: Reading) -> [Block] {
        guard let condition = reading.primary else { return [] }
        let timelines = reading.lanes.compactMap { reading.timeline(condition, $0) }
        guard !timelines.isEmpty else { return [.paragraph("No lane recorded its phases.")] }
        let leads = [LaneKind.container, .guest].compactMap { kind -> Timeline? in
            let principal = reading.principal(kind)?.id
            return timelines.first { $0.lane.id == principal } ?? timelines.first { $0.lane.kind == kind }
        }
        var clock = leads
        if let bare = timelines.first(where: { $0.lane.role == .guestWithoutLibvirt }),
            leads.contains(where: { $0.lane.role == .guest })
        {
            clock.append(bare)
        }
        let libvirt = reading.libvirtCost(condition)
        var blocks: [Block] = [
            .paragraph(
                "Median phases of the admitted samples, counted from the launch call on the host's clock"
                    + (leads.count == 2 ? ". First on one clock, then each at its own scale." : "."))
        ]
        if !clock.isEmpty { blocks.append(.figure(oneClock(reading, clock, libvirt))) }
        blocks += leads.map { .figure(waterfall($0)) }
        let others = timelines.filter { timeline in !leads.contains { $0.lane.id == timeline.lane.id } }
        if !others.isEmpty {
            blocks.append(
                .details(
                    "The phases of \(Words.plural(others.count, "other lane"))",
                    others.flatMap { [.heading($0.lane.name), .figure(waterfall($0))] }))
        }
        return blocks
    }

    private func oneClock(_ reading: Reading, _ timelines: [Timeline], _ libvirt: LibvirtCost?) -> FigureBlock {
        let tag = reading.lane(.guest)?.tag
        var rows = timelines.map { timeline in
            [
                Table.Value.lane(timeline.lane), Table.Value(Quantity.count(timeline.samples)),
                Table.Value(Self.instant(timeline, EventName.ready)),
                Table.Value(Self.instant(timeline, EventName.exit)),
                Table.Value(Self.instant(timeline, EventName.released)),
            ]
        }
        if let libvirt {
            let comparison = libvirt.comparison
            let told =
                comparison.verdict == .undecided
                ? "cannot be told\(ContrastText.bound(comparison))"
                : "\(Words.mark(comparison.verdict)) \(comparison.word)"
            rows.append([
                Table.Value(
                    "what libvirt costs",
                    detail: ["\(comparison.lane) less \(comparison.baseline)", tag].compactMap { $0 }.joined(
                        separator: "; ")),
                Table.Value(Quantity.count(min(comparison.samples, comparison.baselineSamples))),
                Table.Value(told, detail: Figures.shift(comparison)), "–", "–",
            ])
        }
        return FigureBlock(
            id: "one-clock",
            chart: OneClockChart(
                timelines: timelines, libvirt: libvirt.flatMap { $0.isShown ? $0 : nil }, libvirtTag: tag,
                title: "The lives of a container and a guest on one clock",
                description:
                    "A bar a lane, made of its phases, from the launch call to everything released; the upright "
                    + "mark is the workload's first byte."),
            caption:
                "One linear clock: what looks like a sliver is one. Upright mark: ready, the workload's first byte."
                + (libvirt?.isShown == true
                    ? " libvirt's bar is the shift from vm-qemu to vm, with its 95\u{A0}% interval." : ""),
            table: Table(
                "Median instants after the launch call",
                [
                    .init("Lane"), .init("n", numeric: true), .init("launch→ready", numeric: true),
                    .init("launch→exit", numeric: true), .init("launch→released", numeric: true),
                ], rows))
    }

    private func waterfall(_ timeline: Timeline) -> FigureBlock {
        let span = "from launch to released"
        let rows = timeline.rows
        let grouped = rows.count < timeline.phases.count
        var columns: [Table.Column] = [
            .init("Phase"), .init("Who"), .init("Starts after launch", numeric: true), .init("Takes", numeric: true),
            .init("n", numeric: true),
        ]
        if grouped { columns.append(.init("Drawn as")) }
        return FigureBlock(
            id: "phases-\(Self.slug(timeline.lane.id))",
            chart: WaterfallChart(
                timeline: timeline, rows: rows, title: "Phases of \(timeline.lane.name), \(span)",
                description: rows.map { "\($0.name) \(Quantity.text($0.duration, "ns"))" }.joined(separator: ", ")),
            caption: "\(timeline.lane.name): median of \(Words.plural(timeline.samples, "admitted sample"))."
                + (grouped
                    ? " Steps under 2\u{A0}% of the time to ready are drawn together; the table has all "
                        + "\(Quantity.count(timeline.phases.count))."
                    : ""),
            table: Table(
                "Phases of \(timeline.lane.name), \(span)", columns,
                rows.flatMap { row in
                    row.members.map { member in
                        let phase = timeline.phases[member]
                        let values: [Table.Value] = [
                            Table.Value(phase.name), Table.Value(phase.actor),
                            Table.Value(Quantity.text(phase.start, "ns")),
                            Table.Value(Quantity.text(phase.duration, "ns"), style: "strong"),
                            Table.Value(Quantity.count(phase.count)),
                        ]
                        guard grouped else { return values }
                        let alone = row.members.count == 1
                        return values + [Table.Value(alone ? "itself" : row.name, style: "quiet")]
                    }
                }))
    }

    private static func instant(_ timeline: Timeline, _ event: String) -> String {
        timeline.events.first { $0.name == event }.map { Quantity.text($0.at, "ns") } ?? "–"
    }

    static func slug(_ id: String) -> String {
        String(
            id.lowercased().unicodeScalars.map { scalar in
                ("a"..."z").contains(scalar) || ("0"..."9").contains(scalar) ? Character(scalar) : "-"
            })
    }
}
