import Glibc
import Linux

/// A run on disk: one directory, named files, everything derived from the record by a command anyone can run again.
package struct RunDirectory: Equatable, Sendable {
    package var path: String

    package init(_ path: String) { self.path = path }

    /// The files of a run.
    package enum File: String, Sendable, CaseIterable {
        /// What ran, where and how.
        case manifest = "manifest.json"
        /// One row a measurement, long format.
        case samples = "samples.csv"
        /// One line a sample: its events and phases.
        case events = "events.jsonl"
        /// One row a block: what the host was like meanwhile. Runs of format 1 and 2 have none.
        case blocks = "blocks.csv"
        /// One row a cell, with its comparison; derived.
        case summary = "summary.csv"
        /// The report; derived.
        case html = "report.html"
        case markdown = "report.md"
    }

    /// Where `file` is.
    package func path(of file: File) -> String {
        path.hasSuffix("/") ? path + file.rawValue : "\(path)/\(file.rawValue)"
    }

    /// Writes `text` whole or not at all: to a temporary file beside it, then renamed over it.
    package func write(_ text: String, to file: File) throws(RunRecordError) {
        let path = path(of: file)
        do throws(SystemError) {
            try SystemFile.replace(path, with: Array(text.utf8), mode: 0o644, durability: .content)
        } catch {
            guard error.errno != 0 else {
                throw .unreadable(path: path, problem: error.advice ?? "it cannot be replaced")
            }
            throw .system(
                operation: "write", path: path, errno: error.errno, kept: "what was there before is kept")
        }
    }

    /// Makes the directory with its parents.
    func create() throws(RunRecordError) {
        var built = path.hasPrefix("/") ? "/" : ""
        for part in path.split(separator: "/") {
            built += built.isEmpty || built.hasSuffix("/") ? String(part) : "/\(part)"
            if mkdir(built, 0o755) != 0, errno != EEXIST {
                throw .system(operation: "mkdir", path: built, errno: errno, kept: "")
            }
        }
    }

    /// A file of a run's that is there already, a record's or somebody's own of that name: neither is written over.
    var present: File? {
        File.allCases.first { access(path(of: $0), F_OK) == 0 }
    }
}
