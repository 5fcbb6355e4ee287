import Testing
import WorkloadProtocol

@Suite struct ProofOfWorkTests {
    /// One step of xorshift32 from 1 is 270369 (Marsaglia's triple 13-17-5, worked by hand).
    @Test func firstStepFromOne() {
        #expect(ProofOfWork.answer(nonce: 1, iterations: 0) == 1)
        #expect(ProofOfWork.answer(nonce: 1, iterations: 1) == 270_369)
    }
}
