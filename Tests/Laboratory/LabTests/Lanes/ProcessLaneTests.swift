import Glibc
import Linux
import RunRecord
import Testing

@testable import Lab

struct ProcessLaneTests {
    /// Every container lane and every runtime installed here starts the workload, is admitted, is released after its
    /// end, tells its exact configuration, and leaves nothing.
    @Test(.enabled(if: !Tools.processLanes.isEmpty, "needs root or a runtime"), arguments: Tools.processLanes)
    func startup(_ id: String) throws {
        let trial = try LaneTrial()
        let (lane, record) = try trial.prepare(id)
        for _ in 0..<2 {
            let taken = trial.sample(lane, StartupExperiment.self)
            #expect(taken.reason == "")
            let names = taken.events.map(\.name)
            #expect(names.first == EventName.launch && names.last == EventName.released, "\(names)")
            let teardown = try #require(taken.measurements.first { $0.metric == Metric.teardown })
            #expect(teardown.value > 0.001)
            #expect(taken.measurements.contains { $0.metric == Metric.cpu && $0.value > 0 })
        }
        #expect(record.configuration.values.allSatisfy { !$0.isEmpty })
        #expect(lane.entry.kind == .peer ? lane.artefacts.count == 1 : record.configuration["config.json"] != nil)
        #expect(trial.remains() == [])
    }

    /// A container's phases are those of its launch plan; the lane without seccomp has no filter among them.
    @Test(.enabled(if: Tools.isRoot, "containers need root")) func phases() throws {
        let trial = try LaneTrial()
        func names(_ id: String) throws -> Set<String> {
            Set(trial.sample(try trial.prepare(id).lane, StartupExperiment.self).phases.map(\.name))
        }
        let guarded = try names("container")
        #expect(guarded.isSuperset(of: ["plan", "pivot_root", "seccomp"]))
        #expect(try names("container-noseccomp").contains("seccomp") == false)
        #expect(trial.remains() == [])
    }

    /// Idle containers are charged for what they touch: some, and far less than a guest would be.
    @Test(.enabled(if: Tools.isRoot, "containers need root")) func memoryOfContainers() throws {
        let trial = try LaneTrial()
        let taken = trial.sample(try trial.prepare("container").lane, MemoryExperiment.self, instances: 4)
        #expect(taken.reason == "" && taken.instances == 4)
        func value(_ metric: String) -> Double? { taken.measurements.first { $0.metric == metric }?.value }
        let charge = try #require(value(Metric.memoryCgroup))
        let unique = try #require(value(Metric.memoryUSS))
        let proportional = try #require(value(Metric.memoryPSS))
        #expect(charge > 4096 && charge < 16 * 1_048_576)
        #expect(unique >= 4096 && unique <= proportional && proportional < 16 * 1_048_576)
        #expect(taken.measurements.count { $0.metric == "memory.available" } == 5)
        #expect(trial.remains() == [])
    }

    /// A root file system of the user's is seen in every lane below isolab's own layer, and is not written to.
    @Test(
        .enabled(if: Tools.isRoot && access("/bin/busybox", X_OK) == 0, "needs root and busybox"),
        arguments: ["native", "container"] + Tools.processLanes.filter { $0.hasPrefix("oci:") })
    func imageOfTheUser(_ id: String) throws {
        let trial = try LaneTrial { options, place in
            options.image = "\(place.path)/rootfs"
            try SystemFile.makeDirectories("\(place.path)/rootfs/bin")
            try Files.write("of the image\n", to: "\(place.path)/rootfs/release")
            _ = try HostProgram.run("/bin/busybox", ["cp", "/bin/busybox", "\(place.path)/rootfs/bin/busybox"])
        }
        let image = "\(trial.place.path)/rootfs"
        #expect(try SystemFile.bytes(of: "\(trial.laboratory.image.rootfs)/release") == Array("of the image\n".utf8))
        #expect(access("\(trial.laboratory.image.rootfs)/bin/busybox", X_OK) == 0)
        let taken = trial.sample(try trial.prepare(id).lane, StartupExperiment.self)
        #expect(taken.reason == "")
        #expect(Files.names(in: image) == ["bin", "release"])
        #expect(trial.remains() == [])
    }
}
