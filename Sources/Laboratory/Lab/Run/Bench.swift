import Glibc
import Linux
package import RunRecord

/// What a run came to.
package struct BenchOutcome: Sendable {
    /// The run directory, to be rendered by Reports.
    package let directory: String
    /// The user stopped it; what was measured is kept.
    package let interrupted: Bool
    package let taken: Int
    package let rejected: Int
    package let manifest: Manifest
}

/// A run from its options to its directory: the whole of `isolab bench` but the report.
package final class Bench {
    package let options: BenchOptions
    package let experiment: Experiment
    /// isolab's version, for the manifest.
    private let version: String
    private let buildMode: String

    /// Reads and validates what was asked for; changes nothing on the host.
    package init(_ options: BenchOptions, version: String, buildMode: String = Bench.buildMode) throws(LabError) {
        self.options = options
        self.version = version
        self.buildMode = buildMode
        experiment = try options.experiment()
        if let output = options.output, Self.runName(output).utf8.contains(where: { $0 < 0x20 || $0 == 0x7f }) {
            throw .runName(path: output)
        }
    }

    /// How this binary was built.
    package static var buildMode: String {
        #if DEBUG
            "debug"
        #else
            "release"
        #endif
    }

    /// Measures, block by block, into a new run directory.
    ///
    /// - Throws: `LabError`; samples of blocks that were finished before are on the disk then.
    package func run(progress sink: any ProgressSink) throws(LabError) -> BenchOutcome {
        let state = options.stateDirectory ?? StandardDirectories.state
        do { try StandardDirectories.claim(state) } catch { throw .system(error) }
        let leftovers = RunLeftovers.release(state: state)
        for words in leftovers.released { sink.note("released a leftover: \(words)") }
        for words in leftovers.kept { sink.note("could not release a leftover: \(words)") }
        let laboratory = try Laboratory(options, seed: experiment.seed)
        defer { laboratory.close() }
        let interruption = Interruption.install()
        defer { interruption.restore() }
        var lanes = LaneSet(experiment.lanes, laboratory, sink)
        defer { lanes.close() }
        guard !lanes.ready.isEmpty else {
            let reasons = lanes.records.map { "\($0.id): \($0.reason)\($0.remedy.isEmpty ? "" : " (\($0.remedy))")" }
            throw .nothingToMeasure(reasons: reasons)
        }
        try laboratory.watchOrphans()
        let started = RunTimestamp.now
        let directory = options.output ?? "reports/\(started.compact)-\(experiment.name)"
        var manifest = ManifestBuilder.manifest(
            options, experiment, laboratory, board: lanes, run: Self.runName(directory), started: started.text,
            version: version, buildMode: buildMode)
        do {
            let writer = try RunWriter(directory: directory, manifest: manifest)
            let session = Session(experiment, lanes, laboratory, writer, sink, skipsIdleGate: options.skipsIdleGate)
            do {
                try session.measure()
            } catch {
                sink.finish()
                throw error
            }
            sink.finish()
            manifest.finished = RunTimestamp.now.text
            manifest.interrupted = Interruption.wanted
            for place in manifest.lanes.indices {
                manifest.lanes[place].observed = session.observed[manifest.lanes[place].id]
            }
            try writer.finish(manifest)
            return BenchOutcome(
                directory: directory, interrupted: Interruption.wanted, taken: session.taken,
                rejected: session.rejected, manifest: manifest)
        } catch {
            throw .output(path: directory, problem: "\(error)")
        }
    }

    private static func runName(_ directory: String) -> String {
        directory.split(separator: "/").last.map(String.init) ?? directory
    }
}
