package import RunRecord

/// What is to be measured, as a value: the parts, their lanes and blocks, and the seed that orders them.
///
/// It says everything a run does; two equal experiments on one host launch the same sandboxes in the same order.
package struct Experiment: Equatable, Sendable {
    /// Short, part of the run directory's name.
    package var name: String
    /// Orders the lanes inside the blocks and draws the nonces.
    package var seed: UInt64
    /// The lane every other is compared with; a hidden twin of it stands in every block.
    package var baseline: String
    /// Measured one after the other.
    package var parts: [Part]
    /// From where on a difference matters, by metric.
    package var margins: [Margin]
    /// Measured to look around: its blocks need not be able to decide anything, and the report says so.
    package var exploratory = false
    /// What is compared besides every lane with the baseline; nil: what its lanes differ in.
    package var declaredContrasts: [Contrast]?

    package init(
        name: String, seed: UInt64, baseline: String = "native", parts: [Part], margins: [Margin] = Margin.standard,
        contrasts: [Contrast]? = nil
    ) {
        self.name = name
        self.seed = seed
        self.baseline = baseline
        self.parts = parts
        self.margins = margins
        declaredContrasts = contrasts
    }

    /// What is compared besides every lane with the baseline.
    package var contrasts: [Contrast] {
        let peers = LaneCatalogue.entries.filter { $0.kind == .peer }.map(\.id)
        return (declaredContrasts ?? Contrast.standard(lanes, peers: peers)).filter {
            lanes.contains($0.lane) && lanes.contains($0.reference) && $0.reference != baseline
        }
    }

    /// One kind of measurement over some lanes.
    package struct Part: Equatable, Sendable {
        /// A name of `ExperimentKinds`: `startup`, `memory`, `syscalls`, `harness`.
        package var kind: String
        /// The command of `isolab-workload` that runs, e.g. `exit`.
        package var workload: String
        package var lanes: [String]
        /// Samples of each lane, warm-ups apart.
        package var blocks: Int
        /// In how many of the blocks guests take part, spread evenly; `blocks` where nil. Said in the manifest.
        package var guestBlocks: Int?
        /// Recorded and tagged, never counted.
        package var warmups: Int
        /// The host stands idle for so long before each launch: 50 is how users start things (cold), 0 is hot.
        package var idleMilliseconds: Int
        /// A launch that has not ended by then is killed and rejected; 0 leaves it to the lane (`Lane.usualDeadlineSeconds`).
        package var deadlineSeconds: Int
        /// Idle instances alive together (memory): of the lanes that isolab starts itself, where one costs milliseconds.
        package var instances: Int
        /// The same for other runtimes, `instances` where nil; and for guests.
        package var peerInstances: Int?
        package var guestInstances: Int
        /// Rest between the last change and a memory reading.
        package var settleMilliseconds: Int
        /// Batches of each system call (syscalls).
        package var batches: Int
        /// Multiplies the calls in a batch (syscalls).
        package var scale: Int
        /// MiB the workload touches (memory).
        package var mebibytes: Int
        /// Steps of the proof of work every launch owes.
        package var work: UInt32

        package init(
            kind: String, workload: String, lanes: [String], blocks: Int, guestBlocks: Int? = nil, warmups: Int = 5,
            idleMilliseconds: Int = 0, deadlineSeconds: Int = 0, instances: Int = 8, peerInstances: Int? = nil,
            guestInstances: Int = 2, settleMilliseconds: Int = 200, batches: Int = 20, scale: Int = 1,
            mebibytes: Int = 0, work: UInt32 = 1000
        ) {
            self.kind = kind
            self.workload = workload
            self.lanes = lanes
            self.blocks = blocks
            self.guestBlocks = guestBlocks
            self.warmups = warmups
            self.idleMilliseconds = idleMilliseconds
            self.deadlineSeconds = deadlineSeconds
            self.instances = instances
            self.peerInstances = peerInstances
            self.guestInstances = guestInstances
            self.settleMilliseconds = settleMilliseconds
            self.batches = batches
            self.scale = scale
            self.mebibytes = mebibytes
            self.work = work
        }

        /// The workload as its samples name it: what runs and, for start-up, in which state of the host.
        package var workloadName: String {
            guard kind == StartupExperiment.id else { return workload }
            return idleMilliseconds == 0 ? "\(workload) (hot)" : "\(workload) (cold)"
        }

        /// Whether samples of both could not be told apart in the record: they would be one cell, whatever else differs.
        func isPooled(with other: Part) -> Bool { kind == other.kind && workloadName == other.workloadName }

        var pooledWords: String {
            "\(kind), \(workloadName) is listed twice: its samples would be taken for one another; write each into a file of "
                + "its own"
        }

        /// What of MEASUREMENT.md's n = 50 after 5 warm-ups this part leaves out to save time; nil where nothing.
        package var reduction: String? {
            var words: [String] = []
            if blocks < 50 { words.append("\(blocks) samples a lane instead of 50") }
            let least = min(guestBlocks ?? blocks, blocks)
            if least < blocks { words.append("guests in \(least) of \(blocks) blocks, evenly spread") }
            if warmups < 5 { words.append("\(warmups) \(warmups == 1 ? "warm-up" : "warm-ups") instead of 5") }
            return words.isEmpty ? nil : "\(kind), \(workloadName): \(words.joined(separator: ", "))"
        }

        /// How many instances of a lane are alive together (memory).
        package func instances(of kind: LaneKind) -> Int {
            kind.isGuest ? guestInstances : kind == .peer ? peerInstances ?? instances : instances
        }

        /// In how many blocks a lane takes part.
        package func blocks(of kind: LaneKind) -> Int {
            kind.isGuest ? min(guestBlocks ?? blocks, blocks) : blocks
        }
    }
}

extension LaneKind {
    /// Whether a virtual machine is started for every sample.
    package var isGuest: Bool { self == .guest || self == .microGuest }
}

extension Experiment {
    /// Refuses what contradicts itself or names what does not exist.
    package func validated() throws(LabError) -> Experiment {
        guard !parts.isEmpty else { throw .experiment("nothing to measure; name at least one experiment") }
        for (place, part) in parts.enumerated() {
            if parts[..<place].contains(where: part.isPooled) { throw .experiment(part.pooledWords) }
            let kind = try ExperimentKinds.named(part.kind)
            guard kind.workloads.contains(part.workload) else {
                throw .unknown(what: "workload", name: part.workload, known: kind.workloads)
            }
            for lane in part.lanes { _ = try LaneCatalogue.entry(lane) }
            guard !part.lanes.isEmpty else { throw .experiment("\(part.kind) has no lanes") }
            guard Set(part.lanes).count == part.lanes.count else {
                throw .experiment("\(part.kind) names a lane twice; the hidden twin of the baseline is added by isolab")
            }
            for (name, value, least) in [
                ("blocks", part.blocks, 1), ("warmups", part.warmups, 0), ("guest-blocks", part.guestBlocks ?? 1, 1),
                ("idle-ms", part.idleMilliseconds, 0), ("deadline-s", part.deadlineSeconds, 0),
                ("instances", part.instances, 1), ("guest-instances", part.guestInstances, 1),
                ("peer-instances", part.peerInstances ?? 1, 1),
                ("settle-ms", part.settleMilliseconds, 0), ("batches", part.batches, 2), ("scale", part.scale, 1),
                ("mebibytes", part.mebibytes, 0),
            ] where value < least || value > 1_000_000 {
                throw .experiment("\(part.kind): \(name) is \(value); it must be from \(least) to 1000000")
            }
        }
        _ = try LaneCatalogue.entry(baseline)
        try refuseUndecidable()
        return self
    }

    /// The baseline where a part measures it, else the part's first lane: every block needs a twin of something.
    package func baseline(of part: Part) -> String {
        part.lanes.contains(baseline) ? baseline : part.lanes.first ?? baseline
    }

    /// The lanes of all parts, each once, in the order of the catalogue.
    package var lanes: [String] {
        let wanted = Set(parts.flatMap(\.lanes))
        return LaneCatalogue.entries.map(\.id).filter(wanted.contains)
    }
}
