import BenchmarkSupport
import Glibc
import Linux
import Statistics

// Pushes to registries and pulls from them, in random order within a round, and writes table and samples; or has clients do so. Each
// round has fresh processes, fresh directories and fresh bytes; what was pushed is read back and compared, off the clock.

func measure(_ registries: [String], _ options: Options) throws -> Results {
    var generator = SeededGenerator(seed: options.seed)
    var results = Results()
    // Round −1 warms up.
    for round in -1..<options.rounds {
        let load = Load(options, &generator)
        let servers = try registries.map { try RegistryServerProcess($0, options) }
        defer { for server in servers { _ = try? server.end() } }
        for deed in Deed.allCases {
            if deed == .pushLargeStreamed || deed == .pushSmallAtOnce { load.renew() }
            var order = servers
            generator.shuffle(&order)
            for server in order {
                let work = Work(port: server.port, load: load, clients: options.clients)
                // Every push goes where its bytes are not yet; a pull takes what the push before it left.
                let (repository, repetitions) =
                    switch deed {
                    case .pushLarge: ("large", 1)
                    case .pushLargeStreamed, .pullLarge: ("streamed", deed == .pullLarge ? 5 : 1)
                    case .pushSmall, .pullSmall: ("small", 1)
                    case .pushSmallAtOnce, .pullSmallAtOnce: ("many", 1)
                    }
                // What others wrote reaches the disk on nobody's clock.
                sync()
                for _ in 0..<repetitions {
                    let time = try work.perform(deed, repository)
                    guard round >= 0 else { continue }
                    results.samples.append(
                        Results.Sample(round: round, registry: server.name, deed: deed, nanoseconds: time))
                }
                if deed == .pushLarge || deed == .pushLargeStreamed { try work.verify(repository, large: true) }
                if deed == .pushSmall || deed == .pushSmallAtOnce { try work.verify(repository, large: false) }
            }
        }
    }
    return results
}

/// The programs that carry images, in random order within a round and deed; each command has a registry and a layout of its own.
func measureClients(_ options: Options) throws -> ClientResults {
    var generator = SeededGenerator(seed: options.seed)
    var results = ClientResults()
    let work = try ClientWork(options, &generator)
    defer { work.remove() }
    for round in -1..<options.rounds {
        for deed in ClientDeed.allCases {
            var order = ClientProgram.allCases
            generator.shuffle(&order)
            for program in order {
                let sample = try work.perform(program, deed, round)
                if round >= 0 { results.samples.append(sample) }
            }
        }
    }
    return results
}

func writeClients(_ options: Options) throws {
    guard find("skopeo") != nil else { throw UsageError(description: "skopeo is not installed") }
    let results = try measureClients(options)
    try SystemFile.makeDirectories(options.output)
    let title =
        "\(options.rounds) rounds, seed \(options.seed); the order within a round is random. Whole commands, from call to end, on an "
        + "isolab-registry of their own: empty before a push, filled off the clock before a pull. Layouts and registry are on the "
        + "same file system (\(options.place)), `sync` before each command. Both verify digests and sync what they write. Every blob "
        + "that arrived is compared, off the clock; a command that fails fails the whole run."
    let table = results.markdown(options, title: title)
    try writeFile(table, options.output + "/registry-clients.md")
    try writeFile(results.csv, options.output + "/registry-clients.csv")
    print(table)
}

do {
    let options = try Options(Array(CommandLine.arguments.dropFirst()))
    if options.measure == .clients {
        try writeClients(options)
        exit(0)
    }
    var registries = [RegistryServerProcess.subject]
    if find(options.peer) != nil { registries.append(options.peer) }
    let results = try measure(registries, options)
    try SystemFile.makeDirectories(options.output)
    let title =
        "\(options.rounds) rounds, seed \(options.seed); the order within a round is random. Both registries are fresh in each round, "
        + "write to the same file system (\(options.place)) and keep no access log; the load comes from one process on the same "
        + "\(sysconf(Int32(_SC_NPROCESSORS_ONLN))) processors. Every answer's status and length are checked, and what was pushed is "
        + "read back and compared, off the clock; a request that fails fails the whole run."
    let table = results.markdown(registries, options, title: title)
    try writeFile(table, options.output + "/registry.md")
    try writeFile(results.csv, options.output + "/registry.csv")
    print(table)
} catch {
    warn("\(error)")
    exit(1)
}
