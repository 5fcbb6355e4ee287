/// Start-up and teardown: how long until the workload's first byte, and until nothing is left.
enum StartupExperiment: ExperimentKind {
    static let id = "startup"
    static let title = "start-up and teardown"
    static let workloads = ["exit", "spin"]

    static func sample(_ slot: SampleSlot, in laboratory: Laboratory) -> Taken {
        Launch.whole(slot, command: [slot.part.workload], in: laboratory).1
    }
}
