/// Lays a decision graph out as instructions.
///
/// Jumps only go forward, so the program is written from its end: what a node leads to has its place before the node itself.
struct FilterAssembler {
    /// A conditional jump skips at most 255 instructions.
    private static let farthestJump = 255

    private let graph: DecisionGraph
    /// Last instruction first.
    private var reversed: [FilterInstruction] = []
    /// Where each node begins, counted from the program's end.
    private var places: [DecisionGraph.Reference: Int] = [:]

    static func assemble(_ graph: DecisionGraph, from root: DecisionGraph.Reference) -> [FilterInstruction] {
        var assembler = FilterAssembler(graph: graph)
        assembler.place(root)
        return assembler.reversed.reversed()
    }

    private init(graph: DecisionGraph) { self.graph = graph }

    private mutating func place(_ reference: DecisionGraph.Reference) {
        if places[reference] != nil { return }
        switch graph[reference] {
        case .verdict(let verdict):
            append(FilterInstruction(code: FilterCode.returnConstant, constant: verdict), as: reference)
        case .load(let offset, let next):
            placeJustAfter(next)
            append(FilterInstruction(code: FilterCode.loadAbsolute, constant: offset), as: reference)
        case .and(let mask, let next):
            placeJustAfter(next)
            append(FilterInstruction(code: FilterCode.and, constant: mask), as: reference)
        case .compare(let code, let constant, let then, let otherwise):
            place(then)
            place(otherwise)
            // Bringing one nearer pushes the other away by one instruction.
            bringNear(then, within: Self.farthestJump - 1)
            bringNear(otherwise, within: Self.farthestJump)
            append(
                FilterInstruction(
                    code: code, jumpTrue: UInt8(distance(to: then)), jumpFalse: UInt8(distance(to: otherwise)),
                    constant: constant),
                as: reference)
        }
    }

    /// Makes the next written instruction fall through to a node.
    private mutating func placeJustAfter(_ reference: DecisionGraph.Reference) {
        place(reference)
        if distance(to: reference) != 0 { bringNear(reference, within: 0) }
    }

    /// Repeats a verdict, or jumps on, where a node has its place too far away.
    private mutating func bringNear(_ reference: DecisionGraph.Reference, within limit: Int) {
        let distance = distance(to: reference)
        guard distance > limit else { return }
        if case .verdict(let verdict) = graph[reference] {
            append(FilterInstruction(code: FilterCode.returnConstant, constant: verdict), as: reference)
        } else {
            append(FilterInstruction(code: FilterCode.jumpAlways, constant: UInt32(distance)), as: reference)
        }
    }

    /// Instructions between the next written one and a node that has its place.
    private func distance(to reference: DecisionGraph.Reference) -> Int {
        reversed.count - 1 - (places[reference] ?? 0)
    }

    private mutating func append(_ instruction: FilterInstruction, as reference: DecisionGraph.Reference) {
        reversed.append(instruction)
        places[reference] = reversed.count - 1
    }
}
