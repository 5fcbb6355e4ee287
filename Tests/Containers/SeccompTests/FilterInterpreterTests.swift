import Testing

@testable import Seccomp

@Suite struct FilterInterpreterTests {
    static let comparisonTable: [(code: UInt16, constant: UInt32, expected: [UInt32: Bool])] = [
        (FilterCode.jumpEqual, UInt32(5), [UInt32(4): false, 5: true, 6: false]),
        (FilterCode.jumpGreater, 5, [4: false, 5: false, 6: true, .max: true]),
        (FilterCode.jumpGreaterOrEqual, 0x8000_0000, [0x7FFF_FFFF: false, 0x8000_0000: true, .max: true]),
        (FilterCode.jumpAnyBitSet, 0b110, [0b001: false, 0b010: true, 0b111: true]),
    ]

    /// Comparisons are made without sign, and jump by their own offsets.
    @Test(arguments: comparisonTable)
    func comparisons(code: UInt16, constant: UInt32, expected: [UInt32: Bool]) throws {
        let program = [
            FilterInstruction(code: FilterCode.loadAbsolute, constant: 0),
            FilterInstruction(code: code, jumpTrue: 1, constant: constant),
            FilterInstruction(code: FilterCode.returnConstant, constant: 0),
            FilterInstruction(code: FilterCode.returnConstant, constant: 1),
        ]
        for (number, holds) in expected {
            let verdict = try FilterInterpreter.verdict(of: program, for: SystemCallData(number: number))
            #expect(verdict == (holds ? 1 : 0), "\(number)")
        }
    }

    /// Each word of the call's data is read from where `struct seccomp_data` has it on a little-endian machine.
    @Test func wordsOfTheCall() throws {
        let call = SystemCallData(
            number: 1, architecture: 2, arguments: [0x0000_0006_0000_0005, 0, 0, 0, 0, 0x0000_0010_0000_000F],
            instructionPointer: 0x0000_0004_0000_0003)
        let expected: [UInt32: UInt32] = [0: 1, 4: 2, 8: 3, 12: 4, 16: 5, 20: 6, 24: 0, 56: 15, 60: 16]
        for (offset, value) in expected {
            let program = [
                FilterInstruction(code: FilterCode.loadAbsolute, constant: offset),
                FilterInstruction(code: FilterCode.and, constant: 0xFF),
                FilterInstruction(code: FilterCode.jumpEqual, jumpFalse: 1, constant: value),
                FilterInstruction(code: FilterCode.returnConstant, constant: 1),
                FilterInstruction(code: FilterCode.returnConstant, constant: 0),
            ]
            #expect(try FilterInterpreter.verdict(of: program, for: call) == 1, "offset \(offset)")
        }
    }

    /// What the kernel would refuse is refused here, with the instruction at fault.
    @Test(arguments: [
        ([], 0),
        ([FilterInstruction(code: FilterCode.loadAbsolute, constant: 0)], 0),
        (
            [
                FilterInstruction(code: FilterCode.loadAbsolute, constant: 2),
                FilterInstruction(code: FilterCode.returnConstant, constant: 0),
            ], 0
        ),
        (
            [
                FilterInstruction(code: FilterCode.loadAbsolute, constant: 0),
                FilterInstruction(code: FilterCode.jumpEqual, jumpTrue: 1, constant: 0),
                FilterInstruction(code: FilterCode.returnConstant, constant: 0),
            ], 1
        ),
        (
            [
                FilterInstruction(code: FilterCode.jumpAlways, constant: .max),
                FilterInstruction(code: FilterCode.returnConstant, constant: 0),
            ], 0
        ),
        ([FilterInstruction(code: 0x16, constant: 0)], 0),
    ])
    func refusedPrograms(program: [FilterInstruction], index: Int) throws {
        let fault = try #require(throws: FilterFault.self) { try FilterCheck.check(program) }
        #expect(fault.index == index)
    }
}
