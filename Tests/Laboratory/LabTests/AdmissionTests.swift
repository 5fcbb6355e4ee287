import Testing
import WorkloadProtocol

@testable import Lab

struct AdmissionTests {
    private static let nonce: UInt64 = 0x0123_4567_89ab_cdef
    private static let work: UInt32 = 1000
    private static let state = String(ProofOfWork.answer(nonce: nonce, iterations: work), radix: 16)
    private static let hello = "hello 1 0123456789abcdef exit\n"
    private static let proof = "proof 1000 \(state)\n"

    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let said: String
        var ending = Termination.exited(status: 0)
        var staysIdle = false
        /// A part of the reason; nil: admitted.
        let reason: String?
        var testDescription: String { name }
    }

    static let cases = [
        Case(name: "whole", said: hello + proof + "done 0\n", reason: nil),
        Case(name: "silent", said: "", reason: "said nothing"),
        Case(name: "failed", said: hello + proof + "done 0\n", ending: .exited(status: 1), reason: "exit status 1"),
        Case(name: "crashed", said: hello, ending: .signalled(number: 11), reason: "signal 11"),
        Case(name: "late", said: hello, ending: .deadline(seconds: 3), reason: "deadline of 3 s"),
        Case(
            name: "other nonce", said: "hello 1 0123456789abcde0 exit\n" + proof + "done 0\n",
            reason: "nonce was not echoed"),
        Case(name: "no proof", said: hello + "done 0\n", reason: "no proof"),
        Case(name: "wrong proof", said: hello + "proof 1000 deadbeef\ndone 0\n", reason: "proof of work is wrong"),
        Case(name: "less work", said: hello + "proof 999 \(state)\ndone 0\n", reason: "different work"),
        Case(name: "never done", said: hello + proof, reason: "never said done"),
        Case(name: "done 3", said: hello + proof + "done 3\n", reason: "said done 3"),
        Case(
            name: "other command", said: "hello 1 0123456789abcdef spin\n" + proof + "done 0\n",
            reason: "ran 'spin'"),
        Case(name: "stray words", said: "Segmentation fault\n" + hello + proof + "done 0\n", reason: "hello"),
        Case(name: "cut off", said: hello + proof + "don", reason: "hello"),
        Case(name: "an empty first line", said: "\n" + hello + proof + "done 0\n", reason: "hello"),
        Case(name: "the hello twice", said: hello + hello + proof + "done 0\n", reason: "hello came twice"),
        Case(name: "the proof twice", said: hello + proof + proof + "done 0\n", reason: "proof of work came twice"),
        Case(name: "done twice", said: hello + proof + "done 0\ndone 0\n", reason: "went on after it said done"),
        Case(
            name: "everything twice", said: hello + proof + "done 0\n" + hello + proof + "done 0\n",
            reason: "went on after it said done"),
        Case(
            name: "a call that a lane lacks is no failure",
            said: hello + "error futex 38 no such call\n" + proof + "done 0\n", reason: nil),
        Case(
            name: "idle", said: hello + proof + "mark ready 5\n", ending: .endedWhileIdle, staysIdle: true, reason: nil),
        Case(
            name: "never idle", said: hello + proof, ending: .endedWhileIdle, staysIdle: true,
            reason: "never became idle"),
        Case(
            name: "died while idle", said: hello + proof + "mark ready 5\nerror crash 11 signal in PID 1\n",
            staysIdle: true, reason: "though it was to stay idle: crash: signal in PID 1 (errno 11)"),
        Case(
            name: "could not begin", said: "error arguments 22 no such command\n",
            reason: "did not begin: arguments: no such command (errno 22)"),
        Case(
            name: "idle no more", said: hello + proof + "mark ready 5\ndone 0\n", staysIdle: true,
            reason: "though it was to stay idle"),
    ]

    /// What a launch says and how it ends decides whether it counts, and the reason names what was wrong.
    @Test(arguments: cases) func rule(_ example: Case) {
        var transcript = Transcript()
        Array(example.said.utf8).withUnsafeBytes { transcript.append($0, at: 1) }
        transcript.end(at: 2)
        let objection = Admission.objection(
            to: transcript, ending: example.ending,
            expecting: .init(nonce: Self.nonce, work: Self.work, command: "exit", staysIdle: example.staysIdle))
        if let reason = example.reason {
            #expect(objection?.contains(reason) == true, "\(objection ?? "admitted")")
        } else {
            #expect(objection == nil)
        }
    }

    /// `ready` is the first byte of the hello, not of whatever somebody said before it.
    @Test func ready() {
        func ready(_ pieces: [(text: String, instant: UInt64)]) -> UInt64? {
            var transcript = Transcript()
            for piece in pieces { Array(piece.text.utf8).withUnsafeBytes { transcript.append($0, at: piece.instant) } }
            return transcript.ready
        }
        #expect(ready([(Self.hello, 5)]) == 5)
        #expect(ready([("hel", 5), ("lo 1 0123456789abcdef exit\n", 9)]) == 5)
        #expect(ready([("\n", 1), (Self.hello, 100)]) == 100)
        #expect(ready([("warming up\n", 1), (Self.hello, 100)]) == 100)
        #expect(ready([("\n", 1)]) == nil)
        var guest = Transcript()
        guest.append(line: "a word of the firmware", begun: 1, ended: 2)
        guest.append(line: "hello 1 0123456789abcdef exit", begun: 7, ended: 8)
        #expect(guest.ready == 7)
    }
}
