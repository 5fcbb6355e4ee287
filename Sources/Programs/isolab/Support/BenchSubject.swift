import Glibc
import Lab
import Linux
import RunRecord

/// What is measured by a process of its own: a build of isolab, or this one with an experiment file.
enum BenchSubject {
    case program(String, name: String)
    case file(String, name: String)

    /// The running program.
    static var own: String { "\(StandardDirectories.programs)/isolab" }

    /// A path ending in `.yaml` or `.yml` is an experiment, anything else a program.
    init(_ path: String, name: String) {
        let isFile = path.hasSuffix(".yaml") || path.hasSuffix(".yml")
        self = isFile ? .file(path, name: name) : .program(path.contains("/") ? path : "./\(path)", name: name)
    }

    var isProgram: Bool { if case .program = self { true } else { false } }

    var name: String {
        switch self {
        case .program(_, let name), .file(_, let name): name
        }
    }

    /// Measures one run into a new directory, and reads it.
    func run(into directory: String, seed: UInt64, arguments: [String]) throws -> Run {
        var words = ["bench"]
        let program: String
        switch self {
        case .program(let path, _): program = path
        case .file(let path, _):
            program = Self.own
            words.append(path)
        }
        guard access(program, X_OK) == 0 else { throw SystemError("run", program) }
        words += arguments + ["--seed", "\(seed)", "--output", directory]
        let nothing = try OwnedDescriptor(opening: "/dev/null", O_RDWR)
        let exit = try ProcessPlan(program, words, environment: ProcessPlan.ownEnvironment()).spawn(
            StandardStreams(input: nothing.number, output: nothing.number, error: STDERR_FILENO)
        ).wait()
        guard exit.succeeded else { throw RunFailure(directory: directory, ending: "\(exit.ending)") }
        return try Run.read(directory: directory).run
    }
}

/// A run by another process that did not come to its end.
struct RunFailure: Error, CustomStringConvertible {
    let directory: String
    let ending: String

    var description: String { "the run \(directory) failed (\(ending)); see its messages above" }
}

/// Where what is known of this host's runs is kept.
enum SpreadFile {
    static func path(_ places: PlaceOptions) -> String {
        "\(places.stateDirectory ?? StandardDirectories.state)/run-spread.json"
    }
}

/// Instants in names.
enum Clock {
    static var compactNow: String {
        var seconds = time(nil)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        var buffer = [CChar](repeating: 0, count: 64)
        let count = strftime(&buffer, buffer.count, "%Y-%m-%dT%H%M%S", &parts)
        return String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
