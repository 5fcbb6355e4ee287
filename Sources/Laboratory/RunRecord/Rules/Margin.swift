/// How large a difference in a metric must be to matter: declared before anything is measured, stored in the run, and never
/// widened by noise. Two lanes are called the same only where their difference is shown to be smaller.
package struct Margin: Codable, Equatable, Sendable {
    /// A name of `Metric`, or a prefix of several: `syscall` is every system call's, `memory` every memory figure's.
    package var metric: String
    /// Share of the reference's median.
    package var share: Double
    /// The least difference that matters however small the reference is, in `unit`.
    package var least: Double
    /// `ns`, `us`, `ms`, `s`, `B`, `KiB`, `MiB`.
    package var unit: String

    package init(_ metric: String, share: Double, least: Double, unit: String) {
        self.metric = metric
        self.share = share
        self.least = least
        self.unit = unit
    }

    /// Where an experiment declares none of its own.
    package static let standard: [Margin] = [
        Margin(Metric.startup, share: 0.10, least: 50, unit: "us"),
        Margin(Metric.teardown, share: 0.10, least: 50, unit: "us"),
        Margin("life", share: 0.10, least: 100, unit: "us"),
        Margin(Metric.cpu, share: 0.10, least: 100, unit: "us"),
        Margin("memory", share: 0.10, least: 64, unit: "KiB"),
        Margin("syscall", share: 0.05, least: 5, unit: "ns"),
    ]

    /// Nanoseconds or bytes in one of a unit; nil for an unknown one.
    package static func base(of unit: String) -> Double? {
        switch unit {
        case "ns", "B", "1": 1
        case "us", "µs": 1e3
        case "ms": 1e6
        case "s": 1e9
        case "KiB": 1_024
        case "MiB": 1_048_576
        default: nil
        }
    }

    /// The margin beside a reference's median, both in `unit` of the record; nil where the units do not go together.
    package func size(beside median: Double, unit recorded: String) -> Double? {
        guard let own = Self.base(of: unit), let theirs = Self.base(of: recorded),
            (unit.hasSuffix("B") == (recorded == "B")) || least == 0
        else { return nil }
        return max(share * abs(median), least * own / theirs)
    }

    /// `10 % 50 us`: the share, and where there is one the least.
    package var text: String {
        let percent = "\(SampleTable.shortest((share * 1e6).rounded() / 1e4)) %"
        return least > 0 ? "\(percent) \(SampleTable.shortest(least)) \(unit)" : percent
    }

    /// Units of a metric's least difference, the smallest first: no duration is so many bytes.
    package static func units(of metric: String) -> [String] {
        isMemory(metric) ? ["B", "KiB", "MiB"] : ["ns", "us", "ms", "s"]
    }

    private static func isMemory(_ metric: String) -> Bool { metric == "memory" || metric.hasPrefix("memory.") }

    /// Beyond them nothing that is measured differs: an hour, and a TiB.
    private static func greatest(_ metric: String) -> Double { isMemory(metric) ? 1_099_511_627_776 : 3.6e12 }

    /// Reads `text`; nil where it is not a share between 0 and 100 % with or without a least difference in a unit of the metric's.
    package init?(_ metric: String, text: String) {
        var spaced = ""
        for character in text { spaced += character == "%" ? " % " : String(character) }
        let words = spaced.split(separator: " ").map(String.init)
        guard words.count == 2 || words.count == 4, words[1] == "%", let percent = Self.decimal(words[0]),
            percent <= 100
        else { return nil }
        var least = 0.0
        var unit = Self.units(of: metric)[0]
        if words.count == 4 {
            let name = words[3] == "µs" ? "us" : words[3]
            guard let number = Self.decimal(words[2]), Self.units(of: metric).contains(name),
                let base = Self.base(of: name), number * base <= Self.greatest(metric)
            else { return nil }
            (least, unit) = (number, words[3])
        }
        guard percent > 0 || least > 0 else { return nil }
        self.init(metric, share: percent / 100, least: least, unit: unit)
    }

    /// Digits with at most four behind a point: as many as are written again, so that no margin becomes another one.
    private static func decimal(_ word: String) -> Double? {
        let parts = word.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count <= 2, parts.allSatisfy({ !$0.isEmpty && $0.allSatisfy { 0x30...0x39 ~= $0 } }),
            parts[0].count <= 15, parts.count == 1 || parts[1].count <= 4
        else { return nil }
        return Double(word)
    }

    /// What may be declared: every metric but single system calls, and what several begin with.
    package static let known: [String] =
        [
            Metric.startup, Metric.teardown, "life", Metric.cpu, "syscall", "memory", Metric.memorySlope,
            Metric.memoryPSS,
            Metric.memoryUSS, Metric.memoryCgroup, Metric.memoryKernel, Metric.memoryUnexplained,
        ] + Metric.memoryKernelParts + ["memory.guest", Metric.guestTotal, Metric.guestAvailable]
}

extension [Margin] {
    /// The margin of a metric: its own, else that of its prefix; the last that fits where several do.
    package func of(_ metric: String) -> Margin? {
        last { $0.metric == metric } ?? last { metric.hasPrefix($0.metric + ".") }
    }
}
