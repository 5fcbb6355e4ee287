import OCI
import Testing

@testable import Seccomp

@Suite struct FilterCompactorTests {
    /// Docker's profile shrinks to a fraction and judges every call as libseccomp's program does.
    @Test func compactsDockersProfile() throws {
        let profile = SeccompProfile.docker()
        let reference = try NewerSystemCalls.prologue(for: profile) + LibseccompCompiler.compile(profile)
        let compact = try FilterCompactor.compact(reference)
        try FilterCheck.check(compact)
        let bound = try Self.bound(of: reference, for: profile)
        #expect(compact.count <= bound, "\(compact.count) of \(reference.count), and \(bound) would do")
        // That is a fraction of what libseccomp makes of it, which asks for every call by itself.
        #expect(bound * 3 < reference.count, "\(bound) of \(reference.count)")
        #expect(try FilterComparison.firstDifference(reference, compact, for: profile) == nil)
        #expect(try SeccompCompiler.compile(profile).isCompact)
    }

    /// The most that a tree of decisions takes, counted from the verdicts themselves: for each architecture a comparison between every
    /// two neighbouring ranges of numbers that are judged differently; once for all of them what the arguments are asked for; and the
    /// answers, again wherever a jump does not reach the last one (256 instructions).
    private static func bound(of reference: [FilterInstruction], for profile: SeccompProfile) throws -> Int {
        let analysis = try FilterAnalysis(reference)
        let conditions = profile.systemCalls.flatMap(\.arguments)
        var values: Set<UInt64> = [0]
        for condition in conditions { values.formUnion([condition.value &- 1, condition.value, condition.value &+ 1]) }
        let samples = values.sorted().flatMap { [[$0], [$0 | 1 << 40]] }
        var verdicts: Set<UInt32> = []
        var comparisons = 0
        for architecture in analysis.architectures + [0] {
            let judged = try analysis.numbers.map { number in
                try samples.map { arguments in
                    try FilterInterpreter.verdict(
                        of: reference,
                        for: SystemCallData(number: number, architecture: architecture, arguments: arguments))
                }
            }
            comparisons += zip(judged, judged.dropFirst()).count { $0 != $1 }
            verdicts.formUnion(judged.joined())
        }
        // Of each call that is judged by an argument: its upper word is loaded and compared, its lower one loaded, and compared with
        // each value; where only some bits count, both are masked.
        let judged = profile.systemCalls.filter { !$0.arguments.isEmpty }
        let asked =
            Set(judged.flatMap(\.names)).count * 3 + conditions.count
            + conditions.count { $0.comparison == .maskedEqual } * 2
        let beginnings = 1 + analysis.architectures.count * 2 + 1
        let count = beginnings + comparisons + asked + verdicts.count
        return count + count / 256 * verdicts.count
    }

    /// Profiles of every shape keep their verdicts: each comparison, several arguments, alternatives, other default actions,
    /// one architecture alone.
    @Test(arguments: [
        SeccompProfile(
            defaultAction: .allow, architectures: [.x86_64],
            systemCalls: [
                .init(
                    ["ioctl"], .errno, errorNumber: 25,
                    when: [
                        .init(argument: 1, .greaterThan, 0x1_0000_5412), .init(argument: 2, .lessOrEqual, 7),
                        .init(argument: 0, .notEqual, 3),
                    ]),
                .init(["kill"], .killProcess, when: [.init(argument: 1, .greaterOrEqual, 9)]),
            ]),
        SeccompProfile(
            defaultAction: .killProcess, architectures: [.x86_64, .x86],
            systemCalls: [
                .init(["read", "write", "exit_group"], .allow),
                // Two conditions on one argument are alternatives.
                .init(
                    ["prctl"], .allow, when: [.init(argument: 0, .equal, 15), .init(argument: 0, .equal, 16)]),
                .init(
                    ["mmap"], .log, when: [.init(argument: 2, .maskedEqual, 0xFFFF_0000_0000_0006, equals: 6)]),
                .init(["openat"], .trap, when: [.init(argument: 2, .lessThan, 0x8_0000)]),
            ]),
        SeccompProfile(
            defaultAction: .errno, defaultErrorNumber: 38, systemCalls: [.init(["getpid"], .trace, errorNumber: 7)]),
    ])
    func keepsVerdicts(profile: SeccompProfile) throws {
        let reference = try NewerSystemCalls.prologue(for: profile) + LibseccompCompiler.compile(profile)
        let compact = try FilterCompactor.compact(reference)
        try FilterCheck.check(compact)
        #expect(try FilterComparison.firstDifference(reference, compact, for: profile) == nil)
    }

    /// The comparison does see a difference: in one number, in one value of an argument, and behind its upper half.
    @Test func comparisonSeesDifferences() throws {
        func program(_ rules: [SeccompProfile.Rule]) throws -> [FilterInstruction] {
            try LibseccompCompiler.compile(
                SeccompProfile(defaultAction: .errno, architectures: [.x86_64], systemCalls: rules))
        }
        let profile = SeccompProfile.docker()
        let plain = try program([.init(["personality"], .allow, when: [.init(argument: 0, .equal, 8)])])
        let others = [
            try program([.init(["personality"], .allow, when: [.init(argument: 0, .equal, 0)])]),
            try program([
                .init(["personality"], .allow, when: [.init(argument: 0, .maskedEqual, 0xFFFF_FFFF, equals: 8)])
            ]),
            try program([
                .init(["personality"], .allow, when: [.init(argument: 0, .equal, 8)]), .init(["vhangup"], .allow),
            ]),
        ]
        for other in others {
            #expect(try FilterComparison.firstDifference(plain, other, for: profile) != nil)
        }
        #expect(try FilterComparison.firstDifference(plain, plain, for: profile) == nil)
    }

    /// More intervals than a jump reaches: far verdicts are repeated and far branches jumped to, and nothing changes.
    @Test func longProgramsStillReach() throws {
        var reference = [FilterInstruction(code: FilterCode.loadAbsolute, constant: 0)]
        for number: UInt32 in 0..<300 {
            reference.append(FilterInstruction(code: FilterCode.jumpEqual, jumpFalse: 1, constant: number * 3))
            reference.append(FilterInstruction(code: FilterCode.returnConstant, constant: number % 97))
        }
        reference.append(FilterInstruction(code: FilterCode.returnConstant, constant: 1000))
        let compact = try FilterCompactor.compact(reference)
        try FilterCheck.check(compact)
        for number: UInt32 in 0..<2000 {
            let call = SystemCallData(number: number)
            let verdict = try FilterInterpreter.verdict(of: compact, for: call)
            #expect(try verdict == FilterInterpreter.verdict(of: reference, for: call))
        }
    }

    /// A filter that masks the number of the call cannot be split into ranges, and is refused rather than guessed at.
    @Test func refusesWhatItCannotProve() {
        let program = [
            FilterInstruction(code: FilterCode.loadAbsolute, constant: 0),
            FilterInstruction(code: FilterCode.and, constant: 1),
            FilterInstruction(code: FilterCode.jumpEqual, jumpFalse: 1, constant: 0),
            FilterInstruction(code: FilterCode.returnConstant, constant: 0),
            FilterInstruction(code: FilterCode.returnConstant, constant: 0x7FFF_0000),
        ]
        #expect(throws: FilterFault.self) { try FilterCompactor.compact(program) }
    }

    /// A profile that says the impossible is refused with the rule at fault.
    @Test func badProfilesAreNamed() throws {
        let error = try #require(throws: SeccompError.self) {
            try SeccompCompiler.compile(
                SeccompProfile(
                    defaultAction: .allow,
                    systemCalls: [.init(["kill"], .errno, when: [.init(argument: 6, .equal, 0)])]))
        }
        #expect(error.description == "seccomp profile: rule for kill: there is no argument 6")
    }
}
