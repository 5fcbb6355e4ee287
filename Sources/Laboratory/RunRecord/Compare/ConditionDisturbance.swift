/// How many blocks of one condition something else on the host disturbed, on both sides of a comparison.
///
/// Disturbed blocks count, as in the report of a run, and are told. Within a run a disturbance hits all lanes of a block; between runs
/// it hits one side. A condition of which a run has more disturbed blocks than a report takes for its headline
/// (`Disturbances.isTooMany`) therefore gets no verdict between runs.
package struct ConditionDisturbance: Codable, Equatable, Sendable {
    /// Of one run.
    package struct Count: Codable, Equatable, Sendable {
        package var run: String
        package var disturbed: Int
        package var blocks: Int
        package var isTooMany: Bool
    }

    package var experiment: String
    package var workload: String
    /// Runs whose record has the host's state; of older ones nothing is known.
    package var before: [Count]
    package var after: [Count]

    /// Why the condition has no verdict; nil where it may have one.
    package var refusal: String? {
        guard let worst = (before + after).first(where: \.isTooMany) else { return nil }
        return "\(worst.disturbed) of \(worst.blocks) blocks of run \(worst.run) were disturbed: no verdict"
    }

    /// `3 of 150 blocks`; nil where nothing is known of the side.
    package static func words(_ side: [Count]) -> String? {
        guard !side.isEmpty else { return nil }
        return "\(side.reduce(0) { $0 + $1.disturbed }) of \(side.reduce(0) { $0 + $1.blocks }) blocks"
    }

    /// Every condition of which a block was disturbed, in the order of the record.
    static func all(_ before: [Run], _ after: [Run]) -> [ConditionDisturbance] {
        let (first, second) = (before.map(\.disturbances), after.map(\.disturbances))
        var found: [ConditionDisturbance] = []
        for entry in (first + second).joined()
        where !found.contains(where: { $0.experiment == entry.experiment && $0.workload == entry.workload }) {
            func side(_ runs: [Run], _ all: [[Run.ConditionState]]) -> [Count] {
                zip(runs, all).compactMap { run, states in
                    states.first { $0.experiment == entry.experiment && $0.workload == entry.workload }.map {
                        Count(
                            run: run.manifest.run, disturbed: $0.found.disturbed, blocks: $0.found.blocks,
                            isTooMany: $0.found.isTooMany)
                    }
                }
            }
            found.append(
                ConditionDisturbance(
                    experiment: entry.experiment, workload: entry.workload, before: side(before, first),
                    after: side(after, second)))
        }
        return found.filter { condition in (condition.before + condition.after).contains { $0.disturbed > 0 } }
    }
}

extension Run {
    /// What is known of the host while one condition was measured.
    package struct ConditionState: Sendable {
        package var experiment: String
        package var workload: String
        package var found: Disturbances
    }

    /// By condition, in the order of the record; empty where the run does not say.
    package var disturbances: [ConditionState] {
        var order: [(experiment: String, workload: String)] = []
        for state in blocks where !order.contains(where: { $0 == (state.experiment, state.workload) }) {
            order.append((state.experiment, state.workload))
        }
        return order.map { experiment, workload in
            ConditionState(
                experiment: experiment, workload: workload,
                found: Disturbances(blocks.filter { $0.experiment == experiment && $0.workload == workload }))
        }
    }
}

extension ManifestDifference {
    /// Compared although too much of a condition was disturbed.
    init(_ condition: ConditionDisturbance) {
        self.init(
            "disturbed, \(condition.experiment), \(condition.workload)", ConditionDisturbance.words(condition.before),
            ConditionDisturbance.words(condition.after))
        isDisturbance = true
    }
}
