import RunRecord

/// What a waterfall draws as one row: a phase, or consecutive phases of one actor that are each a sliver.
///
/// A launcher that names every mkdir has a hundred phases of a few microseconds; as rows they hide the ten that matter.
struct PhaseGroup: Sendable {
    /// A phase as the groups are made from: who did what, from when until when, in nanoseconds after launch.
    struct Step: Sendable {
        var name: String
        var actor: String
        var start: Double
        var end: Double
    }

    var name: String
    var actor: String
    var start: Double
    var end: Double
    /// The steps it holds: a range of those it was made from.
    var members: Range<Int>

    var duration: Double { end - start }

    /// Rows a waterfall may have before slivers are put together.
    static let limit = 15
    /// The share of the time to ready under which a phase is a sliver.
    private static let sliver = 0.02
    /// The share up to which neighbours of different places are put together, so that no row swallows what matters; above
    /// so many rows it yields.
    private static let lump = (share: 0.06, rows: 20)

    /// - Parameters:
    ///   - steps: sorted by their start.
    ///   - ready: what a sliver is measured by: the time to ready.
    ///   - everyStep: no grouping at all.
    static func fold(_ steps: [Step], ready: Double, everyStep: Bool = false) -> [Self] {
        let single = steps.indices.map { Self(steps, $0..<($0 + 1)) }
        guard !everyStep, steps.count > limit else { return single }
        let small = ready * sliver
        func isSliver(_ group: Self) -> Bool { group.members.allSatisfy { steps[$0].end - steps[$0].start < small } }
        func mayJoin(_ first: Self, _ second: Self) -> Bool {
            first.actor == second.actor && isSliver(first) && isSliver(second) && second.start - first.end < small
        }
        // What works on one place belongs together.
        var groups: [Self] = []
        for group in single {
            if let last = groups.last, mayJoin(last, group),
                StepName.place(steps[last.members.upperBound - 1].name)
                    == StepName.place(steps[group.members.lowerBound].name)
            {
                groups[groups.count - 1] = Self(steps, last.members.lowerBound..<group.members.upperBound)
            } else {
                groups.append(group)
            }
        }
        // Then the smallest neighbours, until the chart is short enough.
        while groups.count > limit {
            func length(_ place: Int) -> Double { groups[place + 1].end - groups[place].start }
            let pairs = groups.indices.dropLast().filter { mayJoin(groups[$0], groups[$0 + 1]) }
            guard let place = pairs.min(by: { length($0) < length($1) }),
                length(place) < ready * lump.share || groups.count > lump.rows
            else { break }
            groups[place] = Self(steps, groups[place].members.lowerBound..<groups[place + 1].members.upperBound)
            groups.remove(at: place + 1)
        }
        return groups
    }

    private init(_ steps: [Step], _ members: Range<Int>) {
        let own = steps[members]
        name = StepName.of(own.map(\.name))
        actor = own.first?.actor ?? ""
        start = own.first?.start ?? 0
        end = own.map(\.end).max() ?? 0
        self.members = members
    }
}

/// Names for groups of steps, from nothing but the steps' own names: a verb first, a path last.
private enum StepName {
    /// The step's own name; `/dev, 15 steps: mknod, symlink, mount` for several at one place; else first and last.
    static func of(_ names: [String]) -> String {
        guard names.count > 1, let first = names.first, let last = names.last else { return names.first ?? "" }
        let places = distinct(names.map(place))
        guard places.count <= 2, !places.contains("") else { return "\(names.count) steps: \(first) … \(last)" }
        var counts: [String: Int] = [:]
        for name in names { counts[verb(name), default: 0] += 1 }
        let verbs = distinct(names.map(verb)).sorted { counts[$0, default: 0] > counts[$1, default: 0] }
        let told = verbs.prefix(3).joined(separator: ", ") + (verbs.count > 3 ? " …" : "")
        return "\(places.joined(separator: ", ")), \(names.count) steps: \(told)"
    }

    /// The directory at the root under which a step works, `/dev`; empty where its name holds no path but the root's.
    static func place(_ name: String) -> String {
        let path = name.split(separator: " ").last { $0.hasPrefix("/") } ?? ""
        return path.split(separator: "/").first.map { "/" + $0 } ?? ""
    }

    private static func verb(_ name: String) -> String { name.split(separator: " ").first.map(String.init) ?? "" }

    /// In the order of first appearance.
    private static func distinct(_ values: [String]) -> [String] {
        var seen: [String] = []
        for value in values where !seen.contains(value) { seen.append(value) }
        return seen
    }
}

extension Timeline {
    /// The rows a chart draws.
    var rows: [PhaseGroup] {
        PhaseGroup.fold(
            phases.map { PhaseGroup.Step(name: $0.name, actor: $0.actor, start: $0.start, end: $0.end) },
            ready: events.first { $0.name == EventName.ready }?.at ?? end)
    }
}
