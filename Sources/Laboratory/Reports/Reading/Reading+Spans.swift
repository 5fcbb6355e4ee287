import RunRecord

extension Reading {
    /// Spans a reader may want to see the same samples by: the default first, then those the events allow.
    func spans(_ condition: Condition) -> [TimeSpan] {
        let standard: [TimeSpan] = [
            .startup, TimeSpan(EventName.launch, EventName.done), .teardown, .life,
        ]
        var names: [String] = []
        for samples in (counted[condition] ?? [:]).values {
            for event in samples.first?.events ?? [] where !names.contains(event.name) { names.append(event.name) }
        }
        let known: Set<String> = [
            EventName.launch, EventName.ready, EventName.done, EventName.exit, EventName.released,
        ]
        let own = names.filter { !known.contains($0) }.sorted().prefix(4).map { TimeSpan($0, EventName.ready) }
        return (standard + own).filter { span in
            lanes.contains { !distribution(condition, $0.id, span).isEmpty }
        }
    }

    /// A lane's values of a span in nanoseconds, admitted samples only.
    func distribution(_ condition: Condition, _ lane: String, _ span: TimeSpan) -> Distribution {
        let samples = counted[condition]?[lane] ?? []
        let taken = samples.compactMap { sample in
            Self.value(sample, span).map { (value: $0, isDisturbed: isDisturbed(sample)) }
        }
        return Distribution(taken.map(\.value), disturbed: taken.map(\.isDisturbed))
    }

    /// From the figure the lane reported under that span, else from the two events.
    static func value(_ sample: Sample, _ span: TimeSpan) -> Double? {
        if span == .startup || span == .teardown {
            let metric = span == .startup ? Metric.startup : Metric.teardown
            if let figure = sample.measurements.first(where: { $0.metric == metric }) {
                return figure.value * Quantity.base(of: figure.unit)
            }
        }
        var from: Int64? = span.from == EventName.launch ? 0 : nil
        var to: Int64?
        for event in sample.events {
            if event.name == span.from { from = event.nanoseconds }
            if event.name == span.to { to = event.nanoseconds }
        }
        guard let from, let to, to >= from else { return nil }
        return Double(to) - Double(from)
    }
}
