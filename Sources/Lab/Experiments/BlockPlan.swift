/// The order in which a part's lanes are sampled: block by block, shuffled by the seed, so that drift hits all alike.
public struct BlockPlan: Equatable, Sendable {
    /// One sample to take.
    public struct Slot: Equatable, Sendable {
        public let lane: String
        /// The hidden second sample of the baseline lane: the same lane, the same moment, the run's noise floor.
        public let twin: Bool
    }

    public struct Block: Equatable, Sendable {
        /// From 0; warm-ups count from 0 too.
        public let index: Int
        public let warmup: Bool
        public let slots: [Slot]
    }

    public let blocks: [Block]

    /// Plans the blocks of `lanes` (those that can run).
    ///
    /// - Parameters:
    ///   - baseline: its twin joins every counted block; no twin where it is not among the lanes.
    ///   - counts: in how many blocks a lane takes part, evenly spread; all where it is not named.
    public init(
        lanes: [String], blocks: Int, warmups: Int, baseline: String, seed: UInt64, counts: [String: Int] = [:]
    ) {
        var generator = SeededGenerator(seed: seed)
        var plan: [Block] = []
        for index in 0..<max(0, warmups) {
            let slots = lanes.filter { lane in index < (counts[lane] ?? warmups) }
                .map { Slot(lane: $0, twin: false) }
            plan.append(Block(index: index, warmup: true, slots: slots.shuffled(using: &generator)))
        }
        for index in 0..<max(0, blocks) {
            var slots =
                lanes
                .filter { Self.takesPart(block: index, of: blocks, count: counts[$0] ?? blocks) }
                .map { Slot(lane: $0, twin: false) }
            if slots.contains(where: { $0.lane == baseline }) { slots.append(Slot(lane: baseline, twin: true)) }
            plan.append(Block(index: index, warmup: false, slots: slots.shuffled(using: &generator)))
        }
        self.blocks = plan
    }

    /// Spreads `count` of `total` evenly (Bresenham's line): true for exactly `count` of the blocks.
    static func takesPart(block: Int, of total: Int, count: Int) -> Bool {
        count >= total || (block + 1) * count / total > block * count / total
    }

    /// Samples in the whole plan.
    public var samples: Int { blocks.reduce(0) { $0 + $1.slots.count } }
}

/// SplitMix64 (Steele, Lea, Flood 2014): the same order on every machine for one seed.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
