import Testing

@testable import Statistics

@Suite struct SeededGeneratorTests {
    /// The sequence is xoshiro256++ seeded by splitmix64, as their authors publish them: the values are an independent
    /// implementation's, in `Reference/make_reference.py`.
    @Test func sequenceIsThePublishedOne() {
        var generator = SeededGenerator(seed: 42)
        #expect(Reference.generated.map { _ in generator.next() } == Reference.generated)
        var state: UInt64 = 1_234_567
        #expect(SeededGenerator.splitmix(&state) == 6_457_827_717_110_365_317)
        #expect(SeededGenerator.splitmix(&state) == 3_203_168_211_198_807_973)
        #expect(SeededGenerator.splitmix(&state) == 9_817_491_932_198_370_423)
    }

    /// A bounded number is unbiased: six faces over 60 000 throws lie within five standard deviations.
    @Test func boundedNumbersAreUniform() {
        var generator = SeededGenerator(seed: 3)
        var counts = [Int](repeating: 0, count: 6)
        for _ in 0..<60_000 { counts[generator.uniform(below: 6)] += 1 }
        for count in counts { #expect(abs(count - 10_000) < 457) }
    }

    /// A shuffle is a permutation, and the same seed gives the same one.
    @Test func shuffleIsAPermutationOfItsSeed() {
        var first = Array(0..<100)
        var second = first
        var generator = SeededGenerator(seed: 9)
        var again = SeededGenerator(seed: 9)
        generator.shuffle(&first)
        again.shuffle(&second)
        #expect(first == second)
        #expect(first != Array(0..<100))
        #expect(first.sorted() == Array(0..<100))
    }
}
