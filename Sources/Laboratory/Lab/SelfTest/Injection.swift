import RunRecord

/// Something known that is put into every launch of a lane, to see whether it comes back in the figures.
package struct Injection: Equatable, Sendable {
    /// Where it is put.
    package enum Place: Equatable, Sendable {
        /// Before the workload's first words.
        case beforeHello
        case inWorkload
        /// In a process that has cut its ties to the workload: in a session of its own, its maker gone.
        case inDaemon
    }

    /// What is put in.
    package enum Kind: String, CaseIterable, Sendable {
        case startup, cpu, memory
    }

    package var kind: Kind {
        switch metric {
        case Metric.startup: .startup
        case Metric.cpu: .cpu
        default: .memory
        }
    }

    /// In words: `100 µs of start-up`.
    package let title: String
    package let metric: String
    /// What must come back, in `unit`.
    package let expected: Double
    package let unit: String
    /// How much more than what was put in may come back, because the kernel needs something for it that nobody tells, in `unit`.
    package let cost: Double
    /// The same where the workload cannot tell what was put in.
    package let costUntold: Double
    let place: Place
    /// The option of the workload that puts it in, and how much.
    private let option: String
    private let amount: Int

    /// The figures in which the workload tells what was put in, and how many of `unit` one of them is.
    static let memoryTruth = "injected.memory"
    var truth: (name: String, scale: Double) {
        switch kind {
        case .startup: ("injected.delay", 1e-6)
        case .cpu: ("injected.cpu", 1e-6)
        case .memory: (Self.memoryTruth, 1)
        }
    }

    /// The workload's words for it; without, the same detour is taken and nothing is put in.
    func arguments(active: Bool) -> [String] {
        [option, "\(active ? amount : 0)"] + (kind == .cpu ? ["--rest", "\(amount + 2000)"] : [])
    }

    /// A start-up that takes longer.
    package static func delay(microseconds: Int) -> Injection {
        Injection(
            title: microseconds < 1000 ? "\(microseconds) µs of start-up" : "\(microseconds / 1000) ms of start-up",
            metric: Metric.startup, expected: Double(microseconds) / 1000, unit: "ms", cost: 0, costUntold: 0,
            place: .beforeHello,
            option: "--delay", amount: microseconds)
    }

    package static func processor(milliseconds: Int, inDaemon: Bool) -> Injection {
        Injection(
            title: "\(milliseconds) ms of CPU\(inDaemon ? " in a daemon" : "")", metric: Metric.cpu,
            expected: Double(milliseconds), unit: "ms", cost: 0, costUntold: 0,
            place: inDaemon ? .inDaemon : .inWorkload,
            option: inDaemon ? "--daemon-burn" : "--burn", amount: milliseconds * 1000)
    }

    package static func memory(mebibytes: Int, inDaemon: Bool) -> Injection {
        let bytes = Double(mebibytes << 20)
        return Injection(
            title: "\(mebibytes) MiB of memory\(inDaemon ? " in a daemon" : "")", metric: Metric.memorySlope,
            expected: bytes, unit: "B",
            // The structures of a mapping: its area, its anonymous pages' tree.
            cost: 1024,
            // A page of tables for each 2 MiB begun, one more where they are not aligned, and one of each of the two levels above.
            costUntold: Double(((mebibytes + 1) / 2 + 3) * 4096 + 1024), place: inDaemon ? .inDaemon : .inWorkload,
            option: inDaemon ? "--daemon-touch" : "--touch", amount: mebibytes)
    }

    /// What the self-test puts in.
    package static let all: [Injection] =
        [100, 500, 2000, 10_000].map(delay) + [
            processor(milliseconds: 5, inDaemon: false), processor(milliseconds: 5, inDaemon: true),
            memory(mebibytes: 5, inDaemon: false), memory(mebibytes: 5, inDaemon: true),
        ]

    /// Which experiment measures it.
    var experiment: any ExperimentKind.Type {
        metric == Metric.memorySlope ? MemoryExperiment.self : StartupExperiment.self
    }

    /// A launch's figures as if exactly that had been put in which was asked for: where the workload's processor was taken away
    /// meanwhile, more was, by its own clock, in this launch alone; and memory needs page tables.
    ///
    /// - Parameter truth: what the workload says was put in, in `unit`; nil where it does not.
    func corrected(_ measurements: [Measurement], truth: Double?, active: Bool) -> [Measurement] {
        guard let truth else { return measurements }
        return measurements.map { measurement in
            var measurement = measurement
            if measurement.metric == metric { measurement.value -= truth - (active ? expected : 0) }
            return measurement
        }
    }
}
