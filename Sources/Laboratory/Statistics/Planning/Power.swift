import Glibc

/// What a number of blocks can show, and how many would do.
public enum Power {
    /// How often a difference of the size named is found, and sameness shown where there is none.
    public static let aim = 0.8

    /// The least difference that a shift with this standard error shows in four of five runs, tested at `level`.
    public static func visibleDifference(error: Double, level: Double) -> Double {
        error * (max(Shift.reach, Normal.quantile(1 - level / 2)) + Normal.quantile(aim))
    }

    /// How many blocks would bring a difference of the margin's size to light, and show sameness where there is none, given
    /// the standard error that `blocks` had; nil where the margin is not positive.
    ///
    /// Either needs the whole interval to lie on one side of the margin; for sameness on both, hence the higher quantile. What the
    /// widening of intervals on chance correlations and the greater quantiles of few blocks take besides is as simulated: a
    /// fourteenth, and four blocks.
    public static func blocks(for margin: Double, error: Double, blocks: Int, level: Double) -> Int? {
        guard margin > 0, error.isFinite else { return nil }
        let same = Shift.reach + Normal.quantile(1 - (1 - aim) / 2)
        let different = max(Shift.reach, Normal.quantile(1 - level / 2)) + Normal.quantile(aim)
        let ratio = max(same, different) * error / margin
        let needed = 1.07 * Double(blocks) * ratio * ratio + 4
        guard needed < 1e9 else { return 1_000_000_000 }
        return max(Shift.minimumCount, Int(within: needed.rounded(.up)))
    }

    /// The fewest blocks with which one of `comparisons` can pass Holm's correction at all: 2^(1−n) × comparisons ≤ level.
    public static func leastBlocks(comparisons: Int, level: Double = 0.05) -> Int {
        var blocks = Shift.minimumCount
        while Shift.resolution(blocks) * Double(max(1, comparisons)) > level { blocks += 1 }
        return blocks
    }
}
