import OCI

/// Holds a record against itself: the files against the digests in the manifest, the rows against their seals and against the
/// events they were computed from.
struct RecordCheck {
    let directory: RunDirectory
    let manifest: Manifest

    /// The files whose digests a finished run holds.
    static let files: [RunDirectory.File] = [.samples, .events, .blocks]

    /// The digests of the record's files as they are on the disk.
    static func digests(_ directory: RunDirectory) throws(RunRecordError) -> [Artefact] {
        var digests: [Artefact] = []
        for file in files {
            let bytes = try readFile(directory.path(of: file))
            digests.append(
                Artefact(
                    name: file.rawValue, path: file.rawValue, digest: Digest(sha256Of: bytes).description,
                    bytes: bytes.count))
        }
        return digests
    }

    /// Whether a file is, byte for byte, the one that was measured; nil where that is not known.
    func isAsMeasured(_ file: RunDirectory.File, _ bytes: [UInt8]) -> Bool? {
        manifest.files?.first { $0.name == file.rawValue }.map { $0.digest == Digest(sha256Of: bytes).description }
    }

    /// Refuses a finished run of this format that has no digests: somebody took them out.
    func refuseUnsealed() throws(RunRecordError) {
        guard manifest.format >= 2, manifest.finished != nil else { return }
        let path = directory.path(of: .manifest)
        guard manifest.files != nil else {
            throw .altered(path: path, line: 1, problem: "the digests of the run's files are missing from it")
        }
        guard let seal = manifest.seal else {
            throw .altered(path: path, line: 1, problem: "its own seal is missing from it")
        }
        guard seal == (try RunWriter.seal(of: manifest, directory)) else {
            throw .altered(path: path, line: 1, problem: "it is not what was written when the run ended")
        }
    }

    /// What the reader must know of a record that nothing protects.
    var unprotected: String? { manifest.unprotected.map { "the record is \($0)" } }

    /// Refuses rows that do not agree with the events they were computed from.
    ///
    /// - Parameter lines: the line of each of the sample's rows.
    func refuseDisagreement(_ sample: Sample, lines: [Int]) throws(RunRecordError) {
        for (place, measurement) in sample.measurements.enumerated()
        where !measurement.span.isEmpty && measurement.metric != Metric.cpu {
            guard let expected = Self.duration(measurement.span, sample.events),
                let base = Margin.base(of: measurement.unit), measurement.unit != "B"
            else { continue }
            let found = measurement.value * base
            guard abs(found - expected) > max(1, 1e-9 * abs(expected)) || !found.isFinite else { continue }
            throw .altered(
                path: directory.path(of: .samples), line: place < lines.count ? lines[place] : 1,
                problem: "\(measurement.metric) of sample \(sample.id) (\(sample.lane)) is "
                    + "\(SampleTable.shortest(measurement.value)) \(measurement.unit), but its events say "
                    + "\(SampleTable.shortest(expected / base)) \(measurement.unit)")
        }
    }

    /// Refuses rows that are not those that were measured.
    func refuseBrokenSeal(_ sample: Sample, seal: String?, lines: [Int]) throws(RunRecordError) {
        guard let seal, seal != RowSeal.seal(sample) else { return }
        let first = lines.min() ?? 1
        let last = lines.max() ?? 1
        let which = first == last ? "this row" : "a row from here to line \(last)"
        throw .altered(
            path: directory.path(of: .samples), line: first,
            problem: "\(which), of sample \(sample.id) (\(sample.lane)), is not what was measured")
    }

    /// Nanoseconds between the two events of a span; nil where one of them is not recorded.
    private static func duration(_ span: String, _ events: [Event]) -> Double? {
        let names = span.split(separator: "→").map(String.init)
        guard names.count == 2 else { return nil }
        func instant(_ name: String) -> Int64? { events.first { $0.name == name }?.nanoseconds }
        guard let from = instant(names[0]), let to = instant(names[1]) else { return nil }
        return Double(to) - Double(from)
    }
}
