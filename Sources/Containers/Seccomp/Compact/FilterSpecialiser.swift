/// A filter for one number and architecture: every decision on these is taken beforehand, what remains are the decisions
/// on the arguments.
struct FilterSpecialiser {
    let program: [FilterInstruction]

    /// What the accumulator holds: a known value, or something only the call can tell.
    private enum Accumulator {
        case known(UInt32)
        case unknown
    }

    func specialise(
        number: UInt32, architecture: UInt32, in graph: inout DecisionGraph
    ) -> DecisionGraph.Reference {
        var remaining: [Int: DecisionGraph.Reference] = [:]
        return follow(
            from: 0, .known(0), SystemCallData(number: number, architecture: architecture), &remaining, &graph)
    }

    /// - Parameter remaining: What remains from an instruction on with an unknown accumulator, for each visited so far.
    private func follow(
        from start: Int, _ held: Accumulator, _ call: SystemCallData,
        _ remaining: inout [Int: DecisionGraph.Reference], _ graph: inout DecisionGraph
    ) -> DecisionGraph.Reference {
        var index = start
        var accumulator = held
        while true {
            let instruction = program[index]
            switch instruction.code {
            case FilterCode.returnConstant:
                return graph.reference(to: .verdict(instruction.constant))
            case FilterCode.jumpAlways:
                index += 1 + Int(instruction.constant)
            case FilterCode.loadAbsolute:
                if instruction.constant > SystemCallData.architectureOffset {
                    let next = follow(from: index + 1, .unknown, call, &remaining, &graph)
                    return graph.reference(to: .load(offset: instruction.constant, next: next))
                }
                accumulator = .known(
                    instruction.constant == SystemCallData.numberOffset ? call.number : call.architecture)
                index += 1
            case FilterCode.and:
                // libseccomp masks the upper half with nothing where a constant has no upper half.
                if instruction.constant == 0 { accumulator = .known(0) }
                guard case .known(let value) = accumulator else {
                    let next = follow(from: index + 1, .unknown, call, &remaining, &graph)
                    return graph.reference(to: .and(mask: instruction.constant, next: next))
                }
                accumulator = .known(value & instruction.constant)
                index += 1
            default:
                guard case .known(let value) = accumulator else {
                    if let reference = remaining[index] { return reference }
                    let then = follow(
                        from: index + 1 + Int(instruction.jumpTrue), .unknown, call, &remaining, &graph)
                    let otherwise = follow(
                        from: index + 1 + Int(instruction.jumpFalse), .unknown, call, &remaining, &graph)
                    let reference = graph.reference(
                        to: .compare(
                            code: instruction.code, constant: instruction.constant, then: then,
                            otherwise: otherwise))
                    remaining[index] = reference
                    return reference
                }
                let holds = FilterCode.holds(instruction.code, value, instruction.constant)
                index += 1 + Int(holds ? instruction.jumpTrue : instruction.jumpFalse)
            }
        }
    }
}
