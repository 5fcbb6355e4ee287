import RunRecord
import WorkloadProtocol

/// System calls timed by the workload itself, in whatever serves them in its lane.
enum SyscallsExperiment: ExperimentKind {
    static let id = "syscalls"
    static let title = "system calls"
    static let workloads = ["syscalls"]
    /// How many calls the workload times; their comparisons are corrected together.
    static let callCount = 15
    /// Under which names they are recorded.
    static var metrics: [String] {
        WorkloadCall.allCases.filter { $0 != .empty }.map { Metric.syscallPrefix + $0.rawValue }
    }

    /// What a batch of every call takes natively, seconds.
    private static let batchSeconds = 0.006

    static func work(_ part: Experiment.Part, of kind: LaneKind) -> TimeLeft.Work {
        TimeLeft.Work(
            rest: Double(part.idleMilliseconds) / 1e3, inside: Double(part.batches * part.scale) * batchSeconds)
    }

    static func sample(_ slot: SampleSlot, in laboratory: Laboratory) -> SampleResult {
        let command = ["syscalls", "--batches", "\(slot.part.batches)", "--scale", "\(slot.part.scale)"]
        let (launch, whole) = Launch.whole(slot, command: command, in: laboratory)
        var taken = whole
        // Start-up of this workload is no figure of its own: it is measured where nothing else runs.
        taken.measurements = []
        guard let launch, taken.admitted else { return taken }
        do {
            let calibration = try Calibration(launch.transcript.marks)
            taken.measurements = SyscallFigures.measurements(launch.transcript.lines, calibration: calibration)
            if taken.measurements.isEmpty {
                taken.admitted = false
                taken.reason = "the workload reported no batch"
            }
        } catch {
            taken.admitted = false
            taken.reason = error.description
        }
        return taken
    }
}
