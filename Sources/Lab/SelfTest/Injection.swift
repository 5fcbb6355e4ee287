import RunRecord

/// Something known that is put into every launch of a lane, to see whether it comes back in the figures.
public struct Injection: Equatable, Sendable {
    /// Where it is put.
    public enum Place: Equatable, Sendable {
        /// Before the workload's first words.
        case beforeHello
        case inWorkload
        /// In a process that has cut its ties to the workload: in a session of its own, its maker gone.
        case inDaemon
    }

    /// In words: `100 µs of start-up`.
    public let title: String
    public let metric: String
    /// What must come back, in `unit`.
    public let expected: Double
    public let unit: String
    /// How far what comes back may be from that because the injection itself costs something, in `unit`: page tables.
    public let cost: Double
    let place: Place
    /// The option of the workload that puts it in, and how much.
    private let option: String
    private let amount: Int

    /// The workload's words for it; without, the same detour is taken and nothing is put in.
    func arguments(active: Bool) -> [String] { [option, "\(active ? amount : 0)"] }

    /// A start-up that takes longer.
    public static func delay(microseconds: Int) -> Injection {
        Injection(
            title: microseconds < 1000 ? "\(microseconds) µs of start-up" : "\(microseconds / 1000) ms of start-up",
            metric: Metric.startup, expected: Double(microseconds) / 1000, unit: "ms", cost: 0, place: .beforeHello,
            option: "--delay", amount: microseconds)
    }

    public static func processor(milliseconds: Int, inDaemon: Bool) -> Injection {
        Injection(
            title: "\(milliseconds) ms of CPU\(inDaemon ? " in a daemon" : "")", metric: Metric.cpu,
            expected: Double(milliseconds), unit: "ms", cost: 0, place: inDaemon ? .inDaemon : .inWorkload,
            option: inDaemon ? "--daemon-burn" : "--burn", amount: milliseconds * 1000)
    }

    public static func memory(mebibytes: Int, inDaemon: Bool) -> Injection {
        let bytes = Double(mebibytes << 20)
        return Injection(
            title: "\(mebibytes) MiB of memory\(inDaemon ? " in a daemon" : "")", metric: Metric.memorySlope,
            expected: bytes, unit: "B",
            // A page of tables for each 2 MiB, one more where they are not aligned, and one of the level above.
            cost: Double((mebibytes / 2 + 3) * 4096), place: inDaemon ? .inDaemon : .inWorkload,
            option: inDaemon ? "--daemon-touch" : "--touch", amount: mebibytes)
    }

    /// What the self-test puts in.
    public static let all: [Injection] =
        [100, 500, 2000, 10_000].map(delay) + [
            processor(milliseconds: 5, inDaemon: false), processor(milliseconds: 5, inDaemon: true),
            memory(mebibytes: 5, inDaemon: false), memory(mebibytes: 5, inDaemon: true),
        ]

    /// Which experiment measures it.
    var experiment: any ExperimentKind.Type {
        metric == Metric.memorySlope ? MemoryExperiment.self : StartupExperiment.self
    }
}
