import RunRecord
import WorkloadProtocol

/// How a sandbox ended.
enum Termination: Equatable, Sendable {
    case exited(status: Int32)
    case signalled(number: Int32)
    /// It was still running when its time was up, and isolab killed it.
    case deadline(seconds: Int)
    /// The user's second interrupt killed it.
    case interrupted
    /// It never started, or its runtime could not say how it ended.
    case failed(String)
    /// It was idle, as it should be, and isolab ended it.
    case endedWhileIdle
}

/// Whether a launch counts. A failed launch looks fast: a sample is admitted only if the workload ended as expected,
/// echoed the nonce it was given, and did the work that the nonce demands.
enum Admission {
    struct Expectation: Equatable, Sendable {
        var nonce: UInt64
        var work: UInt32
        var command: String
        /// The workload is asked to wait, and ended by isolab.
        var staysIdle: Bool
        var status: Int32 = 0
    }

    /// Why the launch does not count; `nil` where it does.
    ///
    /// - Parameter complaint: the last words of the runtime or the workload on standard error.
    static func objection(
        to transcript: Transcript, ending termination: Termination, expecting expected: Expectation,
        complaint: String = ""
    ) -> String? {
        guard let reason = bare(transcript, termination, expected) else { return nil }
        let said = complaint.split(whereSeparator: \.isNewline).last.map(String.init)
        let words = transcript.complaint ?? said ?? transcript.strays.last ?? ""
        return words.isEmpty ? reason : "\(reason): \(words.prefix(300))"
    }

    private static func bare(
        _ transcript: Transcript, _ termination: Termination, _ expected: Expectation
    ) -> String? {
        switch termination {
        case .deadline(let seconds): return Sample.deadlineReason(seconds: Double(seconds))
        case .interrupted: return "interrupted"
        case .failed(let words): return words
        case .signalled(let number): return "the workload was killed by signal \(number)"
        case .exited(let status) where status != expected.status:
            return "exit status \(status), expected \(expected.status)"
        case .exited where expected.staysIdle: return "the workload ended though it was to stay idle"
        case .exited, .endedWhileIdle: break
        }
        if transcript.overflowed { return "the workload said more than its protocol allows" }
        return protocolObjection(transcript, expected)
    }

    private static func protocolObjection(_ transcript: Transcript, _ expected: Expectation) -> String? {
        guard let first = transcript.lines.first else { return "the workload said nothing" }
        if case .error = first.message { return "the workload did not begin" }
        guard case .hello(let version, let nonce, let command) = first.message, transcript.strays.isEmpty else {
            return "the channel does not begin with the workload's hello"
        }
        guard version == 1 else { return "protocol version \(version), expected 1" }
        guard nonce == expected.nonce else { return "the nonce was not echoed" }
        guard command == expected.command else {
            return "the workload ran '\(command)', expected '\(expected.command)'"
        }
        var proven = false
        var status: Int32?
        for line in transcript.lines.dropFirst() {
            guard status == nil else { return "the workload went on after it said done" }
            switch line.message {
            case .proof(let iterations, let state):
                guard iterations == expected.work else { return "the proof is of different work than was requested" }
                guard state == ProofOfWork.answer(nonce: expected.nonce, iterations: expected.work) else {
                    return "the proof of work is wrong"
                }
                guard !proven else { return "the proof of work came twice" }
                proven = true
            case .hello: return "the hello came twice"
            case .done(let said): status = said
            // What a lane cannot serve (a call gVisor lacks) is said and is no failure while the workload itself says 0.
            case .error, .observed, .mark, .value, .batch: break
            }
        }
        guard proven else { return "no proof of work" }
        if expected.staysIdle { return transcript.isIdle ? nil : "the workload never became idle" }
        guard let status else { return "the workload never said done" }
        guard status == expected.status else {
            return "the workload said done \(status), expected \(expected.status)"
        }
        return nil
    }
}
