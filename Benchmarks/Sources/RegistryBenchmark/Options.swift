import BenchmarkSupport

/// The command line.
struct Options {
    var rounds = 7
    var seed: UInt64 = 1
    /// Bytes of the large blob.
    var large = 512 << 20
    var smallCount = 1000
    /// Bytes of each small one.
    var small = 4096
    /// Connections at once, where there are several.
    var clients = 50
    var registry = "../.build/release/isolab-registry"
    var peer = "docker-registry"
    var output = ".build/figures"
    /// Where the registries keep their blobs.
    var place = "/var/tmp"

    init(_ arguments: [String]) throws {
        for (option, value) in try optionPairs(arguments) {
            switch option {
            case "--rounds": rounds = try number(option, value)
            case "--seed": seed = try number(option, value)
            case "--large": large = try number(option, value)
            case "--small-count": smallCount = try number(option, value)
            case "--small": small = try number(option, value)
            case "--clients": clients = try number(option, value)
            case "--registry": registry = value
            case "--peer": peer = value
            case "--output": output = value
            case "--place": place = value
            default: throw UsageError(description: "unknown option \(option)")
            }
        }
        guard rounds > 1, smallCount >= clients, clients > 0 else {
            throw UsageError(description: "--rounds must be at least 2, and --small-count at least --clients")
        }
    }
}
