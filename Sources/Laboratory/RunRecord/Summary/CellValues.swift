package import Statistics

/// What names a cell: workload × lane × metric of one experiment, with its span and unit.
package struct CellKey: Hashable, Codable, Sendable {
    package var experiment: String
    package var workload: String
    package var lane: String
    package var metric: String
    package var span: String
    package var unit: String

    package init(
        experiment: String, workload: String, lane: String, metric: String, span: String = "", unit: String
    ) {
        self.experiment = experiment
        self.workload = workload
        self.lane = lane
        self.metric = metric
        self.span = span
        self.unit = unit
    }

    /// The same cell in another lane.
    package func inLane(_ lane: String) -> CellKey {
        var key = self
        key.lane = lane
        return key
    }
}

/// The values of one cell: what an estimate is made from, and what a chart shows as points.
package struct CellValues: Sendable {
    package var key: CellKey
    /// Samples taken and admitted, warm-ups and twins apart.
    package var taken: Int
    package var admitted: Int
    /// Why samples were rejected, with how many, most first.
    package var rejections: [(reason: String, count: Int)]
    /// One value an admitted sample, in the order measured: where a sample holds many batches, its median over them.
    package var samples: [Double]
    /// The block of each of `samples`.
    package var blocks: [Int]
    /// How many of `samples` are launches killed at their deadline, which stands in their place.
    package var censored: Int
    /// Every value of the admitted samples, in the order measured: the batches pooled.
    package var pooled: [Double]
    /// The hidden twin's values, one a sample; only the baseline lane has them.
    package var twin: [Double]
    package var twinBlocks: [Int]
    /// The warm-ups' values, one a sample, in the order measured; shown, never counted.
    package var warmups: [Double]
    /// Values that are no figure of anything measured (not finite, or beyond 10³⁰) and are left out.
    package var invalid: Int

    /// `samples` with their blocks.
    package var blockValues: [BlockValue] { zip(blocks, samples).map { BlockValue(block: $0, $1) } }
    package var twinValues: [BlockValue] { zip(twinBlocks, twin).map { BlockValue(block: $0, $1) } }
}

extension Run {
    /// The run's cells, in the order they first appear.
    ///
    /// A lane none of whose samples has a figure still has the cells its experiment's other lanes have, without values.
    package func cellValues() -> [CellValues] {
        var collector = CellCollector()
        let launches = self.launches
        let ordered = zip(launches, launches.dropFirst()).allSatisfy { $0.id < $1.id }
        for sample in ordered ? launches : launches.sorted(by: { $0.id < $1.id }) { collector.add(sample) }
        return collector.cells(baseline: manifest.baseline)
    }
}

/// Sorts measurements into cells in one pass.
private struct CellCollector {
    fileprivate struct GroupKey: Hashable {
        var experiment: String
        var workload: String
        var lane: String
    }

    fileprivate struct MetricKey: Equatable {
        var metric: String
        var span: String
        var unit: String
    }

    fileprivate struct Figures {
        var key: MetricKey
        var samples: [Double] = []
        var blocks: [Int] = []
        var censored = 0
        var pooled: [Double] = []
        var twin: [Double] = []
        var twinBlocks: [Int] = []
        var warmups: [Double] = []
        var invalid = 0
        /// Values of the sample being read.
        var current: [Double] = []
    }

    fileprivate struct Group {
        var key: GroupKey
        var taken = 0
        var admitted = 0
        var reasons: [String: Int] = [:]
        /// Launches killed at their deadline: their blocks, and after how many seconds.
        var deadlines: [(block: Int, seconds: Double)] = []
        var figures: [Figures] = []
    }

    private var groups: [Group] = []
    private var places: [GroupKey: Int] = [:]

    mutating func add(_ sample: Sample) {
        let key = GroupKey(experiment: sample.experiment, workload: sample.workload, lane: sample.lane)
        let place: Int
        if let known = places[key] {
            place = known
        } else {
            place = groups.count
            places[key] = place
            groups.append(Group(key: key))
        }
        if !sample.warmup, !sample.twin {
            groups[place].taken += 1
            if sample.admitted {
                groups[place].admitted += 1
            } else if let deadline = sample.deadline {
                groups[place].deadlines.append((sample.block, deadline))
            } else {
                groups[place].reasons[sample.reason, default: 0] += 1
            }
        }
        guard sample.admitted else { return }
        groups[place].addFigures(of: sample)
    }

    func cells(baseline: String) -> [CellValues] {
        groups.flatMap { group -> [CellValues] in
            var reasons = group.reasons
            for deadline in group.deadlines {
                reasons[Sample.deadlineReason(seconds: deadline.seconds), default: 0] += 1
            }
            let rejections = reasons.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
                .map { (reason: $0.key, count: $0.value) }
            var figures = group.figures
            if figures.isEmpty { figures = metrics(like: group, baseline: baseline).map { Figures(key: $0) } }
            return figures.map { figure in
                var figure = figure
                figure.censor(group.deadlines)
                return CellValues(
                    key: CellKey(
                        experiment: group.key.experiment, workload: group.key.workload, lane: group.key.lane,
                        metric: figure.key.metric, span: figure.key.span, unit: figure.key.unit),
                    taken: group.taken, admitted: group.admitted, rejections: rejections, samples: figure.samples,
                    blocks: figure.blocks, censored: figure.censored, pooled: figure.pooled, twin: figure.twin,
                    twinBlocks: figure.twinBlocks, warmups: figure.warmups, invalid: figure.invalid)
            }
        }
    }

    /// The metrics a lane without figures would have had: the baseline's, else any other lane's.
    private func metrics(like group: Group, baseline: String) -> [MetricKey] {
        let peers = groups.filter {
            $0.key.experiment == group.key.experiment && $0.key.workload == group.key.workload && !$0.figures.isEmpty
        }
        return (peers.first { $0.key.lane == baseline } ?? peers.first)?.figures.map(\.key) ?? []
    }
}

extension CellCollector.Group {
    /// A figure's values of one admitted sample become one value of its cell.
    mutating func addFigures(of sample: Sample) {
        var hint = 0
        var touched: [Int] = []
        for measurement in sample.measurements where measurement.metric != Metric.memoryAvailable {
            let place = place(of: measurement, hint: hint)
            // Rows come metric by metric, in the same order each time.
            hint = place
            if figures[place].current.isEmpty { touched.append(place) }
            figures[place].current.append(measurement.value)
        }
        for place in touched { figures[place].close(sample) }
    }

    private mutating func place(of measurement: Measurement, hint: Int) -> Int {
        for offset in figures.indices {
            let place = (hint + offset) % figures.count
            let key = figures[place].key
            if key.metric == measurement.metric, key.span == measurement.span, key.unit == measurement.unit {
                return place
            }
        }
        figures.append(
            .init(key: .init(metric: measurement.metric, span: measurement.span, unit: measurement.unit)))
        return figures.count - 1
    }
}

extension CellCollector.Figures {
    /// A launch that was killed at its deadline took at least so long: where the figure runs from the launch on, the deadline
    /// stands in its place, above all that were measured, and ranks are as they would be had it been waited for.
    mutating func censor(_ deadlines: [(block: Int, seconds: Double)]) {
        guard key.metric != Metric.cpu, key.span.hasPrefix(EventName.launch + "→"),
            let base = Margin.base(of: key.unit), key.unit != "B"
        else {
            return
        }
        for deadline in deadlines {
            let value = deadline.seconds * 1e9 / base
            guard abs(value) <= SummaryRule.greatestFigure else { continue }
            samples.append(value)
            pooled.append(value)
            blocks.append(deadline.block)
            censored += 1
        }
    }

    mutating func close(_ sample: Sample) {
        defer { current.removeAll(keepingCapacity: true) }
        let finite = current.filter { abs($0) <= SummaryRule.greatestFigure }
        let counted = !sample.warmup && !sample.twin
        if counted { invalid += current.count - finite.count }
        guard let first = finite.first else { return }
        let value = finite.count == 1 ? first : SortedValues(finite).median
        if sample.warmup {
            if !sample.twin { warmups.append(value) }
        } else if sample.twin {
            twin.append(value)
            twinBlocks.append(sample.block)
        } else {
            samples.append(value)
            blocks.append(sample.block)
            pooled.append(contentsOf: finite)
        }
    }
}
