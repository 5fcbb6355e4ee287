import RunRecord

/// One kind of measurement: what it asks of a lane, and how a launch becomes figures.
///
/// Adding a kind is one file and one line in `ExperimentKinds.all`.
protocol ExperimentKind: Sendable {
    static var id: String { get }
    /// A few words for a reader.
    static var title: String { get }
    /// The workload's commands it can run; the first is the default.
    static var workloads: [String] { get }
    /// Takes one sample of a lane.
    static func sample(_ slot: SampleSlot, in laboratory: Laboratory) -> SampleResult
    /// What a sample is made of, for how long is left.
    static func work(_ part: Experiment.Part, of kind: LaneKind) -> TimeLeft.Work
}

extension ExperimentKind {
    static func work(_ part: Experiment.Part, of kind: LaneKind) -> TimeLeft.Work {
        TimeLeft.Work(rest: Double(part.idleMilliseconds) / 1e3)
    }
}

/// The table of experiments.
enum ExperimentKinds {
    static let all: [any ExperimentKind.Type] = [
        StartupExperiment.self, MemoryExperiment.self, SyscallsExperiment.self, HarnessExperiment.self,
    ]

    static func named(_ id: String) throws(LabError) -> any ExperimentKind.Type {
        guard let kind = all.first(where: { $0.id == id }) else {
            throw .unknown(what: "experiment", name: id, known: all.map { $0.id })
        }
        return kind
    }
}
