import Linux
package import RunRecord

extension Lab {
    /// Prepares a lane and says what a launch in it would do: the launch plan, config.json, domain XML or command line.
    /// Starts nothing.
    ///
    /// - Throws: `LabError` where the lane is unknown or cannot run here.
    package static func plan(lane id: String, options: BenchOptions = BenchOptions()) throws(LabError) -> LaneRecord {
        try withLane(id, options) { _, record, _ throws(LabError) in record }
    }

    /// Launches one sandbox in a lane, hears it out and releases it: a sample of its own, outside any run.
    ///
    /// - Parameters:
    ///   - command: a command of `isolab-workload` and its arguments.
    ///   - deadlineSeconds: how long it may take; the lane's usual time where nil.
    /// - Throws: `LabError` where the lane is unknown or cannot run here; what goes wrong later is the sample's reason.
    package static func launch(
        lane id: String, command: [String], deadlineSeconds: Int? = nil, options: BenchOptions = BenchOptions()
    ) throws(LabError) -> Sample {
        try withLane(id, options) { lane, record, laboratory throws(LabError) in
            let part = Experiment.Part(
                kind: StartupExperiment.id, workload: "exit", lanes: [id], blocks: 1,
                deadlineSeconds: deadlineSeconds ?? 0)
            let slot = SampleSlot(lane: lane, part: part, twin: false, warmup: false)
            try laboratory.watchOrphans()
            let taken = Launch.whole(slot, command: command, countsExits: true, in: laboratory).1
            return Sample(
                id: 0, experiment: StartupExperiment.id, block: 0, order: 0, lane: record.id,
                workload: command.joined(separator: " "), instances: taken.instances, admitted: taken.admitted,
                reason: taken.reason, measurements: taken.measurements, events: taken.events, phases: taken.phases)
        }
    }

    static func withLane<Result>(
        _ id: String, _ options: BenchOptions, _ body: (any Lane, LaneRecord, Laboratory) throws(LabError) -> Result
    ) throws(LabError) -> Result {
        let entry = try LaneCatalogue.entry(id)
        let state = options.stateDirectory ?? StandardDirectories.state
        do { try StandardDirectories.claim(state) } catch { throw .system(error) }
        _ = RunLeftovers.release(state: state)
        let laboratory = try Laboratory(options, seed: 0)
        defer { laboratory.close() }
        let interruption = Interruption.install()
        defer { interruption.restore() }
        let lane = entry.make(entry, laboratory)
        let availability = lane.availability()
        guard availability.isAvailable else {
            let remedy = availability.remedy.isEmpty ? "" : "; \(availability.remedy)"
            throw .lane(id: id, problem: availability.reason + remedy)
        }
        defer { lane.close() }
        let record: LaneRecord
        do { record = try lane.prepare() } catch { throw .lane(id: id, problem: "\(error)") }
        return try body(lane, record, laboratory)
    }
}
