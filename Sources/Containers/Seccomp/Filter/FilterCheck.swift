/// What the kernel demands of a filter before it takes it (`seccomp_check_filter`, `bpf_check_classic`), for the operations
/// used here.
enum FilterCheck {
    static let greatestLength = 4096

    static func check(_ program: [FilterInstruction]) throws(FilterFault) {
        guard let last = program.last, program.count <= greatestLength else {
            throw FilterFault(index: 0, problem: "is one of \(program.count); 1 to \(greatestLength) are allowed")
        }
        guard last.code == FilterCode.returnConstant else {
            throw FilterFault(index: program.count - 1, problem: "is the last and does not return")
        }
        for (index, instruction) in program.enumerated() {
            let room = program.count - index - 1
            switch instruction.code {
            case FilterCode.loadAbsolute:
                guard instruction.constant % 4 == 0, instruction.constant < SystemCallData.size else {
                    throw FilterFault(index: index, problem: "loads from offset \(instruction.constant)")
                }
            case FilterCode.and, FilterCode.returnConstant:
                break
            case FilterCode.jumpAlways:
                guard instruction.constant < room else {
                    throw FilterFault(index: index, problem: "jumps beyond the end")
                }
            case let code where FilterCode.isComparison(code):
                guard max(instruction.jumpTrue, instruction.jumpFalse) < room else {
                    throw FilterFault(index: index, problem: "jumps beyond the end")
                }
            default:
                throw FilterFault(index: index, problem: "has the unknown operation \(instruction.code)")
            }
        }
    }
}
