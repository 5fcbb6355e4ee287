import Containers
import Glibc
import Linux
import Statistics

/// A kind of start: at once after another of the same lane, or 50 ms after anything at all.
enum Temperature: String, CaseIterable {
    case hot, cold
}

/// All that was measured.
struct Results {
    struct Sample {
        var block: Int
        var lane: String
        var temperature: Temperature
        var launch: Launch
    }

    var samples: [Sample] = []

    func milliseconds(_ lane: String, _ temperature: Temperature) -> SortedValues {
        SortedValues(
            samples.filter { $0.lane == lane && $0.temperature == temperature }.map { Double($0.launch.ready) / 1e6 })
    }

    /// Long format: one row a sample.
    var csv: String {
        var text = "block,lane,temperature,ready_ns,exit_ns,released_ns\n"
        for sample in samples {
            text += "\(sample.block),\(sample.lane),\(sample.temperature.rawValue),\(sample.launch.ready),"
            text += "\(sample.launch.exit),\(sample.launch.released)\n"
        }
        return text
    }

    /// One row a lane: its figures, and isolab's ratio to it.
    func markdown(lanes: [any Lane], title: String, seed: UInt64) -> String {
        var generator = SeededGenerator(seed: seed)
        var text = "# Container start: launch call → first byte of the workload\n\n\(title)\n"
        for temperature in Temperature.allCases {
            let heading = temperature == .hot ? "Hot: at once after another start" : "Cold: 50 ms idle before"
            text += "\n## \(heading)\n\n"
            text += "| lane | isolation | n | min ms | median ms | MAD | p95 | isolab ÷ lane (95 % interval) |\n"
            text += "| --- | --- | --- | --- | --- | --- | --- | --- |\n"
            let subject = milliseconds("isolab", temperature)
            for lane in lanes {
                let values = milliseconds(lane.name, temperature)
                guard values.count > 1 else { continue }
                var cells = [lane.name, lane.isolation, "\(values.count)"]
                cells += [
                    values.minimum, values.median, values.medianAbsoluteDeviation, values.quantile(0.95),
                ].map { decimal($0, 3) }
                if lane.name == "isolab" || subject.count < 2 {
                    cells.append("")
                } else {
                    let ratios = zip(
                        Bootstrap.quantiles(subject, generator: &generator),
                        Bootstrap.quantiles(values, generator: &generator)
                    ).map { $0 / $1 }
                    let interval = Bootstrap.percentileInterval(ratios)
                    cells.append(
                        "**\(decimal(subject.median / values.median, 2))** (\(decimal(interval.low, 2)) … "
                            + "\(decimal(interval.high, 2)))")
                }
                text += "| \(cells.joined(separator: " | ")) |\n"
            }
        }
        return text + phaseTable
    }

    /// What isolab's start consists of, longest phase first.
    private var phaseTable: String {
        var text = "\n## Phases of isolab's container, median µs\n\n"
        text += "| phase | by | hot | cold |\n| --- | --- | --- | --- |\n"
        var names: [String] = []
        var durations: [String: [Temperature: [Double]]] = [:]
        var actors: [String: String] = [:]
        for sample in samples where sample.lane == "isolab" {
            for phase in sample.launch.phases {
                if durations[phase.name] == nil { names.append(phase.name) }
                actors[phase.name] = phase.actor.rawValue
                durations[phase.name, default: [:]][sample.temperature, default: []].append(
                    Double(phase.end - phase.start) / 1e3)
            }
        }
        func median(_ name: String, _ temperature: Temperature) -> Double {
            durations[name]?[temperature].map { SortedValues($0).median } ?? 0
        }
        for name in names.sorted(by: { median($0, .hot) > median($1, .hot) }) where median(name, .hot) >= 3 {
            text += "| \(name) | \(actors[name] ?? "") | \(decimal(median(name, .hot), 0)) | "
            text += "\(decimal(median(name, .cold), 0)) |\n"
        }
        return text
    }

    private func decimal(_ value: Double, _ places: Int) -> String {
        let scale = pow(10, Double(places))
        let whole = Int((abs(value) * scale).rounded())
        var digits = String(whole)
        while digits.count <= places { digits = "0" + digits }
        if places > 0 { digits.insert(".", at: digits.index(digits.endIndex, offsetBy: -places)) }
        return (value < 0 ? "−" : "") + digits
    }
}

func writeFile(_ text: String, _ path: String) throws {
    let file = try OwnedDescriptor(opening: path, O_WRONLY | O_CREAT | O_TRUNC)
    let bytes = Array(text.utf8)
    guard write(file.number, bytes, bytes.count) == bytes.count else { throw SystemError("write", path) }
}
