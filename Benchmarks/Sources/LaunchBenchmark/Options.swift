import BenchmarkSupport

/// The command line.
struct Options {
    var samples = 50
    var seed: UInt64 = 1
    var floor = ".build/floor"
    var filterLoad = ".build/filter-load"
    var workload = "../.build/release/isolab-workload"
    var output = ".build/figures"
    var lanes: [String]?
    /// Iterations of the proof of work.
    var work: UInt32 = 1000

    init(_ arguments: [String]) throws {
        for (option, value) in try optionPairs(arguments) {
            switch option {
            case "--samples": samples = try number(option, value)
            case "--seed": seed = try number(option, value)
            case "--work": work = try number(option, value)
            case "--floor": floor = value
            case "--filter-load": filterLoad = value
            case "--workload": workload = value
            case "--output": output = value
            case "--lanes": lanes = value.split(separator: ",").map(String.init)
            default: throw UsageError(description: "unknown option \(option)")
            }
        }
        guard samples > 1 else { throw UsageError(description: "--samples must be at least 2") }
    }
}
