import FoundationEssentials
import Glibc

/// A run as read from its directory, and what the reader had to leave out.
public struct RunReading: Sendable {
    public var run: Run
    /// Sentences for the user: a torn last line, a run without its end.
    public var notes: [String]
}

extension Run {
    /// Reads `manifest.json`, `samples.csv` and `events.jsonl` of a run's directory.
    ///
    /// A run cut off by `kill -9` or a full disk is read as far as it goes: a last line without its end, or a last
    /// sample with fewer rows than its event line promises, is left out and told in the notes.
    ///
    /// - Throws: `RunRecordError`, naming file and line.
    public static func read(directory path: String) throws(RunRecordError) -> RunReading {
        let directory = RunDirectory(path)
        for file in [RunDirectory.File.manifest, .samples] where access(directory.path(of: file), F_OK) != 0 {
            throw .notARun(path: path, missing: file.rawValue)
        }
        let manifest = try readManifest(directory)
        var notes: [String] = []
        let samplesPath = directory.path(of: .samples)
        let table = try SampleTableReader.read(try readFile(samplesPath), path: samplesPath)
        if table.torn { notes.append("samples.csv ends inside a line; that line is left out") }
        if manifest.finished == nil { notes.append("the run has no end: it was cut off while measuring") }

        var samples = table.samples
        let eventsPath = directory.path(of: .events)
        if access(eventsPath, F_OK) == 0 {
            let events = try EventLinesReader.read(try readFile(eventsPath), path: eventsPath)
            if events.torn { notes.append("events.jsonl ends inside a line; that line is left out") }
            join(events.lines, to: &samples, notes: &notes)
        } else {
            notes.append("there is no events.jsonl: no phases and no other spans can be shown")
        }
        return RunReading(run: Run(manifest: manifest, samples: samples), notes: notes)
    }

    private static func readManifest(_ directory: RunDirectory) throws(RunRecordError) -> Manifest {
        struct Format: Decodable { var format: Int }
        let path = directory.path(of: .manifest)
        let data = Data(try readFile(path, limit: 64 << 20))
        let decoder = JSONDecoder()
        if let format = try? decoder.decode(Format.self, from: data).format, format > Manifest.currentFormat {
            throw .newerFormat(path: path, format: format, supported: Manifest.currentFormat)
        }
        do {
            return try decoder.decode(Manifest.self, from: data)
        } catch {
            throw .malformed(path: path, line: 1, problem: describe(error))
        }
    }

    /// What a decoding error says, in a line.
    private static func describe(_ error: any Error) -> String {
        func at(_ path: [any CodingKey]) -> String {
            let keys = path.map { key in key.intValue.map { "[\($0)]" } ?? key.stringValue }
            return keys.isEmpty ? "" : " in \(keys.joined(separator: "."))"
        }
        switch error as? DecodingError {
        case .keyNotFound(let key, let context)?: return "\"\(key.stringValue)\" is missing\(at(context.codingPath))"
        case .typeMismatch(_, let context)?, .valueNotFound(_, let context)?:
            return "a value of another type\(at(context.codingPath)): \(context.debugDescription)"
        case .dataCorrupted(let context)?: return "not JSON as expected\(at(context.codingPath))"
        default: return "not JSON as expected"
        }
    }

    /// Gives the samples their events, and leaves out what was cut off at the end.
    private static func join(_ lines: [EventLinesReader.Line], to samples: inout [Sample], notes: inout [String]) {
        var places: [Int: Int] = [:]
        places.reserveCapacity(samples.count)
        for (index, sample) in samples.enumerated() { places[sample.id] = index }
        var withoutRows = 0
        var others = 0
        var cut: Int?
        var seen = 0
        for (number, line) in lines.enumerated() {
            // Written in the same order, so the place is nearly always known without asking.
            let place = number < samples.count && samples[number].id == line.sample ? number : places[line.sample]
            guard let place else {
                withoutRows += 1
                continue
            }
            seen += 1
            samples[place].events = line.events
            samples[place].phases = line.phases
            if let figures = line.figures, figures != samples[place].measurements.count {
                if place == samples.count - 1, figures > samples[place].measurements.count {
                    cut = place
                } else {
                    others += 1
                }
            }
        }
        if let cut {
            notes.append("sample \(samples[cut].id) was cut off in the middle of its rows; it is left out")
            samples.remove(at: cut)
        }
        if withoutRows > 0 { notes.append("\(withoutRows) samples have events but no rows; they are left out") }
        if seen < samples.count { notes.append("\(samples.count - seen) samples have no line in events.jsonl") }
        if others > 0 {
            notes.append("\(others) samples have other rows than when they were measured: samples.csv was changed")
        }
    }
}
