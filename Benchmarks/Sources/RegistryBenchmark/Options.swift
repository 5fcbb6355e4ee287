import BenchmarkSupport

/// The command line.
struct Options {
    /// What is measured: registries by a client that costs nothing, or clients on isolab's registry.
    enum Subject: String { case registries, clients }

    var measure = Subject.registries
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
    var isolab = "../.build/release/isolab"
    var output = ".build/figures"
    /// Where the registries keep their blobs.
    var place = "/var/tmp"

    init(_ arguments: [String]) throws {
        for (option, value) in try optionPairs(arguments) {
            switch option {
            case "--measure":
                guard let subject = Subject(rawValue: value) else {
                    throw UsageError(description: "--measure takes registries or clients, not '\(value)'")
                }
                measure = subject
            case "--isolab": isolab = value
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
