/// Runs a filter as the kernel would: which verdict does it give a system call?
///
/// Of classic BPF it knows what seccomp programs are made of here: loads from the call's data, `and`, comparisons with
/// constants, jumps and constant returns. Anything else is an error, not a guess.
public enum FilterInterpreter {
    /// The verdict (`SECCOMP_RET_…` with its 16 bits of data), by the first 32 bits that `SECCOMP_RET` has.
    public static func verdict(
        of program: [FilterInstruction], for call: SystemCallData
    ) throws(FilterFault) -> UInt32 {
        var accumulator: UInt32 = 0
        var index = 0
        while index < program.count {
            let instruction = program[index]
            switch instruction.code {
            case FilterCode.loadAbsolute:
                guard let word = call.word(at: instruction.constant) else {
                    throw FilterFault(index: index, problem: "loads from offset \(instruction.constant)")
                }
                accumulator = word
                index += 1
            case FilterCode.and:
                accumulator &= instruction.constant
                index += 1
            case FilterCode.jumpAlways:
                index += 1 + Int(instruction.constant)
            case FilterCode.returnConstant:
                return instruction.constant
            case let code where FilterCode.isComparison(code):
                let holds = FilterCode.holds(code, accumulator, instruction.constant)
                index += 1 + Int(holds ? instruction.jumpTrue : instruction.jumpFalse)
            default:
                throw FilterFault(index: index, problem: "has the unknown operation \(instruction.code)")
            }
        }
        throw FilterFault(index: index, problem: "lies beyond the end of the program")
    }
}

/// A program that is not a filter as isolab knows them.
public struct FilterFault: Error, Equatable, Sendable, CustomStringConvertible {
    /// The instruction, from 0.
    public let index: Int
    public let problem: String

    public var description: String { "instruction \(index) of the seccomp program \(problem)" }
}
