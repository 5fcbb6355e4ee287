import Glibc
import Linux
import Reports
import RunRecord

/// Reads any bytes as a run's samples and, behind a line `%%`, its events; summarizes what comes of them and tells it in every form.
///
/// What must hold: it is read or refused, and what was read can be told.
package struct RunTrial: Sendable {
    private let directory: RunDirectory

    package init() {
        // In memory: the trial is of readers, not of a disk.
        directory = RunDirectory(ScratchDirectory.make(in: "/dev/shm") + "/run")
        // One that was cut off: a finished one has the digests of its files, and is refused before anything of it is read.
        let lanes = [("native", LaneKind.native), ("container", .container), ("vm", .guest), ("vm-qemu", .guest)]
        let manifest = Manifest(
            run: "fuzz", started: "2026-01-01T00:00:00Z", version: "0", buildMode: "release", command: "isolab bench",
            seed: 1, experiment: "", blocks: 1, warmups: 0,
            baseline: "native", accelerator: "", lanes: lanes.map { LaneRecord(id: $0.0, title: $0.0, kind: $0.1) })
        do { _ = try RunWriter(directory: directory.path, manifest: manifest) } catch { fatalError("\(error)") }
    }

    package func violation(by bytes: UnsafeBufferPointer<UInt8>) -> String? {
        do throws(SystemError) { try put(bytes) } catch { return "\(error)" }
        guard let run = read() else { return nil }
        let summary = Summarizer.summarize(run)
        let texts =
            ReportFormat.all.map { $0.render(run, summary) } + [TerminalReport.render(run: run, summary: summary)]
        for sample in run.samples.prefix(4) { _ = TerminalWaterfall.render(sample) }
        return texts.contains(where: \.isEmpty) ? "a report without a word" : nil
    }

    /// How many samples are read out of an input; nil where it is refused. A trial that refuses everything tries nothing.
    package func samples(in bytes: UnsafeBufferPointer<UInt8>) throws -> Int? {
        try put(bytes)
        return read()?.samples.count
    }

    private func read() -> Run? { try? Run.read(directory: directory.path).run }

    private func put(_ bytes: UnsafeBufferPointer<UInt8>) throws(SystemError) {
        let mark = Array("\n%%\n".utf8)
        var parts = (samples: Array(bytes), events: [UInt8]())
        if bytes.count > mark.count,
            let place = bytes.indices.dropLast(mark.count - 1).first(where: {
                bytes[$0..<$0 + mark.count].elementsEqual(mark)
            })
        {
            parts = (Array(bytes[...place]), Array(bytes[(place + mark.count)...]))
        }
        try SystemFile.replace(directory.path(of: .samples), with: Array(Self.header.utf8) + parts.samples)
        try SystemFile.replace(directory.path(of: .events), with: parts.events)
    }

    private static let header =
        "run,experiment,block,order,sample,lane,workload,twin,warmup,instances,metric,span,unit,batch,value,admitted,reason\n"
}
