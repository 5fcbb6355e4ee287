import BenchmarkSupport

struct Options {
    /// Blocks of runs.
    var samples = 100
    /// Blocks of builds, which take podman seconds each.
    var builds = 10
    var seed: UInt64 = 1
    var isolab = "../.build/release/isolab"
    var output = ".build/figures"

    init(_ arguments: [String]) throws {
        for (option, value) in try optionPairs(arguments) {
            switch option {
            case "--samples": samples = try number(option, value)
            case "--builds": builds = try number(option, value)
            case "--seed": seed = try number(option, value)
            case "--isolab": isolab = value
            case "--output": output = value
            default: throw UsageError(description: "unknown option \(option)")
            }
        }
        guard samples > 1, builds > 1 else {
            throw UsageError(description: "--samples and --builds must be at least 2")
        }
    }
}
