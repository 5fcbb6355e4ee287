import Glibc
import Machines
import OCI
import RunRecord

/// Everything a reader needs to trust a run, gathered before the first sample.
enum ManifestBuilder {
    static func manifest(
        _ options: BenchOptions, _ experiment: Experiment, _ laboratory: Laboratory, board: LaneSet, run: String,
        started: String, version: String, buildMode: String
    ) -> Manifest {
        let first = experiment.parts.first
        let lanes = board.records
        var manifest = Manifest(
            run: run, started: started, version: version, buildMode: buildMode,
            command: command(options, experiment), seed: experiment.seed, experiment: ExperimentFile.text(experiment),
            blocks: first?.blocks ?? 0, warmups: first?.warmups ?? 0, baseline: experiment.baseline,
            accelerator: accelerator(lanes, laboratory.knownGuests?.accelerator), lanes: lanes,
            host: HostReport.collect())
        manifest.artefacts = artefacts(laboratory, board)
        manifest.margins = experiment.margins
        manifest.contrasts = experiment.contrasts
        manifest.commit = Provenance.commit(of: laboratory.programDirectory)
        if experiment.exploratory {
            manifest.warnings.append(
                "Exploratory: not every comparison could be decided with these blocks, whatever they hold.")
        }
        if options.skipsIdleGate {
            manifest.warnings.append("The host was not waited for to be quiet before each block (--no-idle-gate).")
        }
        for record in lanes {
            if let words = record.configuration["warnings"] { manifest.warnings.append("\(record.id): \(words)") }
        }
        if let daemons = daemonsGuests(lanes) { manifest.warnings.append(daemons) }
        if buildMode != "release" {
            manifest.warnings.append(
                "isolab was built for \(buildMode): its own part of every figure is slower than it should be")
        }
        manifest.warnings += experiment.parts.compactMap(\.reduction)
        return manifest
    }

    /// What is missing from the figures of guests that a libvirt daemon started: it is one process for all, and not isolab's.
    static func daemonsGuests(_ lanes: [LaneRecord]) -> String? {
        let ids = lanes.filter { $0.available && $0.configuration["not seen"] != nil }.map(\.id)
        guard !ids.isEmpty else { return nil }
        return
            "\(ids.joined(separator: ", ")): started by a libvirt daemon, whose own processor time and memory are in no figure "
            + "of theirs but the host's loss for one more instance: less is shown than they cost"
    }

    /// The files that take part, each once, with what they hold.
    private static func artefacts(_ laboratory: Laboratory, _ board: LaneSet) -> [Artefact] {
        var files: [(name: String, path: String)] = [("isolab-workload", laboratory.image.workload)]
        files += ["isolab", "isolab-vm", "isolab-runtime"].map {
            (name: $0, path: "\(laboratory.programDirectory)/\($0)")
        }
        for id in board.records.map(\.id) { files += board.ready[id]?.artefacts ?? [] }
        var seen: Set<String> = []
        return files.filter { seen.insert($0.path).inserted }.compactMap { file in
            var status = stat()
            guard let digest = try? Digest(sha256OfFile: file.path), stat(file.path, &status) == 0 else { return nil }
            return Artefact(
                name: file.name, path: file.path, digest: digest.description, bytes: Int(status.st_size))
        }
    }

    /// The command line that measures the same again.
    static func command(_ options: BenchOptions, _ experiment: Experiment) -> String {
        var words = ["isolab", "bench"]
        if let file = options.file { words.append(file) } else { words.append("--\(options.preset.rawValue)") }
        if let lanes = options.lanes { words += ["--lanes", lanes.joined(separator: ",")] }
        if let workloads = options.workloads { words += ["--workloads", workloads.joined(separator: ",")] }
        if let blocks = options.blocks { words += ["--blocks", "\(blocks)"] }
        if options.exploratory { words.append("--exploratory") }
        if options.skipsIdleGate { words.append("--no-idle-gate") }
        if let image = options.image { words += ["--image", image] }
        if let kernel = options.kernel { words += ["--kernel", kernel] }
        if let connect = options.connect { words += ["--connect", connect] }
        words += ["--seed", "\(experiment.seed)"]
        return ShellLine.quoted(words)
    }

    /// What drove the guests, and why: one sentence.
    static func accelerator(_ lanes: [LaneRecord], _ report: AcceleratorReport?) -> String {
        let guests = lanes.filter { $0.kind.isGuest }
        guard guests.contains(where: \.available), let report else {
            let reason = guests.first { !$0.available }?.reason
            return reason.map { "no guest ran: \($0)" } ?? "no guest was requested"
        }
        let found =
            switch report.kind {
            case .kvm: "KVM"
            case .nestedKVM: "nested KVM"
            case .pvm: "PVM"
            case .none: "no usable KVM"
            }
        func drives(_ kind: LaneKind, _ who: String, _ accelerator: Accelerator) -> String? {
            guard guests.contains(where: { $0.kind == kind && $0.available }) else { return nil }
            return "\(who) under \(accelerator == .kvm ? "KVM" : "TCG, software emulation")"
        }
        let who = [
            drives(.guest, "Linux guests", report.forLinux),
            drives(.microGuest, "the micro-guest", report.forMicroGuest),
        ].compactMap(\.self)
        return "\(found): \(report.reason); \(who.joined(separator: ", "))"
    }
}
