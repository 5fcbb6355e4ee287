import Linux
import RunRecord
import WorkloadProtocol

@testable import Lab

/// A lane that launches nothing: its sandboxes say what a script has them say. Order, admission and rejection are tested with it, on
/// any host and without a process.
final class ScriptedLane: Lane {
    /// What one launch comes to.
    enum Line: Sendable {
        /// What a workload says that does all it was asked, and its end.
        case honest
        case says(@Sendable (LaunchRequest) -> String, ending: Termination = .exited(status: 0))
        case doesNotStart
    }

    /// What was launched, by all lanes of a test, in order.
    final class Log {
        var launches: [(lane: String, request: LaunchRequest)] = []
        var released = 0
        var closed: [String] = []
    }

    let entry: LaneEntry
    var declared: DeclaredIsolation? { nil }
    private let present: Availability
    private let script: @Sendable (Int) -> Line
    private let log: Log
    private var count = 0

    private init(_ entry: LaneEntry, _ present: Availability, _ log: Log, _ script: @escaping @Sendable (Int) -> Line) {
        self.entry = entry
        self.present = present
        self.log = log
        self.script = script
    }

    /// An entry of a catalogue; of the kind of guests, whose lanes are not looked at from outside.
    ///
    /// - Parameter script: what each launch comes to, by its number from 0.
    static func entry(
        _ id: String, present: Availability = .yes, _ log: Log, _ script: @escaping @Sendable (Int) -> Line
    ) -> LaneEntry {
        nonisolated(unsafe) let log = log
        return LaneEntry(id: id, title: "scripted", kind: .guest) { entry, _ in
            ScriptedLane(entry, present, log, script)
        }
    }

    func availability() -> Availability { present }
    func prepare() throws -> LaneRecord { record(.yes) }
    func close() { log.closed.append(entry.id) }

    func launch(_ request: LaunchRequest) throws -> any Sandbox {
        log.launches.append((entry.id, request))
        defer { count += 1 }
        switch script(count) {
        case .honest: return ScriptedSandbox(Self.honest(request), .exited(status: 0), log)
        case .says(let words, let ending): return ScriptedSandbox(words(request), ending, log)
        case .doesNotStart: throw SystemError("start", "a scripted sandbox", errno: 12)
        }
    }

    static func hello(_ request: LaunchRequest) -> String {
        let digits = String(request.nonce, radix: 16)
        return "hello 1 \(String(repeating: "0", count: 16 - digits.count))\(digits) \(request.command[0])\n"
    }

    static func honest(_ request: LaunchRequest) -> String {
        let state = ProofOfWork.answer(nonce: request.nonce, iterations: request.work)
        return hello(request) + "proof \(request.work) \(String(state, radix: 16))\ndone 0\n"
    }
}

/// Says all at once, and has ended.
private final class ScriptedSandbox: Sandbox {
    let launched = HostClock.now()
    private(set) var instants: [Instant] = []
    let stretches: [Stretch] = []
    let cpuNanoseconds: UInt64? = 1_000_000
    let processes: [Int32] = []
    let cgroupCharge: UInt64? = nil
    let accounts: [String] = []
    private var words: String
    private let ending: Termination
    private let log: ScriptedLane.Log

    init(_ words: String, _ ending: Termination, _ log: ScriptedLane.Log) {
        self.words = words
        self.ending = ending
        self.log = log
    }

    func hear(_ transcript: inout Transcript, until deadline: UInt64) -> Hearing {
        guard !words.isEmpty else { return .closed }
        Array(words.utf8).withUnsafeBytes { transcript.append($0, at: HostClock.now()) }
        words = ""
        return .heard
    }

    func waitForEnd(until deadline: UInt64) -> Termination? { ending }
    func endIdle() {}
    func kill() {}

    func release() throws {
        log.released += 1
        instants.append(Instant(name: EventName.released, at: HostClock.now()))
    }
}
