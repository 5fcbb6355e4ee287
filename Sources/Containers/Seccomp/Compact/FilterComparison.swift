import OCI

/// Looks for a call on which two filters disagree, by running both.
///
/// Independent of how the compact filter is made: it knows only the interpreter and the profile. Every number a kernel could
/// know is tried for every architecture and convention, and all constants of both filters with their neighbours; where a
/// verdict looks at arguments, each value the profile names, with its neighbours and its single bits, in each argument
/// and each half of it.
enum FilterComparison {
    /// Greater than any number in use, on every architecture.
    private static let numbersInUse: UInt32 = 1024

    static func firstDifference(
        _ one: [FilterInstruction], _ other: [FilterInstruction], for profile: SeccompProfile
    ) throws(FilterFault) -> SystemCallData? {
        var numbers = Set(0..<numbersInUse)
        numbers.formUnion((0..<numbersInUse).map { $0 | SystemCallData.x32Bit })
        for instruction in one + other where FilterCode.isComparison(instruction.code) {
            numbers.formUnion([instruction.constant &- 1, instruction.constant, instruction.constant &+ 1])
        }
        numbers.formUnion([0x7FFF_FFFF, 0x8000_0000, .max])
        let architectures = [SystemCallData.x86_64, SystemCallData.i386, 0xC000_00B7, 0x4000_0028, 0]
        let samples = argumentSamples(of: profile)
        let blindOne = blinded(one)
        let blindOther = blinded(other)

        for architecture in architectures {
            for number in numbers {
                let plain = SystemCallData(number: number, architecture: architecture)
                if let verdict = try? FilterInterpreter.verdict(of: blindOne, for: plain),
                    let otherVerdict = try? FilterInterpreter.verdict(of: blindOther, for: plain)
                {
                    if verdict != otherVerdict { return plain }
                    continue
                }
                for arguments in samples {
                    let call = SystemCallData(number: number, architecture: architecture, arguments: arguments)
                    let verdict = try FilterInterpreter.verdict(of: one, for: call)
                    if try verdict != FilterInterpreter.verdict(of: other, for: call) { return call }
                }
            }
        }
        return nil
    }

    /// The same filter, except that it faults where it would look at an argument.
    private static func blinded(_ program: [FilterInstruction]) -> [FilterInstruction] {
        program.map { instruction in
            instruction.code == FilterCode.loadAbsolute && instruction.constant >= SystemCallData.argumentsOffset
                ? FilterInstruction(code: FilterCode.loadAbsolute, constant: SystemCallData.size) : instruction
        }
    }

    private static func argumentSamples(of profile: SeccompProfile) -> [[UInt64]] {
        // Small values are the operations of the multiplexed calls (socketcall, ipc) of 32-bit architectures.
        var values = Set<UInt64>(0...24)
        values.formUnion([UInt64(UInt32.max), .max])
        for condition in profile.systemCalls.flatMap(\.arguments) {
            for value in [condition.value, condition.valueTwo ?? 0] {
                values.formUnion([value &- 1, value, value &+ 1, ~value])
                if condition.comparison == .maskedEqual {
                    values.formUnion((0..<64).map { value & (1 << UInt64($0)) })
                }
            }
        }
        return values.flatMap { value in
            (0..<6).flatMap { index in
                [value, value << 32, value | 1 << 32, value & 0xFFFF_FFFF].map { value in
                    var arguments = Array(repeating: UInt64(0), count: 6)
                    arguments[index] = value
                    return arguments
                }
            }
        }
    }
}
