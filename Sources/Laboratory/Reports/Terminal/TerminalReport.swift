package import RunRecord

/// The table at the end of a bench: the answer, the lanes, what was not measured; plain Unicode, colour on request.
package enum TerminalReport {
    /// Renders the report for a terminal of so many columns, at least 60; no line is longer. Ends with a newline.
    package static func render(run: Run, summary: Summary, width: Int = 80, colour: Bool = false) -> String {
        let reading = Reading(run: run, summary: summary)
        let text = TerminalText(width: max(width, 60), colour: colour)
        let answer = Answer(reading)
        var lines = text.wrap(answer.headline).map { text.styled($0, .bold) }
        lines += text.wrap(HostWords(run.manifest).sentence).map { text.styled($0, .faint) }
        lines.append("")
        if let primary = reading.primary { lines += startup(reading, primary, text) }
        lines += others(reading, text)
        for warning in answer.warnings {
            lines += text.wrap("! \(warning)", indent: 2).map { text.styled($0, .yellow) }
        }
        for remark in answer.remarks { lines += text.wrap("  \(remark)", indent: 2, first: 2) }
        for entry in answer.missing {
            lines += text.wrap("– \(entry.lane) was not measured: \(entry.reason)", indent: 2)
            if !entry.remedy.isEmpty { lines += text.wrap("to enable: \(entry.remedy)", indent: 4, first: 4) }
        }
        for sentence in answer.certainty { lines += text.wrap(sentence).map { text.styled($0, .faint) } }
        return lines.map(Self.trimmed).joined(separator: "\n") + "\n"
    }

    /// Start-up: lane, median, interval, bar on a logarithmic scale, verdict; under a heading a kind and accelerator.
    private static func startup(_ reading: Reading, _ condition: Condition, _ text: TerminalText) -> [String] {
        let rows = reading.lanes.compactMap { lane in
            reading.cell(condition, lane.id, Metric.startup).map { (lane: lane, cell: $0) }
        }
        guard !rows.isEmpty else { return [] }
        let ratios = rows.map { row -> String? in
            row.lane.id == reading.manifest.baseline || !row.lane.ranked
                ? nil : reading.comparison(of: row.cell).flatMap { reading.shortRatio($0) }
        }
        let columns = StartupColumns(text.width, names: rows.map(\.lane.id), ratios: ratios.compactMap(\.self))
        let medians = rows.compactMap { row in
            row.cell.estimate.map { $0.median * Quantity.base(of: row.cell.unit) }
        }
        let scale = Scale.logarithmic(medians, from: 0, to: 1)
        let bars = columns.bar > 0 ? "; bars on a logarithmic scale" : ""
        var lines = text.wrap("Start-up, \(TimeSpan.startup), \(condition.workload)\(bars)").map {
            text.styled($0, .bold)
        }
        lines.append(text.styled(columns.head(reading.manifest.baseline), .faint))
        var heading = ""
        for (row, ratio) in zip(rows, ratios) {
            let next = Self.heading(row.lane)
            if next != heading {
                heading = next
                lines += text.wrap(heading).map { text.styled($0, .faint) }
            }
            let label = "  " + text.styled(TerminalText.pad(row.lane.id, columns.name), .bold)
            guard let estimate = row.cell.estimate else {
                let room = text.width - 2 - columns.name - 2
                let reason = TerminalText.cut(TerminalText.clean(Figures.withheld(row.cell)), room)
                lines.append(label + "  " + text.styled(reason, .yellow))
                continue
            }
            let drawn = TerminalText.bar(
                max(scale(estimate.median * Quantity.base(of: row.cell.unit)), 0.01), columns.bar)
            let interval = estimate.medianLow == nil ? "no interval" : Figures.interval(estimate, row.cell.unit)
            lines.append(
                label + TerminalText.pad(Quantity.count(row.cell.admitted), columns.count, right: true)
                    + TerminalText.pad(Quantity.text(estimate.median, row.cell.unit), columns.median, right: true)
                    + text.styled(TerminalText.pad(interval, columns.interval, right: true), .faint)
                    + (columns.bar > 0
                        ? "  " + text.styled(TerminalText.pad(drawn, columns.bar), colour(row.lane.kind)) : "")
                    + TerminalText.pad(ratio ?? "–", columns.ratio, right: true) + " "
                    + Self.word(reading, row.lane, row.cell, text))
        }
        return lines + [""]
    }

    /// How wide the columns of start-up are: what a terminal has no room for is left out, bars first, then the interval.
    private struct StartupColumns {
        let name: Int
        let count = 5
        let median = 10
        let interval: Int
        let ratio: Int
        let verdict = 10
        let bar: Int

        init(_ width: Int, names: [String], ratios: [String]) {
            ratio = max(7, (ratios.map(TerminalText.columns).max() ?? 0) + 1)
            let longest = min(max(names.map(TerminalText.columns).max() ?? 8, 8), 20)
            let fixed = 2 + count + median + ratio + 1 + verdict
            interval = width - fixed - longest >= 18 ? 18 : 0
            name = min(longest, width - fixed - interval)
            let rest = width - fixed - interval - name - 2
            bar = rest >= 6 ? min(rest, 40) : 0
        }

        func head(_ baseline: String) -> String {
            "  " + TerminalText.pad("lane", name) + TerminalText.pad("n", count, right: true)
                + TerminalText.pad("median", median, right: true)
                + TerminalText.pad(interval > 0 ? "95 % interval" : "", interval, right: true)
                + (bar > 0 ? "  " + TerminalText.pad("", bar) : "") + TerminalText.pad("×", ratio, right: true) + " "
                + TerminalText.pad("vs \(baseline)", verdict)
        }
    }

    /// Teardown, memory and one system call, where measured.
    private static func others(_ reading: Reading, _ text: TerminalText) -> [String] {
        let call =
            reading.summary.cells.map(\.metric).first { $0 == Metric.syscallPrefix + "getpid" }
            ?? reading.summary.cells.map(\.metric).first { Words.call($0) != nil }
        var columns: [(head: String, words: String, metric: String, condition: Condition)] = []
        if let primary = reading.primary {
            columns.append(("teardown", "teardown exit→released", Metric.teardown, primary))
            columns.append(("CPU time", "CPU of all processes", Metric.cpu, primary))
        }
        if let condition = reading.conditions(Metric.memorySlope).first {
            columns.append(("memory", "memory of one more idle instance (slope)", Metric.memorySlope, condition))
        }
        if let call, let condition = reading.conditions(call).first {
            columns.append((Words.metric(call), "one call of \(Words.metric(call))", call, condition))
        }
        columns = columns.filter { column in
            reading.lanes.contains { reading.cell(column.condition, $0.id, column.metric)?.estimate != nil }
        }
        guard !columns.isEmpty else { return [] }
        let lanes = reading.lanes.filter { lane in
            columns.contains { reading.cell($0.condition, lane.id, $0.metric) != nil }
        }
        let cell = text.width >= 72 ? 13 : 10
        let name = min(
            max(lanes.map { TerminalText.columns($0.id) }.max() ?? 8, 8), text.width - 2 - cell * columns.count)
        var lines = text.wrap("Medians: \(columns.map(\.words).joined(separator: "; "))").map { text.styled($0, .bold) }
        lines.append(
            text.styled(
                "  " + TerminalText.pad("lane", name)
                    + columns.map { TerminalText.pad($0.head, cell, right: true) }.joined(), .faint))
        var heading = ""
        for lane in lanes {
            let next = Self.heading(lane)
            if next != heading {
                heading = next
                lines += text.wrap(heading).map { text.styled($0, .faint) }
            }
            let values = columns.map { column -> String in
                guard let found = reading.cell(column.condition, lane.id, column.metric) else {
                    return TerminalText.pad("–", cell, right: true)
                }
                let value =
                    found.estimate.map {
                        Figures.isResolved($0, found.metric) ? Quantity.text($0.median, found.unit) : Figures.unresolved
                    } ?? "withheld"
                return TerminalText.pad(value, cell, right: true)
            }
            lines.append("  " + text.styled(TerminalText.pad(lane.id, name), .bold) + values.joined())
        }
        for lane in lanes {
            guard let primary = reading.primary, reading.cell(primary, lane.id, Metric.teardown)?.estimate != nil,
                let poll = reading.libvirtsEnd(primary, lane)
            else { continue }
            lines += text.wrap("  \(lane.id)'s teardown: \(poll)", indent: 2, first: 2).map { text.styled($0, .faint) }
        }
        return lines + [""]
    }

    /// `Guests: TCG, software emulation`: the label stands over every lane it belongs to.
    private static func heading(_ lane: LaneReading) -> String {
        let kind = lane.kind == .microGuest ? "Micro-guests (another workload, not ranked)" : Words.kind(lane.kind)
        return lane.tag.map { "\(kind): \($0)" } ?? kind
    }

    private static func word(_ reading: Reading, _ lane: LaneReading, _ cell: Cell, _ text: TerminalText) -> String {
        if lane.id == reading.manifest.baseline { return text.styled("baseline", .faint) }
        if !lane.ranked { return text.styled("not ranked", .faint) }
        guard let comparison = reading.comparison(of: cell) else { return "–" }
        let mark = Words.mark(comparison.verdict)
        switch comparison.verdict {
        case .slower: return text.styled("\(mark) slower", .red)
        case .faster: return text.styled("\(mark) faster", .green)
        case .same: return "\(mark) same"
        case .undecided: return text.styled("\(mark) open", .yellow)
        }
    }

    private static func colour(_ kind: LaneKind) -> TerminalText.Style {
        switch kind {
        case .native: .faint
        case .container: .blue
        case .peer: .yellow
        case .guest: .magenta
        case .microGuest: .cyan
        }
    }

    private static func trimmed(_ line: String) -> String {
        var line = line
        while line.hasSuffix(" ") { line.removeLast() }
        return line
    }
}
