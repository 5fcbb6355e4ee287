/// Start-up and teardown: how long until the workload's first byte, and until nothing is left.
enum StartupExperiment: ExperimentKind {
    static let id = "startup"
    static let title = "start-up and teardown"
    static let workloads = ["exit", "spin"]

    static func sample(_ slot: SampleSlot, in laboratory: Laboratory) -> SampleResult {
        // Work that is the same everywhere and long against a launch: ten million steps of a generator.
        let command = slot.part.workload == "spin" ? ["spin", "10"] : [slot.part.workload]
        return Launch.whole(slot, command: command, in: laboratory).1
    }
}
