import RunRecord

/// The answer at a glance: a process, a container, other runtimes' best and a guest beside each other, in the
/// four figures people ask for.
struct Glance {
    /// Nil where there is nothing to set beside each other.
    let table: Table?

    /// What stands in a column.
    private enum Subject {
        case lane(LaneReading)
        /// Of every figure that of the other runtime that is best at it.
        case bestPeer
    }

    init(_ reading: Reading) {
        func isMeasured(_ lane: LaneReading) -> Bool { reading.summary.cells.contains { $0.lane == lane.id } }
        var subjects: [Subject] = []
        for kind in [LaneKind.native, .container, .peer, .guest] {
            if kind == .peer {
                if reading.lanes.contains(where: { $0.kind == .peer && isMeasured($0) }) { subjects.append(.bestPeer) }
            } else if let lane = kind == .native ? reading.baseline : reading.principal(kind), isMeasured(lane) {
                subjects.append(.lane(lane))
            }
        }
        guard !subjects.isEmpty, let primary = reading.primary else {
            table = nil
            return
        }
        var figures: [(condition: Condition, metric: String, title: String, detail: String)] = [
            (primary, Metric.startup, "Start-up", "launch→ready, the workload's first byte"),
            (primary, Metric.teardown, "Teardown", "exit→released, everything gone"),
        ]
        if let memory = reading.conditions(Metric.memorySlope).first {
            figures.append((memory, Metric.memorySlope, "Memory", "of the host, for one more idle instance"))
        }
        if let call = Self.call(reading), let condition = reading.conditions(call).first {
            figures.append((condition, call, "System call", "\(Words.metric(call)), one call in the workload"))
        }
        let rows = figures.map { figure in
            [Table.Value(figure.title, detail: figure.detail)]
                + subjects.map { Self.value(reading, $0, figure.condition, figure.metric) }
        }.filter { row in row.dropFirst().contains { $0.style != "quiet" } }
        table = Table(
            "At a glance, with 95\u{A0}% intervals, numbers of samples, and verdicts against \(reading.manifest.baseline)",
            [.init("Medians")] + subjects.map(Self.head), rows)
    }

    private static func head(_ subject: Subject) -> Table.Column {
        switch subject {
        case .bestPeer: return Table.Column("Other runtimes", detail: "the best at each figure", numeric: true)
        case .lane(let lane):
            let noun =
                switch lane.kind {
                case .native: "Native process"
                case .container, .peer: "Container"
                case .guest, .microGuest: "Guest"
                }
            return Table.Column(noun, detail: "lane \(lane.name)", numeric: true)
        }
    }

    /// getpid where it was measured: the call that does nothing but enter the kernel.
    private static func call(_ reading: Reading) -> String? {
        let metrics = reading.summary.cells.map(\.metric).filter { Words.call($0) != nil }
        return metrics.first { $0 == Metric.syscallPrefix + "getpid" } ?? metrics.first
    }

    private static func value(
        _ reading: Reading, _ subject: Subject, _ condition: Condition, _ metric: String
    ) -> Table.Value {
        switch subject {
        case .lane(let lane):
            guard let cell = reading.cell(condition, lane.id, metric) else {
                return Table.Value("not measured", style: "quiet")
            }
            return value(reading, lane, cell, condition)
        case .bestPeer:
            let peers = reading.cells(condition, metric).filter { $0.lane.kind == .peer }
            let best = peers.min { ($0.cell.estimate?.median ?? .infinity) < ($1.cell.estimate?.median ?? .infinity) }
            guard let best else { return Table.Value("not measured", style: "quiet") }
            var value = value(reading, best.lane, best.cell, condition)
            var lines = ["lane \(best.lane.name)"] + value.detail.split(separator: "\n").map(String.init)
            if let own = reading.principal(.container),
                let contrast = reading.contrast(condition, own.id, best.lane.id, metric)
            {
                lines.append("\(own.id) against it: \(Words.mark(contrast.verdict))\u{A0}\(contrast.word)")
            }
            value.detail = lines.joined(separator: "\n")
            return value
        }
    }

    private static func value(
        _ reading: Reading, _ lane: LaneReading, _ cell: Cell, _ condition: Condition
    ) -> Table.Value {
        guard let estimate = cell.estimate else {
            return Table.Value("withheld", detail: Words.unstopped(cell.withheld), style: "withheld")
        }
        var lines = [Figures.interval(estimate, cell.unit), "n\u{A0}=\u{A0}\(Figures.admitted(cell))"]
        if let comparison = reading.comparison(of: cell), lane.id != reading.manifest.baseline {
            let ratio = reading.spokenRatio(comparison).map { "\u{A0}\($0)" } ?? ""
            lines[1] += ", \(Words.mark(comparison.verdict))\u{A0}\(comparison.word)\(ratio)"
        }
        if cell.metric == Metric.teardown, let poll = reading.libvirtsEnd(condition, lane) { lines.append(poll) }
        guard Figures.isResolved(estimate, cell.metric) else {
            return Table.Value(Figures.unresolved, detail: "\(lines[0]): not told from nothing", style: "withheld")
        }
        return Table.Value(
            Quantity.text(estimate.median, cell.unit), detail: lines.joined(separator: "\n"),
            style: "big \(lane.style)")
    }
}

extension Reading {
    /// What of a guest's teardown is libvirt's own, once its process has ended: `184 ms of it: let go, by a poll of 200 ms`.
    func libvirtsEnd(_ condition: Condition, _ lane: LaneReading) -> String? {
        guard let timeline = timeline(condition, lane),
            let exit = timeline.events.first(where: { $0.name == EventName.exit }),
            let phase = timeline.phases.last(where: { $0.actor == "libvirt" && $0.start >= exit.at })
        else { return nil }
        return "\(Quantity.text(phase.duration, "ns")) of it libvirt's: \(phase.name)"
    }
}
