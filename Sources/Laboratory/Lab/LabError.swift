package import Linux

/// What stops a measurement before or while it runs; one line each, with what to do next.
package enum LabError: Error, Equatable, Sendable, CustomStringConvertible {
    /// A name that is none of the known ones: `what` is `lane`, `experiment`, `workload` or `option`.
    case unknown(what: String, name: String, known: [String])
    /// An experiment that contradicts itself, e.g. no blocks.
    case experiment(String)
    /// An experiment file that cannot be read; `line` counts from 1.
    case experimentFile(path: String, line: Int?, problem: String)
    /// A directory given as an image that is not one.
    case image(path: String, problem: String)
    /// A program of isolab's own that is not beside the running one.
    case missingProgram(name: String, directory: String)
    /// A run directory whose name no record can hold.
    case runName(path: String)
    /// The run directory cannot be written, e.g. a full disk; what was taken until then is kept.
    case output(path: String, problem: String)
    /// A lane could not be prepared or launched.
    case lane(id: String, problem: String)
    /// None of the lanes asked for can run here; why, lane by lane.
    case nothingToMeasure(reasons: [String])
    case system(SystemError)

    package var description: String {
        switch self {
        case .unknown(let what, let name, let known):
            "unknown \(what) '\(name)'; known: \(known.joined(separator: ", "))"
        case .experiment(let problem):
            "experiment: \(problem)"
        case .experimentFile(let path, let line, let problem):
            line.map { "\(path):\($0): \(problem)" } ?? "\(path): \(problem)"
        case .image(let path, let problem):
            "image \(path): \(problem); an image is a directory that holds a root file system"
        case .missingProgram(let name, let directory):
            "\(name) is not in \(directory); build it with `make build`"
        case .runName(let path):
            "--output \(path.debugDescription): a run's name may hold no control characters, such as a line break; choose another"
        case .output(let path, let problem):
            "run directory \(path): \(problem)"
        case .lane(let id, let problem):
            "lane \(id): \(problem)"
        case .nothingToMeasure(let reasons):
            "none of the lanes can run here: \(reasons.joined(separator: "; "))"
        case .system(let error):
            error.description
        }
    }

    /// Whether the request itself was wrong (exit status 2) rather than its execution (1).
    package var isUsage: Bool {
        switch self {
        case .unknown, .experiment, .experimentFile, .image, .runName: true
        case .missingProgram, .output, .lane, .nothingToMeasure, .system: false
        }
    }
}
