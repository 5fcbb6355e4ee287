/// xoshiro256++ (Blackman and Vigna, 2019), seeded through splitmix64 as its authors advise.
///
/// The same seed gives the same sequence on every machine and with every compiler. `uniform(below:)` and `shuffle(_:)`
/// are part of that promise; the standard library's own `shuffle(using:)` may change between releases.
public struct SeededGenerator: RandomNumberGenerator, Sendable {
    private var s0: UInt64
    private var s1: UInt64
    private var s2: UInt64
    private var s3: UInt64

    /// - Parameter seed: any value; neighbouring seeds give unrelated sequences.
    public init(seed: UInt64) {
        var state = seed
        s0 = Self.splitmix(&state)
        s1 = Self.splitmix(&state)
        s2 = Self.splitmix(&state)
        s3 = Self.splitmix(&state)
    }

    /// One step of splitmix64: also the way to derive a seed from another.
    public static func splitmix(_ state: inout UInt64) -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }

    /// The next 64 bits.
    @inline(__always)
    public mutating func next() -> UInt64 {
        let result = Self.rotate(s0 &+ s3, 23) &+ s0
        let t = s1 << 17
        s2 ^= s0
        s3 ^= s1
        s1 ^= s2
        s0 ^= s3
        s2 ^= t
        s3 = Self.rotate(s3, 45)
        return result
    }

    @inline(__always)
    private static func rotate(_ x: UInt64, _ by: UInt64) -> UInt64 { (x << by) | (x >> (64 &- by)) }

    /// A number in `0 ..< bound`, without bias (Lemire's multiplication with rejection). `bound` must be positive.
    @inline(__always)
    public mutating func uniform(below bound: Int) -> Int {
        precondition(bound > 0, "uniform(below:) needs a positive bound")
        let range = UInt64(bound)
        var product = next().multipliedFullWidth(by: range)
        if product.low < range {
            let threshold = (0 &- range) % range
            while product.low < threshold { product = next().multipliedFullWidth(by: range) }
        }
        return Int(product.high)
    }

    /// A number in the open interval (0, 1), a multiple of 2⁻⁵³ plus half of one: never 0, so its logarithm exists.
    @inline(__always)
    public mutating func unit() -> Double { (Double(next() >> 11) + 0.5) * 0x1p-53 }

    /// Fisher and Yates's shuffle.
    public mutating func shuffle<Element>(_ elements: inout [Element]) {
        var i = elements.count - 1
        while i > 0 {
            elements.swapAt(i, uniform(below: i + 1))
            i -= 1
        }
    }
}
