import Machines
import RunRecord
import Testing
import WorkloadProtocol

@testable import Lab

struct BlockPlanTests {
    /// Every counted block holds each lane once and the baseline's twin, warm-ups hold no twin, and a seed fixes the order.
    @Test func blocksHoldLanesAndTwin() {
        let lanes = ["native", "container", "vm"]
        func plan(_ seed: UInt64) -> BlockPlan {
            BlockPlan(lanes: lanes, blocks: 20, warmups: 2, baseline: "native", seed: seed, counts: ["vm": 5])
        }
        #expect(plan(7) == plan(7))
        #expect(plan(7) != plan(8))
        let counted = plan(7).blocks.filter { !$0.warmup }
        #expect(counted.count == 20)
        for block in counted {
            #expect(block.slots.count { $0.lane == "native" && !$0.twin } == 1)
            #expect(block.slots.count { $0.twin } == 1)
            #expect(block.slots.allSatisfy { !$0.twin || $0.lane == "native" })
        }
        #expect(counted.flatMap(\.slots).count { $0.lane == "vm" } == 5)
        #expect(Set(counted.map { $0.slots.map(\.lane) }).count > 3)
        #expect(plan(7).blocks.filter(\.warmup).allSatisfy { block in block.slots.allSatisfy { !$0.twin } })
    }
}

struct ManifestTests {
    private static let report = AcceleratorReport(
        kind: .pvm, bootsStockKernel: false, runsMicroGuest: true, reason: "paging shuts the vCPU down", remedy: nil,
        hints: [], tscKilohertz: 1)

    private func record(_ id: String, _ kind: LaneKind, available: Bool = true) -> LaneRecord {
        LaneRecord(
            id: id, title: id, kind: kind, available: available, reason: available ? "" : "QEMU is not installed")
    }

    /// The manifest says in a sentence which accelerator drove which guests, and why; or why none ran.
    @Test func acceleratorIsASentence() {
        let native = record("native", .native)
        let all = [native, record("vm", .guest), record("vm-micro", .microGuest)]
        #expect(
            ManifestBuilder.accelerator(all, Self.report)
                == "PVM: paging shuts the vCPU down; Linux guests under TCG, software emulation, the micro-guest under KVM"
        )
        #expect(
            ManifestBuilder.accelerator([all[1]], Self.report)
                == "PVM: paging shuts the vCPU down; Linux guests under TCG, software emulation")
        #expect(
            ManifestBuilder.accelerator([native, record("vm", .guest, available: false)], nil)
                == "no guest ran: QEMU is not installed")
        #expect(ManifestBuilder.accelerator([native], nil) == "no guest was requested")
    }

    /// Every reduction against n = 50 after 5 warm-ups is said, part by part, and nothing else is.
    @Test func reductionsAreSaid() {
        var part = Experiment.Part(kind: "startup", workload: "exit", lanes: ["vm"], blocks: 50)
        #expect(part.reduction == nil)
        part.guestBlocks = 12
        #expect(part.reduction == "startup, exit (hot): guests in 12 of 50 blocks, evenly spread")
        part.blocks = 20
        part.warmups = 2
        part.idleMilliseconds = 50
        #expect(
            part.reduction == "startup, exit (cold): 20 samples a lane instead of 50, guests in 12 of 20 blocks, "
                + "evenly spread, 2 warm-ups instead of 5")
    }

    /// The quick preset gives every cell the five samples that an interval needs.
    @Test func quickPresetHasIntervals() {
        for part in Experiment.preset(.quick, seed: 1).parts {
            #expect(part.blocks(of: .guest) >= 5 && part.blocks(of: .native) >= 5)
        }
    }
}

struct ExperimentFileTests {
    /// What is wrong in a file is told with its line and, for a name, with those that are known.
    @Test(arguments: [
        (
            "experiments:\n  - kind: startup\n    lanes: [native, vmm]\n", 3,
            "unknown lane 'vmm'; known: native, container"
        ),
        ("experiments:\n  - kind: boot\n", 2, "unknown experiment 'boot'; known: startup"),
        ("experiments:\n  - kind: startup\n    lanes: [native]\n    block: 3\n", 4, "unknown option 'block'"),
        ("experiments:\n  - kind: startup\n    lanes: [native]\n    blocks: many\n", 4, "whole number"),
        ("experiments:\n  - kind: startup\n    lanes: [native]\n    workload: sleep\n", 4, "unknown workload 'sleep'"),
        ("name: [\n", 2, ""),
        ("lanes: [native]\n", 1, "experiments"),
        ("experiments:\n  - kind: startup\n    lanes: [native, native]\n", 2, "twice"),
        ("experiments:\n  - kind: startup\n    lanes: [native]\n    blocks: 0\n", 2, "blocks is 0"),
        // Samples of both would be one cell, whatever else differs.
        (
            "experiments:\n  - {kind: startup, lanes: [native], idle-ms: 5}\n  - {kind: startup, lanes: [vm], idle-ms: 9}\n",
            3, "startup, exit (cold) is listed twice"
        ),
        ("margins:\n  cpu: 5 %\n  startup: 10 % 64 KiB\nexperiments: []\n", 3, "ns, us, ms, s"),
        ("margins:\n  memory: 10 % 5 ms\nexperiments: []\n", 2, "B, KiB, MiB"),
        ("margins:\n  cpu: 5 %\n  strtup: 10 %\nexperiments: []\n", 3, "unknown metric 'strtup'; known: startup"),
        ("margins:\n  syscall.getpit: 10 %\nexperiments: []\n", 2, "syscall.getpid"),
        ("margins:\n  startup: 0x10 %\nexperiments: []\n", 2, "four digits"),
        ("contrasts:\n  - [container, bwrap]\n  - [bwrap, container]\nexperiments: []\n", 3, "is listed twice"),
        (
            "contrasts:\n  - [container, bwrap]\nlanes: [native, container]\nexperiments:\n  - {kind: startup}\n", 2,
            "no experiment measures both container and bwrap"
        ),
    ])
    func wrongFile(_ text: String, _ line: Int, _ words: String) {
        do throws(LabError) {
            _ = try ExperimentFile.parse(text, path: "x.yaml", seed: 1)
            Issue.record("it was taken")
        } catch {
            guard case .experimentFile(_, let found, let problem) = error else {
                Issue.record("\(error)")
                return
            }
            #expect(found == line)
            #expect(problem.contains(words), "\(problem)")
            #expect(error.isUsage)
        }
    }

    /// An experiment written as a file reads back equal, presets included.
    @Test(arguments: Preset.allCases) func presetReadsBack(_ preset: Preset) throws {
        let experiment = Experiment.preset(preset, seed: 42)
        #expect(try ExperimentFile.parse(ExperimentFile.text(experiment), path: "", seed: 1) == experiment)
        #expect(try experiment.validated() == experiment)
    }

    /// Margins and contrasts are read, kept beside the standard ones, and written; what is none is told with its line.
    @Test func marginsAndContrasts() throws {
        let body = "experiments:\n  - {kind: startup, lanes: [native, container, bwrap], blocks: 20}\n"
        let experiment = try ExperimentFile.parse(
            "margins:\n  startup: 5 % 20 us\ncontrasts:\n  - [container, bwrap]\n" + body, path: "", seed: 1)
        #expect(experiment.margins.of("startup") == Margin("startup", share: 0.05, least: 20, unit: "us"))
        #expect(experiment.margins.of("cpu") == Margin.standard.of("cpu"))
        #expect(experiment.contrasts == [Contrast("container", against: "bwrap")])
        #expect(try ExperimentFile.parse(ExperimentFile.text(experiment), path: "", seed: 1) == experiment)
        let standard = try ExperimentFile.parse(body, path: "", seed: 1)
        #expect(standard.contrasts.map(\.reference) == ["bwrap"])
        for (wrong, words) in [
            ("margins:\n  startup: much\n", "must be a share"), ("contrasts:\n  - [container]\n", "pair of lanes"),
            ("exploratory: maybe\n", "true or false"),
        ] {
            let error = #expect(throws: LabError.self) {
                try ExperimentFile.parse(wrong + body, path: "x.yaml", seed: 1)
            }
            #expect(try #require(error).description.contains(words))
        }
    }

    /// An unknown lane on the command line is refused with the known ones.
    @Test func unknownLane() {
        #expect(throws: LabError.unknown(what: "lane", name: "vmm", known: LaneCatalogue.entries.map(\.id))) {
            try BenchOptions(lanes: ["vmm"]).experiment()
        }
    }
}

struct FigureTests {
    /// Ticks become the host's nanoseconds, and the clock's own cost is taken from every batch once.
    @Test func batchesAreCalibrated() throws {
        let marks = [
            WorkloadMark(name: "begin", ticks: 1_000, arrival: 5_000_000),
            WorkloadMark(name: "end", ticks: 40_001_000, arrival: 25_000_000),
        ]
        let calibration = try Calibration(marks)
        #expect(calibration.nanosecondsPerTick == 0.5)
        let lines = [("empty", 1, 40), ("empty", 1, 60), ("getpid", 100, 20_050), ("getpid", 100, 40_050)].map {
            Transcript.Line(
                message: .batch(call: $0.0, iterations: UInt64($0.1), ticks: UInt64($0.2)), arrival: 0)
        }
        let rows = SyscallFigures.measurements(lines, calibration: calibration)
        #expect(rows.map(\.value) == [100, 200])
        #expect(rows.map(\.batch) == [0, 1])
        #expect(rows.allSatisfy { $0.metric == "syscall.getpid" && $0.unit == "ns" })
    }

    /// A counter that does not keep step with the host's clock is refused.
    @Test func calibrationRefuses() {
        func failure(_ marks: [(UInt64, UInt64)]) -> Calibration.Failure? {
            do throws(Calibration.Failure) {
                _ = try Calibration(marks.map { WorkloadMark(name: "m", ticks: $0.0, arrival: $0.1) })
                return nil
            } catch { return error }
        }
        #expect(failure([(0, 0)]) == .tooFewMarks)
        #expect(failure([(10, 0), (5, 10_000_000)]) == .backwards)
        #expect(failure([(0, 0), (5, 10_000)]) == .tooShort(nanoseconds: 10_000))
        #expect(failure([(0, 0), (100, 10_000_000), (300, 20_000_000)]) == .disagree(percent: 50))
    }

    /// The slope is what each further instance took from the host; the parts are given per instance.
    @Test func ledgerAddsUp() {
        let ledger = MemoryLedger(
            readings: [(0, 1000), (1, 900), (2, 800), (3, 700)].map { .init(instances: $0.0, available: $0.1) },
            pss: 60, uss: 30, charge: 90, guestTotal: [64, 66], guestAvailable: [])
        #expect(ledger.slope == 100)
        let rows = ledger.measurements
        func value(_ metric: String) -> Double? { rows.first { $0.metric == metric }?.value }
        #expect(value(Metric.memoryPSS) == 20)
        #expect(value(Metric.memoryUSS) == 10)
        #expect(value(Metric.memoryCgroup) == 30)
        #expect(value(Metric.guestTotal) == 65)
        #expect(value(Metric.guestAvailable) == nil)
        #expect(rows.filter { $0.metric == "memory.available" }.map(\.value) == [1000, 900, 800, 700])
        #expect(rows.filter { $0.metric == "memory.available" }.map(\.batch) == [0, 1, 2, 3])
    }

    /// The kernel's own memory is told by the slope of its parts, and their sum; a part that the kernel does not tell is left out,
    /// and nothing is made of none.
    @Test func ledgerOfTheKernel() {
        let facts: [String: UInt64] = ["SUnreclaim": 5, "SReclaimable": 100, "PageTables": 7, "KernelStack": 3]
        #expect(
            HostMemory.kernel(facts) == [
                "memory.kernel.slab": 5, "memory.kernel.page_tables": 7, "memory.kernel.stacks": 3,
            ])
        // Stacks are of what vmalloc gives, and counted once.
        #expect(HostMemory.kernel(["VmallocUsed": 9, "KernelStack": 3])["memory.kernel.vmalloc"] == 6)
        #expect(HostMemory.kernel(["VmallocUsed": 2, "KernelStack": 3])["memory.kernel.vmalloc"] == nil)
        func measurements(_ kernel: [[String: Double]]) -> [String: Double] {
            let readings = kernel.enumerated().map {
                MemoryLedger.Reading(instances: $0.offset, available: 1000, kernel: $0.element)
            }
            let rows = MemoryLedger(readings: readings).measurements.filter { $0.metric.hasPrefix("memory.kernel") }
            return Dictionary(uniqueKeysWithValues: rows.map { ($0.metric, $0.value) })
        }
        let slab = "memory.kernel.slab"
        let stacks = "memory.kernel.stacks"
        #expect(
            measurements([[slab: 10, stacks: 1], [slab: 14, stacks: 2], [slab: 18, stacks: 3]])
                == [slab: 4, stacks: 1, Metric.memoryKernel: 5])
        #expect(measurements([[slab: 10], [slab: 14, stacks: 2]]) == [slab: 4, Metric.memoryKernel: 4])
        #expect(measurements([[:], [:]]) == [:])
    }

    /// What neither the processes nor the kernel account for is a figure of each sample, so that it has an interval; without a part
    /// of the kernel's it says nothing.
    @Test func ledgerSaysWhatIsUnexplained() {
        func unexplained(_ kernel: [String: Double]) -> Double? {
            var ledger = MemoryLedger(readings: [
                .init(instances: 0, available: 5000, kernel: kernel),
                .init(instances: 2, available: 4000, kernel: kernel.mapValues { $0 + 200 }),
            ])
            ledger.pss = 700
            return ledger.measurements.first { $0.metric == Metric.memoryUnexplained }?.value
        }
        #expect(unexplained(["memory.kernel.slab": 10]) == 50)
        #expect(unexplained([:]) == nil)
    }

    /// What another program gives back at one moment does not turn the slope: it is told by most pairs of readings.
    @Test func slopeOutlivesAJump() throws {
        let readings = (0...16).map { step in
            MemoryLedger.Reading(
                instances: step * 8, available: 1e9 - Double(step * 8) * 100_000 + (step > 1 ? 30e6 : 0))
        }
        let slope = try #require(MemoryLedger(readings: readings).slope)
        #expect(abs(slope - 100_000) < 1)
        #expect(MemoryLedger(readings: [readings[0]]).slope == nil)
    }

    /// The host is read before the first and after the last instance, and at most fifteen times between.
    @Test(arguments: [(1, [0, 1]), (2, [0, 1, 2]), (128, (0...16).map { $0 * 8 })] as [(Int, [Int])])
    func stops(instances: Int, expected: [Int]) {
        #expect(MemoryLedger.stops(instances).sorted() == expected)
        for count in 1...200 {
            let stops = MemoryLedger.stops(count)
            #expect(stops.contains(0) && stops.contains(count) && stops.count <= 17)
        }
    }

    /// The free pages that processors keep for themselves stand below `pagesets`, one list a zone and processor.
    @Test func pagesKeptByProcessors() {
        let zoneinfo = """
            Node 0, zone      DMA
              pages free     3840
                    nr_free_pages 3840
              pagesets
                cpu: 0
                          count:    0
                          high:     0
              vm stats threshold: 4
            Node 0, zone   Normal
              pagesets
                cpu: 0
                          count:    166
                          high:     3625
                          batch:    63
                cpu: 1
                          count:    23
            """
        #expect(HostMemory.pagesKeptByProcessors(zoneinfo) == 189)
        #expect(HostMemory.pagesKeptByProcessors("") == 0)
    }

    /// Where one instance costs milliseconds many are started; other runtimes and guests have numbers of their own.
    @Test func instancesByKind() {
        var part = Experiment.Part(kind: "memory", workload: "ready", lanes: ["native"], blocks: 5, instances: 128)
        #expect(part.instances(of: .container) == 128 && part.instances(of: .peer) == 128)
        #expect(part.instances(of: .guest) == 2)
        part.peerInstances = 24
        #expect(part.instances(of: .native) == 128 && part.instances(of: .peer) == 24)
    }
}

struct ProgressTests {
    /// The line fits the terminal and says how far, how long and what.
    @Test func line() {
        let progress = Progress(
            done: 30, total: 120, experiment: "startup", lane: "vm", rejected: 2, secondsLeft: 184.2)
        #expect(progress.line() == "25 % · 30/120 · 3 min 05 s left · 2 rejected · startup · vm")
        #expect(progress.line(columns: 12).count == 11)
        #expect(Progress.duration(0.2) == "1 s")
        #expect(Progress.duration(3720) == "1 h 02 min")
    }
}
