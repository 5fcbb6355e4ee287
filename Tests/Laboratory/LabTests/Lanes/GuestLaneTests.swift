import Glibc
import Linux
import RunRecord
import Testing

@testable import Lab

/// One driver serves all: a test of its own for each would warm libvirt up again.
@Suite(.enabled(if: Tools.bootsLinux, "needs QEMU, a built isolab-vm and a guest kernel"))
struct GuestLaneTests {
    /// Guests through libvirt, without it, and the micro-guest start, are admitted and are released after their end; idle
    /// guests weigh what a guest must; system calls are served by the guest's kernel; nothing is left.
    @Test func guests() throws {
        let trial = try LaneTrial { options, _ in options.cacheDirectory = StandardDirectories.cache }
        for id in ["vm", "vm-qemu", "vm-micro"] {
            let (lane, record) = try trial.prepare(id)
            #expect(record.accelerator?.isEmpty == false && !record.reason.isEmpty)
            #expect(record.configuration["domain.xml"]?.contains("<domain") == true)
            #expect(record.configuration["argv"]?.contains("qemu-system-x86_64") == true)
            let taken = trial.sample(lane, StartupExperiment.self)
            #expect(taken.reason == "", "\(id)")
            let teardown = try #require(taken.measurements.first { $0.metric == Metric.teardown })
            #expect(teardown.value > 0.01, "\(id)")
            #expect(taken.events.last?.name == EventName.released, "\(id)")
            // What has no kernel is not called one.
            #expect(taken.phases.contains { $0.actor == "guest kernel" } == (id != "vm-micro"), "\(taken.phases)")
        }
        let (vm, _) = try trial.prepare("vm")
        #expect(Set(vm.artefacts.map(\.name)).isSuperset(of: ["kernel", "initramfs", "QEMU", "isolab-vm"]))

        let memory = trial.sample(vm, MemoryExperiment.self, instances: 1)
        #expect(memory.reason == "")
        func value(_ metric: String) -> Double? { memory.measurements.first { $0.metric == metric }?.value }
        let mebibyte = 1_048_576.0
        let total = try #require(value(Metric.guestTotal))
        let available = try #require(value(Metric.guestAvailable))
        let unique = try #require(value(Metric.memoryUSS))
        #expect(total > 32 * mebibyte && total <= 128 * mebibyte)
        #expect(available < total)
        #expect(unique > 16 * mebibyte && unique < 1024 * mebibyte)

        let calls = trial.sample(vm, SyscallsExperiment.self)
        #expect(calls.reason == "")
        #expect(calls.measurements.count { $0.metric == "syscall.getpid" } == 4)
        #expect(trial.remains() == [])
    }

    /// A guest that does not end is killed at the part's deadline, like every other sandbox, and is gone.
    @Test func endlessGuest() throws {
        let trial = try LaneTrial { options, _ in options.cacheDirectory = StandardDirectories.cache }
        let (lane, _) = try trial.prepare("vm")
        let part = Experiment.Part(
            kind: "startup", workload: "exit", lanes: ["vm"], blocks: 1, deadlineSeconds: 1)
        let (_, taken) = Launch.whole(
            SampleSlot(lane: lane, part: part, twin: false, warmup: false), command: ["spin", "1000000"],
            in: trial.laboratory)
        #expect(taken.reason.hasPrefix("killed at its deadline of 1 s"))
        #expect(trial.remains() == [])
    }
}
