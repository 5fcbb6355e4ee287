/// The work a workload owes for the nonce it was given: a launch that did not run it cannot know the answer.
///
/// xorshift32 (Marsaglia 2003, "Xorshift RNGs", triple 13-17-5) walked `iterations` steps from a seed folded out of the
/// nonce. 32 bits, so that a micro-guest in 32-bit protected mode can do it too.
public enum ProofOfWork {
    /// The state after `iterations` steps.
    public static func answer(nonce: UInt64, iterations: UInt32) -> UInt32 {
        var state = UInt32(truncatingIfNeeded: nonce ^ (nonce >> 32)) | 1
        for _ in 0..<iterations {
            state ^= state << 13
            state ^= state >> 17
            state ^= state << 5
        }
        return state
    }
}
