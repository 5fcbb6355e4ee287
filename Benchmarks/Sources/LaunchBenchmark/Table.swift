import BenchmarkSupport
import Containers
import Statistics

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
            text += "\n## \(temperature.heading)\n\n"
            text += "| lane | isolation | \(distributionHeader) | isolab ÷ lane (95 % interval) |\n"
            text += "| --- | --- | --- | --- | --- | --- | --- | --- |\n"
            let subject = milliseconds("isolab", temperature)
            for lane in lanes {
                let values = milliseconds(lane.name, temperature)
                guard values.count > 1 else { continue }
                var cells = [lane.name, lane.isolation] + distributionCells(values)
                cells.append(
                    lane.name == "isolab" || subject.count < 2
                        ? "" : ratioCell(subject, to: values, generator: &generator))
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
}
