import Glibc
import RunRecord
import Testing

@testable import Lab

struct ContainerRunTests {
    /// The container lanes run end to end as root: admitted, with their phases, and no cgroup left.
    @Test(.enabled(if: geteuid() == 0, "containers need root")) func containerRun() throws {
        let place = try Place()
        let (run, _) = try place.run(
            """
            seed: 5
            experiments:
              - {kind: startup, lanes: [native, container, container-noseccomp, container-userns], blocks: 2, warmups: 0}
              - {kind: memory, lanes: [container], blocks: 1, warmups: 0, instances: 2, settle-ms: 0}
            """)
        #expect(run.samples.filter { !$0.admitted }.map(\.reason) == [])
        let container = try #require(run.samples.first { $0.lane == "container" && $0.experiment == "startup" })
        #expect(container.phases.contains { $0.name == "pivot_root" })
        #expect(container.phases.contains { $0.name == "seccomp" })
        #expect(run.manifest.lanes.first { $0.id == "container" }?.configuration["config.json"]?.isEmpty == false)
        let memory = try #require(run.samples.first { $0.experiment == "memory" })
        #expect(memory.measurements.contains { $0.metric == Metric.memoryCgroup && $0.value > 0 })
    }
}
