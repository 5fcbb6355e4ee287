import RunRecord

/// Who does the work of a phase; the waterfalls colour by it.
enum Actor {
    /// A stable colour class for an actor's name: known ones by name, others by turn.
    static func style(_ actor: String, among all: [String]) -> String {
        let known = ["launcher", "child", "libvirt", "qemu", "guest kernel", "workload"]
        // What runs in a guest without a kernel stands where others have theirs.
        let name = actor == "guest" ? "guest kernel" : actor.lowercased()
        if let index = known.firstIndex(of: name) { return "a-\(index)" }
        let others = all.filter { !known.contains($0.lowercased()) }
        return "a-\(6 + (others.firstIndex(of: actor) ?? 0) % 2)"
    }
}

/// One lane's phases, a row each (slivers put together), at the lane's own scale.
struct WaterfallChart: Chart {
    var timeline: Timeline
    var rows: [PhaseGroup]
    var title: String
    var description: String

    private var actors: [String] {
        var seen: [String] = []
        for phase in rows where !seen.contains(phase.actor) { seen.append(phase.actor) }
        return seen
    }

    func draw(_ layout: ChartLayout) -> Drawing {
        var drawing = Drawing(width: layout.width)
        let widest = rows.map { TextMetrics.width($0.name, size: 12.5) }.max() ?? 0
        // On a narrow page a name stands over its bar, whole.
        let left = layout.isNarrow ? 2 : min(max(widest * 1.04 + 12, 70), 360)
        let scale = Scale.linear([timeline.end], from: left, to: layout.width - (layout.isNarrow ? 12 : 72))
        let eventRows = eventRows(scale)
        let eventsTop = legend(on: &drawing) + 16
        let plotTop = eventsTop + Double(eventRows - 1) * 14 + 12
        let rowHeight = layout.isNarrow ? 31.0 : 20
        let plotBottom = plotTop + Double(rows.count) * rowHeight + 4
        drawing.height = Axis(
            scale: scale, unit: "ns", title: "after the launch call, median; linear"
        ).draw(on: &drawing, top: plotTop - 4, bottom: plotBottom)
        drawEvents(on: &drawing, scale: scale, top: eventsTop, bottom: plotBottom, rows: eventRows)
        for (index, row) in rows.enumerated() {
            draw(row, on: &drawing, scale: scale, top: plotTop + Double(index) * rowHeight, layout: layout)
        }
        return drawing
    }

    private func draw(
        _ row: PhaseGroup, on drawing: inout Drawing, scale: Scale, top: Double, layout: ChartLayout
    ) {
        let value = Quantity.text(row.duration, "ns")
        let room = layout.isNarrow ? layout.width - TextMetrics.width(value, size: 12) - 16 : scale.start - 10
        drawing.text(
            TextMetrics.fit(row.name, width: room, size: 12.5), x: layout.isNarrow ? 2 : scale.start - 8, y: top + 14,
            style: "t phase halo", anchor: layout.isNarrow ? .start : .end, full: row.name)
        drawing.text(value, x: layout.width, y: top + 14, style: "t value halo", anchor: .end)
        let x = scale(row.start)
        let width = max(scale(row.end) - x, 1.5)
        let bar = (top: top + (layout.isNarrow ? 19 : 3), height: layout.isNarrow ? 9.0 : 14)
        drawing.rectangle(
            x: x, y: bar.top, width: width, height: bar.height, radius: 2,
            style: "bar \(Actor.style(row.actor, among: actors))\(timeline.lane.emulated ? " emulated" : "")",
            tip: "\(row.name) (\(row.actor)): \(value), from \(Quantity.text(row.start, "ns")) after launch")
        if timeline.lane.emulated {
            drawing.rectangle(x: x, y: bar.top, width: width, height: bar.height, radius: 2, style: "hatch-over")
        }
    }

    private func legend(on drawing: inout Drawing) -> Double {
        var x = 0.0
        var y = 12.0
        for actor in actors {
            let needed = 20 + TextMetrics.width(actor, size: 12) + 14
            if x > 0 && x + needed > drawing.width {
                x = 0
                y += 18
            }
            drawing.rectangle(
                x: x, y: y - 10, width: 12, height: 12, radius: 2, style: "bar \(Actor.style(actor, among: actors))")
            drawing.text(actor, x: x + 18, y: y, style: "t")
            x += needed
        }
        return y + 4
    }

    /// How many rows the events' names take over the plot: one, or one each where they would touch.
    private func eventRows(_ scale: Scale) -> Int {
        let ends = timeline.events.map { scale($0.at) + TextMetrics.width($0.name, size: 12) + 10 }
        let touch = zip(ends, timeline.events.dropFirst()).contains { $0 > scale($1.at) }
        return touch ? timeline.events.count : 1
    }

    /// Names stand right of their lines, the earliest highest, so that no line crosses a name.
    private func drawEvents(on drawing: inout Drawing, scale: Scale, top: Double, bottom: Double, rows: Int) {
        for (index, event) in timeline.events.enumerated() {
            let y = top + (rows > 1 ? Double(index) * 14 : 0)
            let x = scale(event.at)
            drawing.path(
                "M\(Drawing.point(x, y - 8))V\(Drawing.coordinate(bottom))", style: "event",
                tip: "\(event.name): \(Quantity.text(event.at, "ns")) after launch")
            let fits = x + 4 + TextMetrics.width(event.name, size: 12) <= drawing.width
            drawing.text(
                event.name, x: fits ? x + 4 : x - 4, y: y, style: "t event-name halo", anchor: fits ? .start : .end)
        }
    }
}

/// Several lanes' lives on one clock: what is a sliver is a sliver.
struct OneClockChart: Chart {
    var timelines: [Timeline]
    var libvirt: LibvirtCost?
    var libvirtTag: String?
    var title: String
    var description: String

    func draw(_ layout: ChartLayout) -> Drawing {
        var drawing = Drawing(width: layout.width)
        let left = layout.isNarrow ? 4.0 : 214.0
        let right = layout.width - (layout.isNarrow ? 12 : 90)
        let scale = Scale.linear(
            timelines.map(\.end) + [libvirt?.interval?.high ?? libvirt?.shift ?? 0], from: left, to: right)
        var body = Drawing(width: layout.width)
        var y = 6.0
        var actors: [String] = []
        for timeline in timelines {
            for phase in timeline.phases where !actors.contains(phase.actor) { actors.append(phase.actor) }
        }
        for timeline in timelines {
            let name = (timeline.lane.id, timeline.lane.tag ?? timeline.lane.record.title)
            let bar = label(name, emulated: timeline.lane.emulated, on: &body, top: y, layout: layout)
            for phase in timeline.rows {
                body.rectangle(
                    x: scale(phase.start), y: bar, width: max(scale(phase.end) - scale(phase.start), 0.8), height: 20,
                    style:
                        "bar joined \(Actor.style(phase.actor, among: actors))\(timeline.lane.emulated ? " emulated" : "")",
                    tip: "\(timeline.lane.name), \(phase.name) (\(phase.actor)): \(Quantity.text(phase.duration, "ns"))"
                )
            }
            if timeline.lane.emulated, let end = timeline.phases.map(\.end).max() {
                body.rectangle(x: scale(0), y: bar, width: scale(end) - scale(0), height: 20, style: "hatch-over")
            }
            // The instant that answers the question, above the bar's end.
            if let ready = timeline.events.first(where: { $0.name == EventName.ready }) {
                let x = scale(ready.at)
                body.line(x, bar - 3, x, bar + 23, style: "median k-native")
                let text = "ready \(Quantity.text(ready.at, "ns"))"
                if layout.isNarrow {
                    body.text(text, x: layout.width, y: bar - 8, style: "t value", anchor: .end)
                } else {
                    body.text(text, x: max(scale(timeline.end), x) + 8, y: bar + 15, style: "t value halo")
                }
            }
            y = bar + (layout.isNarrow ? 30 : 40)
        }
        if let libvirt { y = draw(libvirt, on: &body, scale: scale, top: y, layout: layout) }
        drawing.height = Axis(scale: scale, unit: "ns", title: "after the launch call, median; one linear clock").draw(
            on: &drawing, top: 0, bottom: y)
        drawing.nodes += body.nodes
        return drawing
    }

    private func draw(
        _ libvirt: LibvirtCost, on body: inout Drawing, scale: Scale, top: Double, layout: ChartLayout
    ) -> Double {
        let bar = label(
            ("libvirt: vm less vm-qemu", libvirtTag ?? "the same block, paired"), emulated: libvirtTag != nil,
            on: &body, top: top, layout: layout)
        let text = Quantity.text(libvirt.shift, "ns")
        body.rectangle(
            x: scale(0), y: bar, width: max(scale(max(libvirt.shift, 0)) - scale(0), 1), height: 20, radius: 2,
            style: "bar a-2\(libvirtTag != nil ? " emulated" : "")", tip: "libvirt: \(text)")
        if libvirtTag != nil {
            body.rectangle(
                x: scale(0), y: bar, width: max(scale(max(libvirt.shift, 0)) - scale(0), 1), height: 20,
                style: "hatch-over")
        }
        if let interval = libvirt.interval {
            body.line(scale(interval.low), bar + 10, scale(interval.high), bar + 10, style: "whisker ink")
        }
        body.text(
            text, x: scale(max(libvirt.interval?.high ?? 0, libvirt.shift)) + 8, y: bar + 15, style: "t value halo")
        return bar + (layout.isNarrow ? 30 : 40)
    }

    private func label(
        _ name: (String, String), emulated: Bool, on drawing: inout Drawing, top: Double, layout: ChartLayout
    ) -> Double {
        let style = emulated ? "t tag" : "t muted"
        if layout.isNarrow {
            let first = TextMetrics.fit(name.0, width: 170, size: 14)
            drawing.text(first, x: 0, y: top + 14, style: "t lane", full: name.0)
            let x = TextMetrics.width(first, size: 14) * 1.1 + 10
            drawing.text(
                TextMetrics.fit(name.1, width: drawing.width - x - 84, size: 12), x: x, y: top + 14, style: style,
                full: name.1)
            return top + 22
        }
        drawing.text(TextMetrics.fit(name.0, width: 196, size: 14), x: 0, y: top + 9, style: "t lane", full: name.0)
        drawing.text(TextMetrics.fit(name.1, width: 200, size: 12), x: 0, y: top + 25, style: style, full: name.1)
        return top
    }
}
