import BenchmarkSupport
import Statistics

/// What an engine asks of a runtime.
enum Deed: String, CaseIterable {
    case run, lifecycle, exec, version

    var heading: String {
        switch self {
        case .run: "`run` of a bundle with `true`"
        case .lifecycle: "`create` + `start` + `delete` of a bundle with `true`"
        case .exec: "`exec` of `true` in a running container"
        case .version: "`--version`"
        }
    }
}

/// All that was measured.
struct Results {
    struct Sample {
        var block: Int
        var runtime: String
        var deed: Deed
        var temperature: Temperature
        var nanoseconds: UInt64
    }

    struct Series {
        var runtime: String
        var concurrent: Bool
        var nanosecondsPerStart: Double
    }

    static let subject = "isolab-runtime"
    /// The same program once more: what its ratio is from 1 is noise.
    static let twin = "twin"
    /// The system calls alone.
    static let floor = "floor"
    /// Bytes.
    static let leastMemory: Int64 = 512 << 10

    var samples: [Sample] = []
    var series: [Series] = []
    /// Of so many runs within `leastMemory`, those that succeeded, by runtime.
    var memory: [String: (succeeded: Int, of: Int)] = [:]
    /// Processes that stay behind after `start` besides the container's own.
    var left: [String: Int] = [:]

    /// Nil for what a runtime was not asked to do, or does not (the floor's `exec`).
    func milliseconds(_ runtime: String, _ deed: Deed, _ temperature: Temperature) -> SortedValues? {
        let values = samples.filter { $0.runtime == runtime && $0.deed == deed && $0.temperature == temperature }
        return values.isEmpty ? nil : SortedValues(values.map { Double($0.nanoseconds) / 1e6 })
    }

    /// Long format: one row a sample.
    var csv: String {
        var text = "block,runtime,deed,temperature,ns\n"
        for sample in samples {
            text += "\(sample.block),\(sample.runtime),\(sample.deed.rawValue),\(sample.temperature.rawValue),"
            text += "\(sample.nanoseconds)\n"
        }
        return text
    }

    func markdown(_ runtimes: [String], _ deeds: [Deed], title: String, processors: Int, seed: UInt64) -> String {
        var generator = SeededGenerator(seed: seed)
        var text = "# OCI runtimes: whole commands, call → end\n\n\(title)\n"
        for deed in deeds {
            for temperature in Temperature.allCases {
                text += "\n## \(deed.heading)\n\n\(temperature.heading).\n\n"
                text += "| runtime | \(distributionHeader) | isolab-runtime ÷ it (95 % interval) |\n"
                text += "| --- | --- | --- | --- | --- | --- | --- |\n"
                guard let subject = milliseconds(Self.subject, deed, temperature) else { continue }
                for runtime in runtimes {
                    guard let values = milliseconds(runtime, deed, temperature) else { continue }
                    let ratio =
                        runtime == Self.subject ? "" : ratioCell(subject, to: values, generator: &generator)
                    let cells = [runtime] + distributionCells(values) + [ratio]
                    text += "| \(cells.joined(separator: " | ")) |\n"
                }
            }
        }
        return text + seriesTable(runtimes, processors) + remainsTable(runtimes)
    }

    private func seriesTable(_ runtimes: [String], _ processors: Int) -> String {
        guard !series.isEmpty else { return "" }
        var text = "\n## A hundred starts, ms of wall clock per start, median of the rounds\n\n"
        text += "*Alone* is the median of a hot `run` above; a start's share of processor time is wall clock times the "
        text += "\(processors) processors where they all run at once.\n\n"
        text += "| runtime | alone | one after another | ÷ alone | all at once | × processors ÷ alone |\n"
        text += "| --- | --- | --- | --- | --- | --- |\n"
        for runtime in runtimes {
            guard let alone = milliseconds(runtime, .run, .hot)?.median else { continue }
            func perStart(_ concurrent: Bool) -> Double {
                SortedValues(
                    series.filter { $0.runtime == runtime && $0.concurrent == concurrent }
                        .map { $0.nanosecondsPerStart / 1e6 }
                ).median
            }
            let (sequential, concurrent) = (perStart(false), perStart(true))
            let cells =
                [runtime] + [alone, sequential].map { decimal($0, 3) } + [decimal(sequential / alone, 2)]
                + [decimal(concurrent, 3), decimal(concurrent * Double(processors) / alone, 2)]
            text += "| \(cells.joined(separator: " | ")) |\n"
        }
        return text
    }

    private func remainsTable(_ runtimes: [String]) -> String {
        var text = "\n## What a container takes\n\n"
        text +=
            "| runtime | runs within \(Self.leastMemory >> 10) KiB of memory | processes that stay after `start` |\n"
        text += "| --- | --- | --- |\n"
        for runtime in runtimes where runtime != Self.twin && memory[runtime] != nil {
            let runs = memory[runtime].map { "\($0.succeeded) of \($0.of)" } ?? ""
            text += "| \(runtime) | \(runs) | \(left[runtime].map(String.init) ?? "") |\n"
        }
        return text
    }
}
