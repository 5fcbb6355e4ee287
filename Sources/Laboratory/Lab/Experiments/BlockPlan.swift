private import Statistics

/// The order in which a part's lanes are sampled: block by block, shuffled by the seed, so that drift hits all alike.
package struct BlockPlan: Equatable, Sendable {
    /// One sample to take.
    package struct Slot: Equatable, Sendable {
        package let lane: String
        /// The hidden second sample of the baseline lane: the same lane, the same moment, the run's noise floor.
        package let twin: Bool
    }

    package struct Block: Equatable, Sendable {
        /// From 0; warm-ups count from 0 too.
        package let index: Int
        package let warmup: Bool
        package let slots: [Slot]
    }

    package let blocks: [Block]

    /// Plans the blocks of `lanes` (those that can run).
    ///
    /// - Parameters:
    ///   - baseline: its twin joins every counted block; no twin where it is not among the lanes.
    ///   - counts: in how many blocks a lane takes part, evenly spread; all where it is not named.
    package init(
        lanes: [String], blocks: Int, warmups: Int, baseline: String, seed: UInt64, counts: [String: Int] = [:]
    ) {
        var generator = SeededGenerator(seed: seed)
        var plan: [Block] = []
        for index in 0..<max(0, warmups) {
            var slots = lanes.filter { lane in index < (counts[lane] ?? warmups) }
                .map { Slot(lane: $0, twin: false) }
            generator.shuffle(&slots)
            plan.append(Block(index: index, warmup: true, slots: slots))
        }
        for index in 0..<max(0, blocks) {
            var slots =
                lanes
                .filter { Self.takesPart(block: index, of: blocks, count: counts[$0] ?? blocks) }
                .map { Slot(lane: $0, twin: false) }
            if slots.contains(where: { $0.lane == baseline }) { slots.append(Slot(lane: baseline, twin: true)) }
            generator.shuffle(&slots)
            plan.append(Block(index: index, warmup: false, slots: slots))
        }
        self.blocks = plan
    }

    /// Spreads `count` of `total` evenly (Bresenham's line): true for exactly `count` of the blocks.
    static func takesPart(block: Int, of total: Int, count: Int) -> Bool {
        count >= total || (block + 1) * count / total > block * count / total
    }

    /// Samples in the whole plan.
    package var samples: Int { blocks.reduce(0) { $0 + $1.slots.count } }
}
