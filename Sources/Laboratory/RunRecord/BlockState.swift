/// What the host was like over one block's whole time.
package struct BlockState: Codable, Equatable, Sendable {
    package var experiment: String
    package var workload: String
    package var block: Int
    package var warmup: Bool
    /// How long the block took, milliseconds, what is done between its samples included.
    package var milliseconds: Double
    /// The stretch that is judged: the block, or where it is too short to tell anything, it and those before it, milliseconds.
    package var judgedMilliseconds: Double
    /// Processors that isolab and its sandboxes kept busy meanwhile, on average; that everything else did; and that a hypervisor
    /// took while something was to run. Of those that this process may run on.
    package var ownProcessors: Double
    package var otherProcessors: Double
    package var stolenProcessors: Double
    /// Share of the time in which something waited for a processor, for memory, for a disk (PSI, `some`), 0 … 1; nil where the
    /// kernel does not say.
    package var cpuPressure: Double?
    package var memoryPressure: Double?
    package var ioPressure: Double?
    /// Runnable tasks averaged over the minute before the block's end.
    package var load: Double?
    /// The slowest processor at the block's end, and the lowest limit that was set to any, MHz.
    package var megahertz: Double?
    package var megahertzLimit: Double?
    /// How often processors were slowed down for their heat meanwhile.
    package var throttles: Int?
    /// Why the block counts as disturbed, in words; empty where it does not.
    package var disturbance: String

    package init(
        experiment: String, workload: String, block: Int, warmup: Bool, milliseconds: Double,
        judgedMilliseconds: Double, ownProcessors: Double, otherProcessors: Double, stolenProcessors: Double,
        cpuPressure: Double? = nil, memoryPressure: Double? = nil, ioPressure: Double? = nil, load: Double? = nil,
        megahertz: Double? = nil, megahertzLimit: Double? = nil, throttles: Int? = nil, disturbance: String = ""
    ) {
        self.experiment = experiment
        self.workload = workload
        self.block = block
        self.warmup = warmup
        self.milliseconds = milliseconds
        self.judgedMilliseconds = judgedMilliseconds
        self.ownProcessors = ownProcessors
        self.otherProcessors = otherProcessors
        self.stolenProcessors = stolenProcessors
        self.cpuPressure = cpuPressure
        self.memoryPressure = memoryPressure
        self.ioPressure = ioPressure
        self.load = load
        self.megahertz = megahertz
        self.megahertzLimit = megahertzLimit
        self.throttles = throttles
        self.disturbance = disturbance
    }

    package var isDisturbed: Bool { !disturbance.isEmpty }
}

/// How many blocks of an experiment's workload were disturbed, and what follows.
package struct Disturbances: Equatable, Sendable {
    /// Blocks that count, warm-ups apart.
    package var blocks: Int
    package var disturbed: Int
    /// What disturbed them, with how many blocks each, the most frequent first.
    package var reasons: [(words: String, blocks: Int)]

    /// From this share of disturbed blocks on a run says in its headline only what is certain all the same.
    package static let tolerated = 0.2

    /// Whether so many blocks were disturbed that a headline's figures would be of something else as well.
    package var isTooMany: Bool { Double(disturbed) > Self.tolerated * Double(blocks) }

    package init(_ states: [BlockState]) {
        let counted = states.filter { !$0.warmup }
        blocks = counted.count
        let bad = counted.filter(\.isDisturbed)
        disturbed = bad.count
        var counts: [String: Int] = [:]
        for state in bad { for part in Self.parts(state.disturbance) { counts[part, default: 0] += 1 } }
        reasons = counts.map { (words: $0.key, blocks: $0.value) }
            .sorted { ($0.blocks, $1.words) > ($1.blocks, $0.words) }
    }

    /// Between the reasons of one block, none of which holds a semicolon.
    package static let separator = "; "

    private static func parts(_ text: String) -> [String] {
        text.split(separator: ";").map { String($0.drop { $0 == " " }) }
    }

    package static func == (first: Disturbances, second: Disturbances) -> Bool {
        first.blocks == second.blocks && first.disturbed == second.disturbed
            && first.reasons.map(\.words) == second.reasons.map(\.words)
            && first.reasons.map(\.blocks) == second.reasons.map(\.blocks)
    }
}
