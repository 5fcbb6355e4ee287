import BenchmarkSupport
import Statistics

/// All that was measured.
struct Results {
    struct Sample {
        var round: Int
        var registry: String
        var deed: Deed
        var nanoseconds: UInt64
    }

    var samples: [Sample] = []

    private func milliseconds(_ registry: String, _ deed: Deed) -> SortedValues {
        SortedValues(
            samples.filter { $0.registry == registry && $0.deed == deed }.map { Double($0.nanoseconds) / 1e6 })
    }

    /// Long format: one row a sample.
    var csv: String {
        "round,registry,deed,ns\n"
            + samples.map { "\($0.round),\($0.registry),\($0.deed.rawValue),\($0.nanoseconds)\n" }.joined()
    }

    func markdown(_ registries: [String], _ options: Options, title: String) -> String {
        var generator = SeededGenerator(seed: options.seed)
        var text = "# Registries: push and pull on loopback\n\n\(title)\n"
        for deed in Deed.allCases {
            let isLarge = [.pushLarge, .pushLargeStreamed, .pullLarge].contains(deed)
            let unit = isLarge ? "MiB/s" : "blobs/s"
            text += "\n## \(deed.heading(options))\n\n"
            text +=
                "| registry | \(distributionHeader) | \(unit), median | isolab-registry's time ÷ its (95 % interval) |\n"
            text += "| --- | --- | --- | --- | --- | --- | --- | --- |\n"
            let subject = milliseconds(RegistryServerProcess.subject, deed)
            for registry in registries {
                let values = milliseconds(registry, deed)
                let amount = isLarge ? Double(options.large >> 20) : Double(options.smallCount)
                let ratio =
                    registry == RegistryServerProcess.subject
                    ? "" : ratioCell(subject, to: values, generator: &generator)
                let cells =
                    [registry] + distributionCells(values) + [decimal(amount * 1000 / values.median, 0), ratio]
                text += "| \(cells.joined(separator: " | ")) |\n"
            }
        }
        return text
    }
}
