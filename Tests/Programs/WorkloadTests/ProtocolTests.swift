import Testing
import WorkloadProtocol

/// The lines as the host reads them.
@Suite struct ProtocolTests {
    /// Every verb of the protocol is understood, with its numbers in the right places.
    @Test(arguments: [
        ("hello 1 00000000000000ab ready", WorkloadMessage.hello(version: 1, nonce: 0xab, command: "ready")),
        ("mark begin 18446744073709551615", .mark(name: "begin", ticks: .max)),
        ("value memory.guest.total B 1024", .value(metric: "memory.guest.total", unit: "B", value: 1024)),
        ("batch getpid 500 170000", .batch(call: "getpid", iterations: 500, ticks: 170_000)),
        ("self root 42 7 794c7630 00000021", .observed(what: "root", words: "42 7 794c7630 00000021")),
        ("proof 1000 8360a3c9", .proof(iterations: 1000, state: 0x8360_a3c9)),
        (
            "error mmap 12 cannot have that much memory",
            .error(operation: "mmap", errno: 12, words: "cannot have that much memory")
        ),
        ("done 255", .done(status: 255)),
    ])
    func readsLine(line: String, message: WorkloadMessage) {
        #expect(WorkloadMessage(line: line) == message)
    }

    /// What is not of the protocol is not taken for it: kernel messages, cut lines, numbers that are none.
    @Test(arguments: [
        "", "self", "self boot", "done", "done x", "hello 1 zz ready", "hello 1 ab", "mark begin -1",
        "batch getpid 500",
        "proof 1 123456789",
        "value a B nan", "value a B inf", "[    0.000000] Linux version", "error mmap", "Done 0",
    ])
    func refusesOtherLines(line: String) {
        #expect(WorkloadMessage(line: line) == nil)
    }
}
