/// How often a guest's processors came back to the host, as KVM counts it and QEMU (7.1 and newer) tells it on its monitor: for
/// whoever drives the guest, root or not. The same numbers in the kernel's debugging files are closed where it is locked down.
package enum ExitCount {
    /// What is asked on the monitor (QEMU Machine Protocol).
    package static let question = """
        {"execute":"query-stats","arguments":{"target":"vcpu","providers":[{"provider":"kvm","names":["exits"]}]}}
        """

    private struct Answer: Decodable {
        struct Statistic: Decodable {
            var name: String
            var value: UInt64
        }
        struct Processor: Decodable {
            var stats: [Statistic]
        }
        var `return`: [Processor]
    }

    /// The sum over the guest's processors; nil where the answer is another: an emulator that translates counts nothing, one that is
    /// too old does not know the question.
    package static func count(answer: String) -> UInt64? {
        guard let answer = try? Wire.message(Answer.self, answer.utf8), !answer.return.isEmpty else { return nil }
        var sum: UInt64 = 0
        for processor in answer.return {
            guard let exits = processor.stats.first(where: { $0.name == "exits" }) else { return nil }
            sum = sum.addingReportingOverflow(exits.value).partialValue
        }
        return sum
    }
}
