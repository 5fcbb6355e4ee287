import FoundationEssentials
import Linux
import Statistics

/// How much runs of one subject differ on one host: what a comparison of two single runs rests on.
///
/// Known only from several runs of the same experiment by the same programs, made one after the other
/// (`isolab bench --runs`), and good only on the host they were made on.
package struct RunSpread: Codable, Equatable, Sendable {
    package struct Entry: Codable, Equatable, Sendable {
        package var key: CellKey
        /// Standard deviation of the runs' medians, as a share of their mean.
        package var share: Double
    }

    /// From how many runs it is known.
    package var runs: Int
    /// The host's decisive facts, `Kernel: release=6.1`.
    package var host: [String]
    package var entries: [Entry]

    /// Runs from which it may be taken.
    package static let minimumRuns = 4

    /// - Returns: nil with too few runs, or of different hosts.
    package init?(_ runs: [Run]) {
        guard runs.count >= Self.minimumRuns, let first = runs.first?.manifest else { return nil }
        let host = Self.host(first)
        guard runs.allSatisfy({ Self.host($0.manifest) == host }) else { return nil }
        var medians: [CellKey: [Double]] = [:]
        var keys: [CellKey] = []
        // What else ran on the host is no spread of the host's own.
        let disturbed = runs.flatMap(\.disturbances).filter(\.found.isTooMany)
        for run in runs {
            for cell in run.cellValues() where cell.taken > 0 && Summarizer.withheldReason(cell).isEmpty {
                let (experiment, workload) = (cell.key.experiment, cell.key.workload)
                guard !disturbed.contains(where: { $0.experiment == experiment && $0.workload == workload }) else {
                    continue
                }
                if medians[cell.key] == nil { keys.append(cell.key) }
                medians[cell.key, default: []].append(SortedValues(cell.samples).median)
            }
        }
        self.runs = runs.count
        self.host = host
        entries = keys.compactMap { key in
            guard let values = medians[key], values.count == runs.count else { return nil }
            let sorted = SortedValues(values)
            guard sorted.mean > 0 else { return nil }
            return Entry(key: key, share: sorted.variance.squareRoot() / sorted.mean)
        }
    }

    /// Whether it was taken on the host of all these runs.
    package func fits(_ manifests: [Manifest]) -> Bool { manifests.allSatisfy { Self.host($0) == host } }

    func share(of key: CellKey) -> Double? { entries.first { $0.key == key }?.share }

    private static func host(_ manifest: Manifest) -> [String] {
        manifest.host.flatMap { section in
            section.facts.filter(\.decisive).map { "\(section.title): \($0.name)=\($0.value)" }
        } + ["build mode=\(manifest.buildMode)"]
    }

    // MARK: The file

    /// Reads it; nil where there is none, or none that is understood.
    package static func read(_ path: String) -> RunSpread? {
        guard let bytes = try? readFile(path) else { return nil }
        return try? JSONDecoder().decode(RunSpread.self, from: Data(bytes))
    }

    /// Replaces the file.
    package func write(to path: String) throws(RunRecordError) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(self) else {
            throw .malformed(path: path, line: 1, problem: "the spread between runs cannot be written as JSON")
        }
        do throws(SystemError) {
            try SystemFile.replace(path, with: [UInt8](data) + [UInt8(ascii: "\n")], mode: 0o644, durability: .content)
        } catch {
            guard error.errno != 0 else {
                throw .unreadable(path: path, problem: error.advice ?? "it cannot be replaced")
            }
            throw .system(
                operation: "write", path: path, errno: error.errno, kept: "what was there before is kept")
        }
    }
}
