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

    struct UsageError: Error, CustomStringConvertible {
        let description: String
    }

    init(_ arguments: [String]) throws {
        var rest = arguments[...]
        while let option = rest.popFirst() {
            guard let value = rest.popFirst() else { throw UsageError(description: "\(option) needs a value") }
            switch option {
            case "--samples": samples = try Self.number(option, value)
            case "--seed": seed = try Self.number(option, value)
            case "--work": work = try Self.number(option, value)
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

    private static func number<Number: FixedWidthInteger>(_ option: String, _ value: String) throws -> Number {
        guard let number = Number(value) else { throw UsageError(description: "\(option): '\(value)' is no number") }
        return number
    }
}
