package import RunRecord
import Statistics

/// A run made from a seed: the same seed gives the same run on every machine.
///
/// It has the shape of a real one (interleaved blocks, twins, warm-ups, phases, system-call batches, memory series), so
/// that readers, summaries and reports can be tested on every case they must handle, at any size. No figure in it was
/// measured, and its manifest says so.
package struct SyntheticRun: Sendable {
    /// One lane's way of behaving.
    package struct Lane: Sendable {
        package var record: LaneRecord
        /// Median start-up and the relative spread (log-normal sigma).
        package var startup: Double
        package var spread: Double
        /// Share of samples that take `slowFactor` times as long: a second mode.
        package var slowShare: Double
        package var slowFactor: Double
        /// Share of samples that fail.
        package var rejectedShare: Double
        /// Median system call, ns, and memory for one more instance, B.
        package var systemCall: Double
        package var memory: Double

        package init(
            _ record: LaneRecord, startup: Double, spread: Double = 0.08, slowShare: Double = 0,
            slowFactor: Double = 1.6, rejectedShare: Double = 0, systemCall: Double = 210, memory: Double = 1e6
        ) {
            self.record = record
            self.startup = startup
            self.spread = spread
            self.slowShare = slowShare
            self.slowFactor = slowFactor
            self.rejectedShare = rejectedShare
            self.systemCall = systemCall
            self.memory = memory
        }
    }

    package var seed: UInt64
    package var lanes: [Lane]
    /// Blocks of start-up; warm-up blocks come before them.
    package var blocks: Int
    package var warmups: Int
    /// Blocks of the memory and system-call experiments; 0 leaves them out.
    package var memoryBlocks: Int
    package var syscallBlocks: Int
    package var batches: Int
    /// Whether each block holds the hidden twin of the baseline.
    package var twins: Bool

    package init(
        seed: UInt64 = 1, lanes: [Lane] = SyntheticRun.usualLanes, blocks: Int = 50, warmups: Int = 5,
        memoryBlocks: Int = 12, syscallBlocks: Int = 12, batches: Int = 20, twins: Bool = true
    ) {
        self.seed = seed
        self.lanes = lanes
        self.blocks = blocks
        self.warmups = warmups
        self.memoryBlocks = memoryBlocks
        self.syscallBlocks = syscallBlocks
        self.batches = batches
        self.twins = twins
    }

    /// A run with exactly `count` start-up samples and nothing else (three figures each): for timing readers and reports.
    package static func large(samples count: Int, seed: UInt64 = 1) -> Run {
        let lanes = Array(usualLanes.prefix(6))
        let perBlock = lanes.count + 1
        var synthetic = SyntheticRun(seed: seed, lanes: lanes, memoryBlocks: 0, syscallBlocks: 0)
        synthetic.warmups = 0
        synthetic.blocks = (count + perBlock - 1) / perBlock
        var run = synthetic.run()
        run.samples.removeLast(run.samples.count - count)
        return run
    }
}

extension SyntheticRun {
    /// Ten lanes: every kind, one with two modes, one that fails too often, one that cannot run here.
    package static var usualLanes: [Lane] {
        let namespaces = ["pid namespace", "mount namespace", "network namespace"]
        return [
            Lane(
                LaneRecord(id: "native", title: "plain process", kind: .native), startup: 0.42, systemCall: 210,
                memory: 0.3e6),
            Lane(
                LaneRecord(
                    id: "container", title: "container, Docker's profile", kind: .container,
                    isolation: namespaces + ["seccomp (Docker's profile)"],
                    configuration: ["config.json": "{\n  \"ociVersion\": \"1.2.0\"\n}"]),
                startup: 3.4, spread: 0.12, systemCall: 290, memory: 0.9e6),
            Lane(
                LaneRecord(
                    id: "container-noseccomp", title: "container without seccomp", kind: .container,
                    isolation: namespaces),
                startup: 3.1, spread: 0.12, systemCall: 211, memory: 0.9e6),
            Lane(
                LaneRecord(
                    id: "container-userns", title: "container in a user namespace", kind: .container,
                    isolation: namespaces + ["user namespace"]),
                startup: 3.9, spread: 0.04, slowShare: 0.3, slowFactor: 2.2, systemCall: 292, memory: 0.95e6),
            Lane(
                LaneRecord(
                    id: "vm", title: "guest, microvm", kind: .guest, accelerator: "TCG", label: "software emulation",
                    isolation: ["own kernel", "virtual hardware"],
                    configuration: ["domain.xml": "<domain type='qemu'>\n  <name>isolab</name>\n</domain>"]),
                startup: 1_080, spread: 0.04, systemCall: 640, memory: 185e6),
            Lane(
                LaneRecord(
                    id: "oci:crun", title: "crun 1.8.1", kind: .peer,
                    isolation: namespaces + ["seccomp (Docker's profile)"]),
                startup: 9.2, spread: 0.2, systemCall: 291, memory: 1.2e6),
            Lane(
                LaneRecord(
                    id: "vm-q35", title: "guest, q35", kind: .guest, accelerator: "TCG", label: "software emulation",
                    isolation: ["own kernel", "virtual hardware"]),
                startup: 1_990, spread: 0.05, systemCall: 650, memory: 215e6),
            Lane(
                LaneRecord(
                    id: "vm-micro", title: "micro-guest", kind: .microGuest, accelerator: "PVM",
                    label: "no kernel: the floor of a virtual machine", isolation: ["virtual hardware"]),
                startup: 51, spread: 0.1, systemCall: 210, memory: 38e6),
            Lane(
                LaneRecord(id: "bwrap", title: "bubblewrap 0.8", kind: .peer, isolation: namespaces), startup: 4.5,
                rejectedShare: 0.2, systemCall: 210, memory: 0.8e6),
            Lane(
                LaneRecord(
                    id: "oci:runsc", title: "gVisor", kind: .peer, available: false,
                    reason: "runsc is not installed", remedy: "see https://gvisor.dev/docs/user_guide/install"),
                startup: 0),
        ]
    }

    /// The run.
    package func run() -> Run {
        var generator = SeededGenerator(seed: seed)
        var samples: [Sample] = []
        let perBlock = lanes.count + 1
        samples.reserveCapacity((blocks + warmups) * perBlock)
        append(&samples, experiment: "startup", workload: "exit", blocks: blocks, &generator) {
            startup(&$0, lane: $1, &$2)
        }
        append(&samples, experiment: "memory", workload: "ready", blocks: memoryBlocks, &generator) {
            memory(&$0, lane: $1, &$2)
        }
        append(&samples, experiment: "syscalls", workload: "syscalls", blocks: syscallBlocks, &generator) {
            systemCalls(&$0, lane: $1, &$2)
        }
        return Run(manifest: manifest(), samples: samples)
    }

    private func manifest() -> Manifest {
        Manifest(
            run: "synthetic-\(seed)", started: "2026-11-23T20:00:00Z", finished: "2026-11-23T20:04:40Z",
            version: "0.1.0", buildMode: "release", command: "isolab bench --quick --seed \(seed)", seed: seed,
            experiment: "name: synthetic\nblocks: \(blocks)\n", blocks: blocks, warmups: warmups,
            baseline: lanes.first?.record.id ?? "native",
            accelerator: "TCG: /dev/kvm is there but cannot run guest code in protected mode",
            lanes: lanes.map(\.record),
            host: [
                FactSection(
                    "Processor", [Fact("model", "Synthetic, 2 cores", decisive: true), Fact("governor", "performance")]),
                FactSection(
                    "Kernel", [Fact("release", "6.18.0", decisive: true), Fact("cgroup", "v1", decisive: true)]),
            ],
            artefacts: [
                Artefact(
                    name: "workload", path: "isolab-workload",
                    digest: "sha256:" + String(repeating: "ab", count: 32), bytes: 13_312)
            ],
            warnings: ["This run was made from a seed for tests: none of its figures was measured."])
    }

    private typealias Fill = (inout Sample, Lane, inout SeededGenerator) -> Void

    private func append(
        _ samples: inout [Sample], experiment: String, workload: String, blocks: Int,
        _ generator: inout SeededGenerator, fill: Fill
    ) {
        guard blocks > 0 else { return }
        for block in 0..<(warmups + blocks) {
            let warmup = block < warmups
            var places = lanes.indices.filter { lanes[$0].record.available }.map { (lane: $0, twin: false) }
            if twins { places.append((lane: 0, twin: true)) }
            generator.shuffle(&places)
            for (order, place) in places.enumerated() {
                let lane = lanes[place.lane]
                var sample = Sample(
                    id: samples.count, experiment: experiment, block: warmup ? block : block - warmups, order: order,
                    lane: lane.record.id, workload: workload, twin: place.twin, warmup: warmup, admitted: true)
                if generator.unit() < lane.rejectedShare {
                    sample.admitted = false
                    sample.reason = "exit status 1, expected 0: \"cannot open /proc, denied\""
                    sample.events = [Event(EventName.launch, 0)]
                } else {
                    fill(&sample, lane, &generator)
                }
                samples.append(sample)
            }
        }
    }

    private func startup(_ sample: inout Sample, lane: Lane, _ generator: inout SeededGenerator) {
        let slow = generator.unit() < lane.slowShare ? lane.slowFactor : 1
        let ready = Self.nanoseconds(lane.startup * slow * 1e6, spread: lane.spread, &generator)
        let exit = ready + Self.nanoseconds(80_000, spread: 0.1, &generator)
        let released = exit + Self.nanoseconds(lane.startup * 2e5, spread: 0.2, &generator)
        sample.events = [
            Event(EventName.launch, 0), Event(EventName.ready, ready), Event(EventName.done, exit - 20_000),
            Event(EventName.exit, exit), Event(EventName.released, released),
        ]
        let guest = lane.record.kind == .guest
        sample.phases = [
            Phase(guest ? "libvirt" : "clone3", actor: guest ? "libvirt" : "launcher", start: 0, end: ready / 4),
            Phase(guest ? "kernel" : "mounts", actor: guest ? "guest kernel" : "child", start: ready / 4, end: ready),
        ]
        sample.measurements = [
            Measurement(Metric.startup, span: TimeSpan.startup.description, unit: "ms", Double(ready) / 1e6),
            Measurement(
                Metric.teardown, span: TimeSpan.teardown.description, unit: "ms", Double(released - exit) / 1e6),
            Measurement(Metric.cpu, unit: "ms", (Double(ready) / 1e6 * 0.6 * 1_000).rounded() / 1_000),
        ]
    }

    private func memory(_ sample: inout Sample, lane: Lane, _ generator: inout SeededGenerator) {
        sample.instances = 4
        sample.events = [Event(EventName.launch, 0)]
        let slope = Self.pages(lane.memory, spread: 0.01, &generator)
        sample.measurements = [
            Measurement(Metric.memorySlope, unit: "B", slope),
            Measurement(Metric.memoryPSS, unit: "B", Self.pages(lane.memory * 0.8, spread: 0.005, &generator)),
            Measurement(Metric.memoryUSS, unit: "B", Self.pages(lane.memory * 0.7, spread: 0.005, &generator)),
            Measurement(Metric.memoryCgroup, unit: "B", Self.pages(lane.memory * 0.9, spread: 0.005, &generator)),
        ]
        if lane.record.kind == .guest {
            sample.measurements.append(Measurement(Metric.guestTotal, unit: "B", 117_440_512))
            sample.measurements.append(Measurement(Metric.guestAvailable, unit: "B", 92_274_688))
        }
        for instance in 0...sample.instances {
            sample.measurements.append(
                Measurement(
                    Metric.memoryAvailable, unit: "B", 20e9 - slope * Double(instance), batch: instance))
        }
    }

    private func systemCalls(_ sample: inout Sample, lane: Lane, _ generator: inout SeededGenerator) {
        sample.events = [Event(EventName.launch, 0)]
        let calls: [(name: String, factor: Double)] = [("getpid", 1), ("read", 1.6), ("mmap", 5.2), ("clock", 0.1)]
        for call in calls {
            let sampleFactor = 1 + 0.01 * generator.normal()
            for batch in 0..<batches {
                let value = lane.systemCall * call.factor * sampleFactor * (1 + 0.02 * generator.normal())
                sample.measurements.append(
                    Measurement(
                        Metric.syscallPrefix + call.name, unit: "ns", (value * 1_000).rounded() / 1_000, batch: batch))
            }
        }
    }

    /// Log-normal around `median`, as whole nanoseconds.
    private static func nanoseconds(_ median: Double, spread: Double, _ generator: inout SeededGenerator) -> Int64 {
        // A sum of squares instead of exp: exact arithmetic, so the run is the same with every C library.
        let factor = 1 + spread * generator.normal()
        return Int64(max(median * 0.2, median * factor * factor).rounded())
    }

    private static func pages(_ bytes: Double, spread: Double, _ generator: inout SeededGenerator) -> Double {
        max(1, (bytes * (1 + spread * generator.normal()) / 4_096).rounded()) * 4_096
    }
}
