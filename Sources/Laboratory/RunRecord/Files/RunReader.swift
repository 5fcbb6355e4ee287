import FoundationEssentials
import Glibc

/// A run as read from its directory, and what the reader had to leave out.
package struct RunReading: Sendable {
    package var run: Run
    /// Sentences for the user: a torn last line, a run without its end.
    package var notes: [String]
}

extension Run {
    /// Reads `manifest.json`, `samples.csv` and `events.jsonl` of a run's directory.
    ///
    /// A run cut off by `kill -9` or a full disk is read as far as it goes: a last line without its end, or a last
    /// sample with fewer rows than its event line promises, is left out and told in the notes.
    ///
    /// - Throws: `RunRecordError`, naming file and line.
    package static func read(directory path: String) throws(RunRecordError) -> RunReading {
        let directory = RunDirectory(path)
        for file in [RunDirectory.File.manifest, .samples] where access(directory.path(of: file), F_OK) != 0 {
            throw .notARun(path: path, missing: file.rawValue)
        }
        let manifest = try readManifest(directory)
        let check = RecordCheck(directory: directory, manifest: manifest)
        try check.refuseUnsealed()
        var notes: [String] = []
        if let words = check.unprotected { notes.append(words) }
        let samplesPath = directory.path(of: .samples)
        let sampleBytes = try readFile(samplesPath)
        var table = try SampleTableReader.read(sampleBytes, path: samplesPath)
        if table.torn { notes.append("samples.csv ends inside a line; that line is left out") }
        if manifest.finished == nil { notes.append("the run is incomplete: it was interrupted while measuring") }

        let eventsPath = directory.path(of: .events)
        if access(eventsPath, F_OK) == 0 {
            let eventBytes = try readFile(eventsPath)
            let events = try EventLinesReader.read(eventBytes, path: eventsPath)
            if events.torn { notes.append("events.jsonl ends inside a line; that line is left out") }
            try join(events.lines, to: &table, check, notes: &notes)
            if check.isAsMeasured(.events, eventBytes) == false {
                throw .altered(
                    path: eventsPath, line: 1, problem: "the file is not the one whose digest the manifest has")
            }
        } else if manifest.files != nil {
            throw .altered(path: eventsPath, line: 1, problem: "the file is gone")
        } else {
            notes.append("there is no events.jsonl: no phases and no other spans can be shown")
        }
        if check.isAsMeasured(.samples, sampleBytes) == false {
            notes.append(
                "samples.csv was rewritten after the measurement; every row still holds what was measured")
        }
        let blocks = try readBlocks(check, notes: &notes)
        return RunReading(run: Run(manifest: manifest, samples: table.samples, blocks: blocks), notes: notes)
    }

    private static func readBlocks(
        _ check: RecordCheck, notes: inout [String]
    ) throws(RunRecordError) -> [BlockState] {
        guard check.manifest.format >= 3 else { return [] }
        let path = check.directory.path(of: .blocks)
        guard access(path, F_OK) == 0 else {
            guard check.manifest.files == nil else {
                throw .altered(path: path, line: 1, problem: "the file is gone")
            }
            notes.append("there is no blocks.csv: nothing tells what the host was like meanwhile")
            return []
        }
        let bytes = try readFile(path)
        if check.isAsMeasured(.blocks, bytes) == false {
            throw .altered(path: path, line: 1, problem: "the file is not the one whose digest the manifest has")
        }
        let table = try BlockTable.read(bytes, path: path)
        if table.torn { notes.append("blocks.csv ends inside a line; that line is left out") }
        return table.states
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

    /// Gives the samples their events, refuses those whose rows are not what was measured, and leaves out what was cut off at
    /// the end of a run that was never finished.
    private static func join(
        _ lines: [EventLinesReader.Line], to table: inout SampleTableReader.Result, _ check: RecordCheck,
        notes: inout [String]
    ) throws(RunRecordError) {
        let finished = check.manifest.files != nil
        var places: [Int: Int] = [:]
        places.reserveCapacity(table.samples.count)
        for (index, sample) in table.samples.enumerated() { places[sample.id] = index }
        var withoutRows = 0
        var cut: Int?
        var seen = 0
        for (number, line) in lines.enumerated() {
            // Written in the same order, so the place is nearly always known without asking.
            let place =
                number < table.samples.count && table.samples[number].id == line.sample ? number : places[line.sample]
            guard let place else {
                guard !finished else {
                    throw .altered(
                        path: check.directory.path(of: .samples), line: 1,
                        problem: "sample \(line.sample) was measured and has no rows")
                }
                withoutRows += 1
                continue
            }
            seen += 1
            table.samples[place].events = line.events
            table.samples[place].phases = line.phases
            let figures = table.samples[place].measurements.count
            if !finished, let expected = line.figures, expected > figures, place == table.samples.count - 1 {
                cut = place
                continue
            }
            try check.refuseDisagreement(table.samples[place], lines: table.lines[place])
            if let expected = line.figures, expected != figures {
                throw .altered(
                    path: check.directory.path(of: .samples), line: table.lines[place].first ?? 1,
                    problem: "sample \(line.sample) has \(figures) figures, but \(expected) were measured")
            }
            try check.refuseBrokenSeal(table.samples[place], seal: line.rows, lines: table.lines[place])
        }
        if let cut {
            notes.append("sample \(table.samples[cut].id) was cut off in the middle of its rows; it is left out")
            table.samples.remove(at: cut)
        }
        if withoutRows > 0 { notes.append("\(withoutRows) samples have events but no rows; they are left out") }
        if seen < table.samples.count, finished {
            let known = Set(lines.map(\.sample))
            let place = table.samples.firstIndex { !known.contains($0.id) } ?? 0
            throw .altered(
                path: check.directory.path(of: .samples), line: table.lines[place].first ?? 1,
                problem: "sample \(table.samples[place].id) was never measured: it has no events")
        }
        if seen < table.samples.count {
            notes.append("\(table.samples.count - seen) samples have no line in events.jsonl")
        }
    }
}
