import RunRecord

/// One phase of a lane: the median over its admitted samples.
struct MedianPhase: Sendable {
    var name: String
    var actor: String
    /// Nanoseconds after launch.
    var start: Double
    var end: Double
    /// How many samples had it.
    var count: Int

    var duration: Double { end - start }
}

/// A lane's life on the clock that starts at its launch call.
struct Timeline: Sendable {
    var lane: LaneReading
    var phases: [MedianPhase]
    /// Median instants of the standard events, nanoseconds after launch.
    var events: [(name: String, at: Double)]
    var samples: Int

    var end: Double { max(phases.map(\.end).max() ?? 0, events.map(\.at).max() ?? 0) }
}

extension Reading {
    /// The lane's phases: the median start and the median duration of each, over admitted samples; nil without phases.
    func timeline(_ condition: Condition, _ lane: LaneReading) -> Timeline? {
        let samples = counted[condition]?[lane.id] ?? []
        guard samples.contains(where: { !$0.phases.isEmpty }) else { return nil }
        struct Key: Hashable {
            var name: String
            var actor: String
            var turn: Int
        }
        var starts: [Key: [Double]] = [:]
        var durations: [Key: [Double]] = [:]
        for sample in samples {
            var turns: [String: Int] = [:]
            for phase in sample.phases {
                // A phase that comes twice (two mounts) stays two.
                let turn = turns["\(phase.name)\u{0}\(phase.actor)", default: 0]
                turns["\(phase.name)\u{0}\(phase.actor)"] = turn + 1
                let key = Key(name: phase.name, actor: phase.actor, turn: turn)
                starts[key, default: []].append(Double(phase.start))
                durations[key, default: []].append(Double(phase.end) - Double(phase.start))
            }
        }
        let phases = starts.map { key, values in
            let start = Distribution(values).median
            let duration = Distribution(durations[key] ?? []).median
            return MedianPhase(
                name: key.name, actor: key.actor, start: start, end: start + max(duration, 0), count: values.count)
        }
        let events = [EventName.ready, EventName.exit, EventName.released].compactMap { name in
            let instants = samples.compactMap { Self.value($0, TimeSpan(EventName.launch, name)) }
            return instants.isEmpty ? nil : (name: name, at: Distribution(instants).median)
        }
        let ordered = phases.sorted { ($0.start, $1.end, $0.name) < ($1.start, $0.end, $1.name) }
        return Timeline(lane: lane, phases: ordered, events: events, samples: samples.count)
    }

    /// What libvirt costs: the contrast of the guest with the same QEMU command line without libvirt; nil without one.
    func libvirtCost(_ condition: Condition) -> LibvirtCost? {
        guard let guest = lane(.guest), let bare = lane(.guestWithoutLibvirt),
            let contrast = contrast(condition, guest.id, bare.id, Metric.startup)
        else { return nil }
        let base = Quantity.base(of: contrast.unit)
        return LibvirtCost(
            comparison: contrast, shift: contrast.shift * base,
            interval: contrast.shiftLow.flatMap { low in contrast.shiftHigh.map { (low * base, $0 * base) } })
    }
}

/// Start-up that libvirt adds, as its contrast says.
struct LibvirtCost: Sendable {
    var comparison: Comparison
    /// Nanoseconds.
    var shift: Double
    var interval: (low: Double, high: Double)?

    /// Whether there is a cost to be drawn.
    var isShown: Bool { comparison.verdict == .slower }
}
