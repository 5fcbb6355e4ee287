package import RunRecord

/// What the user asked `isolab bench` for.
package struct BenchOptions: Sendable {
    /// An experiment file; else `preset`.
    package var file: String?
    package var preset: Preset
    /// Restrict the experiment to these lanes (`--lanes`).
    package var lanes: [String]?
    /// Restrict it to these experiments, by kind: `startup`, `memory`, `syscalls`, `harness` (`--workloads` takes kinds or
    /// workload names).
    package var workloads: [String]?
    /// Blocks of every experiment.
    package var blocks: Int?
    package var seed: UInt64?
    /// The run directory, or `nil` for `reports/<time>-<name>`.
    package var output: String?
    /// A directory that holds a root file system; isolab's own minimal one where `nil`.
    package var image: String?
    package var kernel: String?
    /// A libvirt URI; the embedded driver where `nil`.
    package var connect: String?
    /// Where owner records and scratch space live; see `Directories`.
    package var stateDirectory: String?
    package var cacheDirectory: String?
    /// Where `isolab-workload` and `isolab-vm` are; the directory of the running program where `nil`.
    package var programDirectory: String?
    /// Do not wait for an idle host.
    package var skipsIdleGate: Bool
    /// This process starts nothing but sandboxes: what a launch leaves running is adopted, counted against the sample and ended.
    package var adoptsOrphans = false
    /// Measure though the blocks can decide nothing.
    package var exploratory = false
    /// What a pilot run of the experiment showed: the blocks are planned from it.
    package var pilot: Summary?

    package init(
        file: String? = nil, preset: Preset = .quick, lanes: [String]? = nil, workloads: [String]? = nil,
        blocks: Int? = nil, seed: UInt64? = nil, output: String? = nil, image: String? = nil, kernel: String? = nil,
        connect: String? = nil, stateDirectory: String? = nil, cacheDirectory: String? = nil,
        programDirectory: String? = nil, skipsIdleGate: Bool = false
    ) {
        self.file = file
        self.preset = preset
        self.lanes = lanes
        self.workloads = workloads
        self.blocks = blocks
        self.seed = seed
        self.output = output
        self.image = image
        self.kernel = kernel
        self.connect = connect
        self.stateDirectory = stateDirectory
        self.cacheDirectory = cacheDirectory
        self.programDirectory = programDirectory
        self.skipsIdleGate = skipsIdleGate
    }
}

extension BenchOptions {
    /// The experiment these options ask for, validated.
    package func experiment() throws(LabError) -> Experiment {
        let seed = self.seed ?? UInt64.random(in: 0...UInt64(UInt32.max))
        var experiment: Experiment
        if let file {
            experiment = try ExperimentFile.parse(try Files.text(file), path: file, seed: seed)
            if let seed = self.seed { experiment.seed = seed }
        } else {
            experiment = .preset(preset, seed: seed)
        }
        if let lanes {
            for lane in lanes { _ = try LaneCatalogue.entry(lane) }
            for index in experiment.parts.indices {
                // A lane that only exists in some parts of a preset stays out of the others; start-up takes every lane.
                experiment.parts[index].lanes.removeAll { !lanes.contains($0) }
            }
            experiment.parts.removeAll { $0.lanes.isEmpty }
        }
        if let workloads {
            let known = ExperimentKinds.all.map { $0.id }
            for name in workloads {
                guard known.contains(name) || ExperimentKinds.all.contains(where: { $0.workloads.contains(name) })
                else {
                    throw .unknown(what: "workload", name: name, known: known)
                }
            }
            // A kind the preset leaves out can still be asked for.
            for kind in ExperimentKinds.all where workloads.contains(kind.id) {
                guard !experiment.parts.contains(where: { $0.kind == kind.id }) else { continue }
                experiment.parts.append(
                    Experiment.Part(kind: kind.id, workload: kind.workloads[0], lanes: lanes ?? ["native"], blocks: 50))
            }
            experiment.parts.removeAll { !workloads.contains($0.kind) && !workloads.contains($0.workload) }
        }
        if let blocks {
            for index in experiment.parts.indices {
                experiment.parts[index].blocks = blocks
                experiment.parts[index].guestBlocks = nil
            }
        }
        if exploratory { experiment.exploratory = true }
        if let pilot, blocks == nil { experiment = experiment.planned(from: pilot) }
        if !experiment.parts.contains(where: { $0.lanes.contains(experiment.baseline) }) {
            experiment.baseline = experiment.parts.first?.lanes.first ?? experiment.baseline
        }
        return try experiment.validated()
    }
}
