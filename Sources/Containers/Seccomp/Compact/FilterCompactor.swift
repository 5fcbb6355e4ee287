/// Turns a filter into a small one of equal effect: a tree over ranges of numbers for each architecture.
enum FilterCompactor {
    static func compact(_ program: [FilterInstruction]) throws(FilterFault) -> [FilterInstruction] {
        let analysis = try FilterAnalysis(program)
        let specialiser = FilterSpecialiser(program: program)
        var graph = DecisionGraph()

        func decision(for architecture: UInt32) -> DecisionGraph.Reference {
            var intervals: [RangeTree.Interval] = []
            for number in analysis.numbers {
                let decision = specialiser.specialise(number: number, architecture: architecture, in: &graph)
                if intervals.last?.decision != decision {
                    intervals.append(RangeTree.Interval(start: number, decision: decision))
                }
            }
            let tree = RangeTree(intervals).build(in: &graph)
            return graph.reference(to: .load(offset: SystemCallData.numberOffset, next: tree))
        }

        // Any architecture the filter does not name stands for all of them.
        let unnamed = (0...UInt32.max).first { !analysis.architectures.contains($0) } ?? 0
        var root = decision(for: unnamed)
        // The host's own architecture is asked for first: its audit number has the highest bit on 64-bit machines.
        for architecture in analysis.architectures {
            root = graph.reference(
                to: .compare(
                    code: FilterCode.jumpEqual, constant: architecture, then: decision(for: architecture),
                    otherwise: root))
        }
        root = graph.reference(to: .load(offset: SystemCallData.architectureOffset, next: root))
        return FilterAssembler.assemble(graph, from: root)
    }
}
