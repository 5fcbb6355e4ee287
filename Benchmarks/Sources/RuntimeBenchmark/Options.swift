import BenchmarkSupport

/// The command line.
struct Options {
    var samples = 100
    /// How often the series of a hundred starts are repeated.
    var rounds = 5
    var seed: UInt64 = 1
    var runtime = "../.build/release/isolab-runtime"
    var program = ".build/true"
    var floor = ".build/floor"
    var output = ".build/figures"
    var peers = ["crun", "runc"]
    var deeds = Deed.allCases

    init(_ arguments: [String]) throws {
        for (option, value) in try optionPairs(arguments) {
            switch option {
            case "--samples": samples = try number(option, value)
            case "--rounds": rounds = try number(option, value)
            case "--seed": seed = try number(option, value)
            case "--runtime": runtime = value
            case "--program": program = value
            case "--floor": floor = value
            case "--output": output = value
            case "--peers": peers = value.split(separator: ",").map(String.init)
            case "--deeds": deeds = value.split(separator: ",").compactMap { Deed(rawValue: String($0)) }
            default: throw UsageError(description: "unknown option \(option)")
            }
        }
        guard samples > 1 else { throw UsageError(description: "--samples must be at least 2") }
    }
}
