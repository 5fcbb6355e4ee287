import BenchmarkSupport
import Glibc
import Linux
import Statistics

// Gives whole commands to OCI runtimes, interleaved in random order, hot and cold, and writes table and samples.

func measure(_ runtimes: [CommandRuntime], _ options: Options) throws -> Results {
    var generator = SeededGenerator(seed: options.seed)
    var results = Results()
    var waiting: [String: String] = [:]
    let whole = runtimes.filter { $0.deeds.count > 1 }
    for runtime in whole {
        let (identifier, left) = try runtime.startWaiting()
        waiting[runtime.name] = identifier
        results.left[runtime.name] = left
    }
    let lanes = runtimes.flatMap { runtime in
        options.deeds.filter(runtime.deeds.contains).map { (runtime: runtime, deed: $0) }
    }
    try measureInterleaved(lanes, blocks: options.samples, &generator) { lane, _ in
        try lane.runtime.perform(lane.deed, in: waiting[lane.runtime.name] ?? "")
    } keep: { block, lane, temperature, time in
        results.samples.append(
            Results.Sample(
                block: block, runtime: lane.runtime.name, deed: lane.deed, temperature: temperature, nanoseconds: time))
    }
    for runtime in runtimes {
        if let identifier = waiting[runtime.name] { try runtime.end(identifier) }
    }
    try measureSeries(runtimes, options, &generator, &results)
    let tries = 20
    for runtime in whole {
        let succeeded = try (0..<tries).filter { _ in try runtime.runs(within: Results.leastMemory) }.count
        results.memory[runtime.name] = (succeeded, tries)
    }
    return results
}

func measureSeries(
    _ runtimes: [CommandRuntime], _ options: Options, _ generator: inout SeededGenerator, _ results: inout Results
) throws {
    let count = 100
    for _ in 0..<options.rounds {
        var order = runtimes.flatMap { [($0, false), ($0, true)] }
        generator.shuffle(&order)
        for (runtime, concurrent) in order {
            let time = try runtime.series(of: count, concurrent: concurrent)
            results.series.append(
                Results.Series(
                    runtime: runtime.name, concurrent: concurrent, nanosecondsPerStart: Double(time) / Double(count)))
        }
    }
}

do {
    let options = try Options(Array(CommandLine.arguments.dropFirst()))
    guard geteuid() == 0 else { throw SystemError("start", "RuntimeBenchmark", errno: EPERM, advice: "run it as root") }
    hideUnifiedHierarchy()
    try becomeSubreaper()
    let bundles = try Bundles(program: options.program)
    defer { try? bundles.remove() }
    let installed = try bundles.install(options.runtime)
    var runtimes = [Results.subject, Results.twin].map { CommandRuntime($0, path: installed, bundles) }
    for peer in options.peers {
        if let path = find(peer) { runtimes.append(CommandRuntime(peer, path: path, bundles)) }
    }
    let installedRuntimes = runtimes
    if access(options.floor, X_OK) == 0 {
        let arguments = try bundles.floorArguments()
        runtimes.append(CommandRuntime(Results.floor, path: options.floor, bundles, floor: arguments))
    }
    let results = try measure(runtimes, options)
    try SystemFile.makeDirectories(options.output)
    var size = stat()
    guard stat(options.runtime, &size) == 0 else { throw SystemError("stat", options.runtime) }
    let versions = try installedRuntimes.filter { $0.name != Results.twin }.map { try $0.version() }.joined(
        separator: "; ")
    let processors = sysconf(Int32(_SC_NPROCESSORS_ONLN))
    let title =
        "\(options.samples) blocks, seed \(options.seed); every command's end and its program's word checked. "
        + "\(versions). isolab-runtime's program: \(decimal(Double(size.st_size) / 1e6, 1)) MB. "
        + "Their state is kept \(bundles.keepsStatesInMemory ? "in memory (tmpfs)" : "on disk"). "
        + "All see the same host: a mount namespace without cgroup v2 where v1 has controllers beside it. "
        + "\(Results.twin) is isolab-runtime once more; \(Results.floor) is a C program that makes the system calls of a `run` "
        + "and nothing else, without a state on disk."
    let table = results.markdown(
        runtimes.map(\.name), options.deeds, title: title, processors: processors, seed: options.seed)
    try writeFile(table, options.output + "/runtime-commands.md")
    try writeFile(results.csv, options.output + "/runtime-commands.csv")
    print(table)
} catch {
    warn("\(error)")
    exit(1)
}
