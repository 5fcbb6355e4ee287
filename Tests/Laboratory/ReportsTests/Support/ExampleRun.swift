import RunRecord
import Statistics

/// A run with the shape of a real one: every kind of lane, hot and cold, phases, memory, system calls, failures. Made from
/// a seed; none of its figures was measured, and its manifest says so.
enum ExampleRun {
    struct Shape {
        var record: LaneRecord
        /// Median start-up, ms.
        var startup: Double
        var spread = 0.07
        /// Share of samples that fail.
        var rejected = 0.0
        /// What a system call costs more, ns, and by which factor.
        var filter = 0.0
        var factor = 1.0
        /// Bytes an idle instance.
        var memory = 0.4e6
        var phases: [(name: String, actor: String, share: Double)] = []
    }

    static let containerPhases: [(name: String, actor: String, share: Double)] = [
        ("clone3 with namespaces", "launcher", 0.26), ("cgroups and limits", "launcher", 0.14),
        ("join cgroups", "child", 0.08), ("overlay", "child", 0.09), ("proc, sys, dev", "child", 0.1),
        ("masked paths", "child", 0.05), ("pivot_root", "child", 0.06), ("capabilities", "child", 0.02),
        ("seccomp", "child", 0.04), ("execve", "child", 0.11), ("first byte", "workload", 0.05),
    ]
    static let guestPhases: [(name: String, actor: String, share: Double)] = [
        ("define and start", "libvirt", 0.06), ("QEMU's start", "qemu", 0.04), ("qom-get round trips", "libvirt", 0.2),
        ("firmware", "qemu", 0.03), ("kernel, early", "guest kernel", 0.31), ("kernel, drivers", "guest kernel", 0.24),
        ("initramfs", "guest kernel", 0.09), ("first byte", "workload", 0.03),
    ]

    static let usual: [Shape] = {
        let namespaces = [
            "pid namespace", "mount namespace", "network namespace", "uts namespace", "ipc namespace",
            "cgroup v1, limits",
        ]
        let docker = "seccomp (Docker's profile)"
        let tcg = "software emulation"
        return [
            Shape(
                record: LaneRecord(
                    id: "native", title: "plain process", kind: .native, configuration: ["argv": "isolab-workload exit"]
                ),
                startup: 0.31),
            Shape(
                record: LaneRecord(
                    id: "container", title: "container, Docker's profile", kind: .container,
                    isolation: namespaces + [docker],
                    configuration: ["config.json": "{\n  \"ociVersion\": \"1.2.0\",\n  \"hostname\": \"isolab\"\n}"]),
                startup: 3.2, filter: 78, memory: 0.9e6, phases: containerPhases),
            Shape(
                record: LaneRecord(
                    id: "container-noseccomp", title: "container without seccomp", kind: .container,
                    isolation: namespaces),
                startup: 3.05, memory: 0.9e6, phases: containerPhases.filter { $0.name != "seccomp" }),
            Shape(
                record: LaneRecord(
                    id: "container-userns", title: "container in a user namespace", kind: .container,
                    isolation: namespaces + [docker, "user namespace"]),
                startup: 3.7, spread: 0.1, filter: 80, memory: 0.95e6, phases: containerPhases),
            Shape(
                record: LaneRecord(id: "oci:crun", title: "crun 1.8.1", kind: .peer, isolation: namespaces + [docker]),
                startup: 22.5, spread: 0.14, filter: 82, memory: 1.1e6),
            Shape(
                record: LaneRecord(id: "oci:runc", title: "runc 1.1.5", kind: .peer, isolation: namespaces + [docker]),
                startup: 39, spread: 0.12, filter: 95, memory: 1.3e6),
            Shape(
                record: LaneRecord(
                    id: "oci:runsc", title: "gVisor", kind: .peer, available: false, reason: "runsc is not installed",
                    remedy: "apt-get install runsc"), startup: 0),
            Shape(
                record: LaneRecord(id: "bwrap", title: "bubblewrap 0.8", kind: .peer, isolation: namespaces.dropLast()),
                startup: 5.6, rejected: 0.2, memory: 0.8e6),
            Shape(
                record: LaneRecord(
                    id: "vm", title: "guest, microvm through libvirt", kind: .guest, accelerator: "TCG", label: tcg,
                    isolation: ["own kernel", "virtual hardware"],
                    configuration: ["domain.xml": "<domain type='qemu'>\n  <name>isolab-vm</name>\n</domain>"]),
                startup: 1_210, spread: 0.03, factor: 3.1, memory: 187e6, phases: guestPhases),
            Shape(
                record: LaneRecord(
                    id: "vm-q35", title: "guest, q35 through libvirt", kind: .guest, accelerator: "TCG", label: tcg,
                    isolation: ["own kernel", "virtual hardware"]),
                startup: 2_290, spread: 0.04, factor: 3.2, memory: 214e6, phases: guestPhases),
            Shape(
                record: LaneRecord(
                    id: "vm-plain", title: "guest, pc with SeaBIOS, untuned", kind: .guest, accelerator: "TCG",
                    label: tcg,
                    isolation: ["own kernel", "virtual hardware"]),
                startup: 2_510, spread: 0.04, factor: 3.2, memory: 221e6, phases: guestPhases),
            Shape(
                record: LaneRecord(
                    id: "vm-qemu", title: "the same QEMU without libvirt", kind: .guest, accelerator: "TCG", label: tcg,
                    isolation: ["own kernel", "virtual hardware"]),
                startup: 930, spread: 0.03, factor: 3.1, memory: 186e6,
                phases: guestPhases.filter { $0.actor != "libvirt" }),
            Shape(
                record: LaneRecord(
                    id: "vm-micro", title: "micro-guest through libvirt", kind: .microGuest, accelerator: "PVM",
                    label: "paravirtual, not hardware", isolation: ["virtual hardware"]),
                startup: 48, spread: 0.08, memory: 38e6),
        ]
    }()

    static let calls: [(name: String, cost: Double)] = [
        ("getpid", 210), ("clock_gettime-vdso", 24), ("clock_gettime", 232), ("read", 265), ("write", 271),
        ("stat", 690),
        ("open-close", 1_240), ("mmap-munmap", 1_480), ("page-fault", 610), ("pipe-roundtrip", 5_100),
        ("futex-roundtrip", 4_600), ("socketpair-roundtrip", 6_300), ("clone-exec-wait", 182_000),
    ]

    /// The run; `blocks` of start-up.
    static func run(seed: UInt64 = 7, shapes: [Shape] = usual, blocks: Int = 50, only startup: Bool = false) -> Run {
        var generator = SeededGenerator(seed: seed)
        var samples: [Sample] = []
        append(&samples, "startup", "exit (cold)", shapes, blocks, &generator) { start(&$0, $1, 1, &$2) }
        if !startup {
            let processes = shapes.filter { ![.guest, .microGuest].contains($0.record.kind) }
            append(&samples, "startup", "exit (hot)", processes, blocks, &generator) { sample, shape, generator in
                start(&sample, shape, shape.record.kind == .peer ? 0.45 : 0.72, &generator)
            }
            append(&samples, "memory", "ready", shapes, 12, &generator) { memory(&$0, $1, &$2) }
            let served = shapes.filter {
                ["native", "container", "container-noseccomp", "container-userns", "vm"].contains($0.record.id)
            }
            append(&samples, "syscalls", "syscalls", served, 16, &generator) { systemCalls(&$0, $1, &$2) }
        }
        return Run(manifest: manifest(seed, shapes, blocks), samples: samples)
    }

    private static func manifest(_ seed: UInt64, _ shapes: [Shape], _ blocks: Int) -> Manifest {
        Manifest(
            run: "2026-11-23T2310-example", started: "2026-11-23T23:10:04Z", finished: "2026-11-23T23:14:41Z",
            version: "0.1.0", buildMode: "release", command: "isolab bench --quick --seed \(seed)", seed: seed,
            experiment: "name: quick\nseed: \(seed)\nblocks: \(blocks)\n", blocks: blocks, warmups: 2,
            baseline: "native",
            accelerator:
                "TCG (software emulation): /dev/kvm is there, but a probe that runs guest code found that it cannot "
                + "enter protected mode with paging (kvm-pvm).",
            lanes: shapes.map(\.record),
            host: [
                FactSection(
                    "Processor",
                    [
                        Fact("model", "Example, 2 cores", decisive: true), Fact("governor", "performance"),
                        Fact("turbo", "on"),
                    ]),
                FactSection(
                    "Kernel",
                    [
                        Fact("release", "6.18.0", decisive: true), Fact("cgroup", "v1 and v2 (hybrid)", decisive: true),
                        Fact("mitigations", "spectre_v2: Retpolines"), Fact("clock source", "kvm-clock"),
                    ]),
            ],
            artefacts: [
                Artefact(
                    name: "workload", path: "isolab-workload", digest: "sha256:" + String(repeating: "3f9a", count: 16),
                    bytes: 13_312),
                Artefact(
                    name: "kernel", path: "vmlinux-6.1-cloud", digest: "sha256:" + String(repeating: "b07c", count: 16),
                    bytes: 31_457_280),
            ],
            warnings: ["This run was made from a seed for tests: none of its figures was measured."])
    }

    private typealias Fill = (inout Sample, Shape, inout SeededGenerator) -> Void

    private static func append(
        _ samples: inout [Sample], _ experiment: String, _ workload: String, _ shapes: [Shape], _ blocks: Int,
        _ generator: inout SeededGenerator, fill: Fill
    ) {
        for block in -2..<blocks {
            var places = shapes.filter(\.record.available).map { (shape: $0, twin: false) }
            if let baseline = shapes.first { places.append((shape: baseline, twin: true)) }
            generator.shuffle(&places)
            for (order, place) in places.enumerated() {
                var sample = Sample(
                    id: samples.count, experiment: experiment, block: block < 0 ? block + 2 : block, order: order,
                    lane: place.shape.record.id, workload: workload, twin: place.twin, warmup: block < 0, admitted: true
                )
                if generator.unit() < place.shape.rejected {
                    sample.admitted = false
                    sample.reason = "exit status 1, expected 0: bwrap: cannot mount proc on /newroot/proc"
                } else {
                    fill(&sample, place.shape, &generator)
                }
                samples.append(sample)
            }
        }
    }

    private static func start(
        _ sample: inout Sample, _ shape: Shape, _ factor: Double, _ generator: inout SeededGenerator
    ) {
        // A tail: one in ten meets somebody else on the processor.
        let stall = generator.unit() < 0.1 ? generator.exponential() * 0.6 + 0.3 : 0
        let noise = 1 + shape.spread * generator.normal() + stall * 0.4
        let ready = Int64(shape.startup * factor * 1e6 * max(noise, 0.7))
        let exit = ready + Int64(60_000 * (1 + 0.2 * generator.unit()))
        let released = exit + Int64(shape.startup * 1.6e5 * (1 + 0.3 * generator.unit()))
        sample.events = [
            Event(EventName.launch, 0), Event(EventName.ready, ready), Event(EventName.done, exit - 20_000),
            Event(EventName.exit, exit), Event(EventName.released, released),
        ]
        if shape.record.kind == .guest { sample.events.insert(Event("resumed", Int64(Double(ready) * 0.3)), at: 1) }
        let total = shape.phases.reduce(0) { $0 + $1.share }
        var at = 0.0
        for phase in shape.phases {
            let length = Double(ready) * phase.share / total
            sample.phases.append(Phase(phase.name, actor: phase.actor, start: Int64(at), end: Int64(at + length)))
            at += length
        }
        if !shape.phases.isEmpty {
            sample.phases.append(Phase("release", actor: "launcher", start: exit, end: released))
        }
        sample.measurements = [
            Measurement(Metric.startup, span: TimeSpan.startup.description, unit: "ms", Double(ready) / 1e6),
            Measurement(
                Metric.teardown, span: TimeSpan.teardown.description, unit: "ms", Double(released - exit) / 1e6),
            Measurement(
                Metric.cpu, span: TimeSpan.life.description, unit: "ms",
                Double(released) / 1e6 * (shape.record.kind == .guest ? 0.93 : 0.42)),
        ]
    }

    private static func memory(_ sample: inout Sample, _ shape: Shape, _ generator: inout SeededGenerator) {
        sample.instances = shape.record.kind == .guest ? 3 : 16
        let base = shape.memory * (1 + 0.01 * generator.normal())
        sample.measurements = [
            Measurement(Metric.memorySlope, unit: "B", base), Measurement(Metric.memoryPSS, unit: "B", base * 0.83),
            Measurement(Metric.memoryUSS, unit: "B", base * 0.66),
            Measurement(Metric.memoryCgroup, unit: "B", base * 0.9),
        ]
        for instances in 0...sample.instances {
            let lost = Double(instances) * base + 3e5 * generator.normal()
            sample.measurements.append(
                Measurement(Metric.memoryAvailable, unit: "B", 24e9 - lost, batch: instances))
        }
        if shape.record.kind == .guest {
            sample.measurements += [
                Measurement(Metric.guestTotal, unit: "B", 117_440_512),
                Measurement(Metric.guestAvailable, unit: "B", 92_274_688),
            ]
        }
    }

    private static func systemCalls(_ sample: inout Sample, _ shape: Shape, _ generator: inout SeededGenerator) {
        for call in calls {
            let cost = call.cost * shape.factor + (call.name.contains("vdso") ? 0 : shape.filter)
            let level = 1 + 0.012 * generator.normal()
            for batch in 0..<10 {
                sample.measurements.append(
                    Measurement(
                        Metric.syscallPrefix + call.name, unit: "ns", cost * level * (1 + 0.01 * generator.normal()),
                        batch: batch))
            }
        }
    }
}
