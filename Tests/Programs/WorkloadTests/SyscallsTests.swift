import Testing
import WorkloadProtocol

/// The timed system calls, by what is said of them; how fast they are is for the lab.
@Suite struct SyscallsTests {
    /// Every call is there with as many batches as asked for, each of at least one call and some ticks, in cheap-first
    /// order, between the marks by which the host calibrates the ticks.
    @Test(arguments: [1, 3])
    func everyCallIsTimed(batches: Int) throws {
        let run = try runWorkload("--nonce", "9", "syscalls", "--batches", "\(batches)")
        let said = messages(run.lines).compactMap { $0 }
        #expect(messages(run.lines).allSatisfy { $0 != nil })
        #expect(said.last == .done(status: 0))
        var counts: [String: Int] = [:]
        var order: [String] = []
        for case .batch(let call, let iterations, let ticks) in said {
            if counts[call] == nil { order.append(call) }
            counts[call, default: 0] += 1
            #expect(iterations > 0, "\(call)")
            #expect(ticks > 0, "\(call)")
        }
        // Here the kernel has a vDSO and everything else; a call left out would be an error line.
        #expect(order == WorkloadCall.allCases.map(\.rawValue))
        #expect(counts.values.allSatisfy { $0 == batches })
        let marks = said.indices.filter { if case .mark = said[$0] { true } else { false } }
        #expect(marks.count == 2)
        let batchIndices = said.indices.filter { if case .batch = said[$0] { true } else { false } }
        #expect(try #require(marks.first) < #require(batchIndices.first))
        #expect(try #require(marks.last) > #require(batchIndices.last))
    }

    /// The scale changes the calls in a batch, fractions included, and never to none.
    @Test(arguments: [("2", 1000), ("0.5", 250), ("1.25", 625), ("0.001", 1)] as [(String, UInt64)])
    func scaleChangesBatches(scale: String, expected: UInt64) throws {
        let run = try runWorkload("--nonce", "9", "syscalls", "--batches", "1", "--scale", scale)
        let iterations = messages(run.lines).compactMap { message -> UInt64? in
            if case .batch("getpid", let iterations, _)? = message { iterations } else { nil }
        }
        #expect(iterations == [expected])
    }

    /// No partner process outlives the suite: the channel closes with it.
    @Test func leavesNobodyBehind() throws {
        let process = try WorkloadProcess(["--nonce", "9", "syscalls", "--batches", "1"])
        process.closeInput()
        // The end of the stream comes only when every holder of it, partners included, is gone.
        #expect(process.readAll().last == "done 0")
        #expect(process.exitStatus() == 0)
    }
}
