import BenchmarkSupport
import Glibc
import Statistics

// `run --rm IMAGE true` with the image here: isolab beside podman, and an image of one layer beside one of sixty. Interleaved in
// random order, hot and cold.

func measureRuns(_ bed: Bed, _ options: Options) throws -> (table: String, csv: String) {
    let lanes = bed.runs
    var generator = SeededGenerator(seed: options.seed)
    var samples: [String: [Temperature: [Double]]] = [:]
    var csv = "block,lane,temperature,ns\n"
    try measureInterleaved(lanes, blocks: options.samples, &generator) { lane, _ in
        try lane.time()
    } keep: { block, lane, temperature, time in
        samples[lane.name, default: [:]][temperature, default: []].append(Double(time) / 1e6)
        csv += "\(block),\"\(lane.name)\",\(temperature.rawValue),\(time)\n"
    }
    var text = """
        # `run --rm IMAGE true`: whole commands, call → end

        \(options.samples) blocks, seed \(options.seed); every command's status checked. No network in any. podman: its own \
        defaults besides, overlay storage, the runtime it chooses; its conmon and clean-up are in its time as far as the command \
        waits for them. isolab's own start, without a container: `isolab --version`.

        """
    for temperature in Temperature.allCases {
        text += "\n## \(temperature.heading)\n\n"
        text += table(
            lanes.map { ($0.name, samples[$0.name]?[temperature] ?? []) }, subject: { _ in lanes[0].name },
            seed: options.seed)
    }
    return (text, csv)
}

/// Distributions, each with the ratio of its subject to it.
///
/// - Parameter subject: the lane a lane is compared with.
func table(_ lanes: [(name: String, values: [Double])], subject: (String) -> String, seed: UInt64) -> String {
    var generator = SeededGenerator(seed: seed)
    var text =
        "| command | \(distributionHeader) | isolab ÷ it (95 % interval) |\n| --- | --- | --- | --- | --- | --- | --- |\n"
    for (name, values) in lanes {
        let own = SortedValues(values)
        let compared = lanes.first { $0.name == subject(name) && $0.name != name }
        let ratio = compared.map { ratioCell(SortedValues($0.values), to: own, generator: &generator) } ?? ""
        text += "| \(([name] + distributionCells(own) + [ratio]).joined(separator: " | ")) |\n"
    }
    return text
}
