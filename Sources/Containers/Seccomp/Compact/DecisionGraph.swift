/// A filter as decisions instead of instructions: nodes without cycles, shared wherever they are equal.
struct DecisionGraph {
    typealias Reference = Int

    enum Node: Hashable {
        case verdict(UInt32)
        /// The accumulator becomes the word at an offset of the call's data.
        case load(offset: UInt32, next: Reference)
        case and(mask: UInt32, next: Reference)
        case compare(code: UInt16, constant: UInt32, then: Reference, otherwise: Reference)
    }

    private(set) var nodes: [Node] = []
    private var known: [Node: Reference] = [:]

    subscript(reference: Reference) -> Node { nodes[reference] }

    /// The node of that content, made if it is new, and left out where it decides nothing.
    mutating func reference(to node: Node) -> Reference {
        switch node {
        case .load(_, let next), .and(_, let next):
            switch nodes[next] {
            case .verdict, .load: return next
            case .and, .compare: break
            }
        case .compare(_, _, let then, let otherwise) where then == otherwise:
            return then
        case .verdict, .compare:
            break
        }
        if let reference = known[node] { return reference }
        nodes.append(node)
        known[node] = nodes.count - 1
        return nodes.count - 1
    }
}
