/// Intervals of call numbers, each with what is to be done there, made into a tree of comparisons.
///
/// A load of a filter costs by its instructions, and by the steps each number takes through it: the kernel runs it once for
/// every number it knows, to remember those that are always allowed (`seccomp_cache_prepare`). The tree minimises a sum
/// of both, by dynamic programming over the intervals.
struct RangeTree {
    struct Interval {
        var start: UInt32
        var decision: DecisionGraph.Reference
    }

    /// What one instruction costs at load (check, conversion, JIT), in steps.
    private static let instructionCost = 100
    /// More equality tests in a row than this are never better than a split.
    private static let longestChain = 3

    private enum Choice {
        case leaf
        /// Equality tests for the exceptions, then the decision of the rest.
        case chain(rest: DecisionGraph.Reference)
        case split(before: Int)
    }

    private let intervals: [Interval]
    private var choices: [Choice]

    /// - Parameter intervals: Ascending, the first from 0, neighbours different.
    init(_ intervals: [Interval]) {
        self.intervals = intervals
        let count = intervals.count
        choices = Array(repeating: .leaf, count: count * (count + 1))
        let weights = Self.prefixSums(intervals.indices.map { Self.weight(of: $0, in: intervals) })
        var costs = Array(repeating: 0, count: count * (count + 1))
        func place(_ first: Int, _ end: Int) -> Int { first * (count + 1) + end }

        for length in stride(from: 2, through: count, by: 1) {
            for first in 0...(count - length) {
                let end = first + length
                let visits = weights[end] - weights[first]
                var best = Int.max
                var choice = Choice.leaf
                if let chain = Self.chain(intervals, first, end) {
                    best = chain.tests * (Self.instructionCost + visits)
                    choice = .chain(rest: chain.rest)
                }
                for middle in (first + 1)..<end {
                    let cost =
                        Self.instructionCost + visits + costs[place(first, middle)] + costs[place(middle, end)]
                    if cost < best {
                        best = cost
                        choice = .split(before: middle)
                    }
                }
                costs[place(first, end)] = best
                choices[place(first, end)] = choice
            }
        }
    }

    /// Adds the tree to a graph; the accumulator is to hold the number.
    func build(in graph: inout DecisionGraph) -> DecisionGraph.Reference {
        build(0, intervals.count, in: &graph)
    }

    private func build(_ first: Int, _ end: Int, in graph: inout DecisionGraph) -> DecisionGraph.Reference {
        switch choices[first * (intervals.count + 1) + end] {
        case .leaf:
            return intervals[first].decision
        case .chain(let rest):
            return intervals[first..<end].filter { $0.decision != rest }.reversed().reduce(rest) { next, exception in
                graph.reference(
                    to: .compare(
                        code: FilterCode.jumpEqual, constant: exception.start, then: exception.decision,
                        otherwise: next))
            }
        case .split(let middle):
            let below = build(first, middle, in: &graph)
            let above = build(middle, end, in: &graph)
            return graph.reference(
                to: .compare(
                    code: FilterCode.jumpGreaterOrEqual, constant: intervals[middle].start, then: above,
                    otherwise: below))
        }
    }

    /// The decision of all intervals in a range but a few single numbers, where there is one.
    private static func chain(
        _ intervals: [Interval], _ first: Int, _ end: Int
    ) -> (rest: DecisionGraph.Reference, tests: Int)? {
        guard end - first <= 2 * longestChain + 1 else { return nil }
        var best: (rest: DecisionGraph.Reference, tests: Int)?
        // In the order of the intervals: equal profiles are to give equal programs.
        for candidate in first..<end {
            let rest = intervals[candidate].decision
            let exceptions = (first..<end).filter { intervals[$0].decision != rest }
            guard exceptions.count < best?.tests ?? (longestChain + 1),
                exceptions.allSatisfy({ size(of: $0, in: intervals) == 1 })
            else { continue }
            best = (rest, exceptions.count)
        }
        return best
    }

    private static func size(of index: Int, in intervals: [Interval]) -> UInt64 {
        let end = index + 1 < intervals.count ? UInt64(intervals[index + 1].start) : 1 << 32
        return end - UInt64(intervals[index].start)
    }

    /// How many numbers of an interval the kernel knows, about.
    private static func weight(of index: Int, in intervals: [Interval]) -> Int {
        let known: UInt64 = 512
        let start = UInt64(intervals[index].start)
        let end = start + size(of: index, in: intervals)
        return Int(min(end, known) - min(start, known))
    }

    private static func prefixSums(_ values: [Int]) -> [Int] {
        var sums = [0]
        for value in values { sums.append(sums[sums.count - 1] + value) }
        return sums
    }
}
