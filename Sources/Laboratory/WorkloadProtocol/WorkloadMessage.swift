/// One line that `isolab-workload` says on its channel (standard output of a process, the debug port of a guest).
///
/// The lines are ASCII, one message each, words parted by one space:
///
///     hello 1 <nonce: 16 hex digits> <command>     the first bytes of main; their arrival is the event "ready"
///     self <what> <words …>                        what the workload sees of its own isolation (`ObservedIsolation`)
///     mark <name> <ticks>                          an instant, with the workload's own counter (TSC ticks)
///     value <metric> <unit> <decimal>              one figure, e.g. the guest's own MemAvailable
///     batch <call> <iterations> <ticks>            one timed batch of a call (`WorkloadCall`), the loop and clock included
///     proof <iterations> <state: 8 hex digits>     the work done for the nonce (`ProofOfWork`)
///     error <operation> <errno> <words …>          what the workload could not do
///     done <exit status>                           the last line
public enum WorkloadMessage: Equatable, Sendable {
    case hello(version: Int, nonce: UInt64, command: String)
    case observed(what: String, words: String)
    case mark(name: String, ticks: UInt64)
    case value(metric: String, unit: String, value: Double)
    case batch(call: String, iterations: UInt64, ticks: UInt64)
    case proof(iterations: UInt32, state: UInt32)
    case error(operation: String, errno: Int32, words: String)
    case done(status: Int32)
}

extension WorkloadMessage {
    /// Reads one line without its newline; `nil` where it is not of the protocol (a crash message, a stray print).
    public init?(line: some StringProtocol) {
        let words = line.split(separator: " ", omittingEmptySubsequences: true)
        guard let verb = words.first else { return nil }
        switch (verb, words.count) {
        case ("hello", 4):
            guard let version = Int(words[1]), let nonce = UInt64(words[2], radix: 16) else { return nil }
            self = .hello(version: version, nonce: nonce, command: String(words[3]))
        case ("self", 3...):
            self = .observed(what: String(words[1]), words: words.dropFirst(2).joined(separator: " "))
        case ("mark", 3):
            guard let ticks = UInt64(words[2]) else { return nil }
            self = .mark(name: String(words[1]), ticks: ticks)
        case ("value", 4):
            guard let value = Double(words[3]), value.isFinite else { return nil }
            self = .value(metric: String(words[1]), unit: String(words[2]), value: value)
        case ("batch", 4):
            guard let iterations = UInt64(words[2]), let ticks = UInt64(words[3]) else { return nil }
            self = .batch(call: String(words[1]), iterations: iterations, ticks: ticks)
        case ("proof", 3):
            guard let iterations = UInt32(words[1]), let state = UInt32(words[2], radix: 16) else { return nil }
            self = .proof(iterations: iterations, state: state)
        case ("error", 3...):
            guard let number = Int32(words[2]) else { return nil }
            self = .error(
                operation: String(words[1]), errno: number, words: words.dropFirst(3).joined(separator: " "))
        case ("done", 2):
            guard let status = Int32(words[1]) else { return nil }
            self = .done(status: status)
        default:
            return nil
        }
    }
}
