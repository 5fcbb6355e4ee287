/// What the host was like over one block's whole time.
public struct BlockState: Codable, Equatable, Sendable {
    public var experiment: String
    public var workload: String
    public var block: Int
    public var warmup: Bool
    /// How long the block took, milliseconds, what is done between its samples included.
    public var milliseconds: Double
    /// The stretch that is judged: the block, or where it is too short to tell anything, it and those before it, milliseconds.
    public var judgedMilliseconds: Double
    /// Processors that isolab and its sandboxes kept busy meanwhile, on average; that everything else did; and that a hypervisor
    /// took while something was to run. Of those that this process may run on.
    public var ownProcessors: Double
    public var otherProcessors: Double
    public var stolenProcessors: Double
    /// Share of the time in which something waited for a processor, for memory, for a disk (PSI, `some`), 0 … 1; nil where the
    /// kernel does not say.
    public var cpuPressure: Double?
    public var memoryPressure: Double?
    public var ioPressure: Double?
    /// Runnable tasks averaged over the minute before the block's end.
    public var load: Double?
    /// The slowest processor at the block's end, and the lowest limit that was set to any, MHz.
    public var megahertz: Double?
    public var megahertzLimit: Double?
    /// How often processors were slowed down for their heat meanwhile.
    public var throttles: Int?
    /// Why the block counts as disturbed, in words; empty where it does not.
    public var disturbance: String

    public init(
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

    public var isDisturbed: Bool { !disturbance.isEmpty }
}

/// How many blocks of an experiment's workload were disturbed, and what follows.
public struct Disturbances: Equatable, Sendable {
    /// Blocks that count, warm-ups apart.
    public var blocks: Int
    public var disturbed: Int
    /// What disturbed them, with how many blocks each, the most frequent first.
    public var reasons: [(words: String, blocks: Int)]

    /// From this share of disturbed blocks on a run says in its headline only what is certain all the same.
    public static let tolerated = 0.2

    /// Whether so many blocks were disturbed that a headline's figures would be of something else as well.
    public var isTooMany: Bool { Double(disturbed) > Self.tolerated * Double(blocks) }

    public init(_ states: [BlockState]) {
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
    public static let separator = "; "

    private static func parts(_ text: String) -> [String] {
        text.split(separator: ";").map { String($0.drop { $0 == " " }) }
    }

    public static func == (first: Disturbances, second: Disturbances) -> Bool {
        first.blocks == second.blocks && first.disturbed == second.disturbed
            && first.reasons.map(\.words) == second.reasons.map(\.words)
            && first.reasons.map(\.blocks) == second.reasons.map(\.blocks)
    }
}
