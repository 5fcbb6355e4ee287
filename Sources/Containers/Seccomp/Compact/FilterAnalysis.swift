/// Where a filter's verdict can change with the number and the architecture of the call: between two neighbouring
/// breakpoints it is the same function of the arguments.
///
/// Found by following what the accumulator can hold at each instruction; filters only jump forward, so one pass is enough.
struct FilterAnalysis {
    /// Starts of the intervals of numbers, ascending, the first 0.
    let numbers: [UInt32]
    /// The architectures the filter knows; all others are judged alike.
    let architectures: [UInt32]

    /// What the accumulator can hold.
    private struct Sources: OptionSet {
        let rawValue: UInt8
        static let number = Sources(rawValue: 1)
        static let architecture = Sources(rawValue: 2)
        static let other = Sources(rawValue: 4)
    }

    init(_ program: [FilterInstruction]) throws(FilterFault) {
        try FilterCheck.check(program)
        var numbers: Set<UInt32> = [0]
        var architectures: Set<UInt32> = []
        var sources = Array(repeating: Sources(), count: program.count)
        for (index, instruction) in program.enumerated() {
            let held = sources[index]
            switch instruction.code {
            case FilterCode.loadAbsolute:
                sources[index + 1].formUnion(Self.source(atOffset: instruction.constant))
            case FilterCode.and:
                guard held.isDisjoint(with: [.number, .architecture]) else {
                    throw FilterFault(index: index, problem: "masks the number or architecture of the call")
                }
                sources[index + 1].formUnion(held)
            case FilterCode.jumpAlways:
                sources[index + 1 + Int(instruction.constant)].formUnion(held)
            case FilterCode.returnConstant:
                break
            default:
                if held.contains(.number) {
                    try numbers.formUnion(Self.changes(by: instruction, at: index))
                }
                if held.contains(.architecture) {
                    guard instruction.code == FilterCode.jumpEqual else {
                        throw FilterFault(index: index, problem: "orders architectures")
                    }
                    architectures.insert(instruction.constant)
                }
                sources[index + 1 + Int(instruction.jumpTrue)].formUnion(held)
                sources[index + 1 + Int(instruction.jumpFalse)].formUnion(held)
            }
        }
        self.numbers = numbers.sorted()
        self.architectures = architectures.sorted()
    }

    private static func source(atOffset offset: UInt32) -> Sources {
        switch offset {
        case SystemCallData.numberOffset: .number
        case SystemCallData.architectureOffset: .architecture
        default: .other
        }
    }

    /// The numbers at which a comparison's outcome can change.
    private static func changes(by instruction: FilterInstruction, at index: Int) throws(FilterFault) -> [UInt32] {
        let constant = instruction.constant
        let following = constant == .max ? [] : [constant + 1]
        switch instruction.code {
        case FilterCode.jumpEqual: return [constant] + following
        case FilterCode.jumpGreater: return following
        case FilterCode.jumpGreaterOrEqual: return [constant]
        default:
            // Bits change at the multiples of the lowest of them; libseccomp tests none but the x32 bit.
            let step = constant & (~constant &+ 1)
            guard step >= 1 << 24 else {
                throw FilterFault(index: index, problem: "tests low bits of the call's number")
            }
            return Array(stride(from: 0, to: UInt64(1) << 32, by: Int(step)).map { UInt32($0) })
        }
    }
}
