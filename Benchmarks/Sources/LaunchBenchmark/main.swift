import BenchmarkSupport
import Containers
import Glibc
import Linux
import OCI
import Seccomp
import Statistics

// Starts one workload in every lane, interleaved in random order, hot and cold, and writes table and samples.

func lanes(_ bed: Bed, _ floor: FloorLane) throws -> [any Lane] {
    let everything = "pid, mount, net, uts, ipc, cgroup namespaces; limits; Docker's seccomp and capabilities"
    var lanes: [any Lane] = [
        IsolabLane(name: "isolab", isolation: everything + "; overlay", launcher: bed.launcher, plan: bed.plan), floor,
    ]
    for runtime in ["crun", "runc"] {
        guard let path = find(runtime) else { continue }
        lanes.append(
            CommandLane(name: runtime, isolation: "the same config.json; no overlay") { arguments, identifier in
                let bundle = try bed.writeBundle(arguments, cgroup: identifier)
                return (path, ["--root", bed.directory + "/" + runtime, "run", "--bundle", bundle, identifier])
            })
    }
    if let path = find("bwrap") {
        lanes.append(
            CommandLane(name: "bwrap", isolation: "the namespaces; no cgroup, no seccomp, no overlay") { words, _ in
                let sandbox = [
                    "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-ipc", "--unshare-cgroup", "--bind",
                    bed.rootPath, "/", "--proc", "/proc", "--dev", "/dev", "--ro-bind", "/sys", "/sys", "--hostname",
                    "floor", "--die-with-parent",
                ]
                return (path, sandbox + words)
            })
    }
    lanes.append(
        CommandLane(name: "native", isolation: "none") { words, _ in
            (bed.rootPath + words[0], Array(words.dropFirst()))
        })
    return lanes
}

func measure(_ lanes: [any Lane], _ options: Options) throws -> Results {
    var generator = SeededGenerator(seed: options.seed)
    var results = Results()
    try measureInterleaved(lanes, blocks: options.samples, &generator) { lane, generator in
        try lane.verifiedLaunch(nonce: generator.next(), work: options.work)
    } keep: { block, lane, temperature, launch in
        results.samples.append(
            Results.Sample(block: block, lane: lane.name, temperature: temperature, launch: launch))
    }
    return results
}

/// What loading libseccomp's program costs, and what loading the compact one does, each in a new process.
func filterTable(_ bed: Bed, _ options: Options) throws -> String {
    var text = "\n## Loading the seccomp program (`seccomp(2)`), \(options.samples * 10) loads each\n\n"
    text += "| program | instructions | min µs | median µs |\n| --- | --- | --- | --- |\n"
    let own = try SeccompCompiler.compile(.docker(), compact: false)
    for (name, program) in [("libseccomp's, as runc loads it", own), ("isolab's, equal verdicts", bed.filter)] {
        let pipe = try makePipe()
        let path = try bed.writeFilter(program, named: "filter-load")
        let process = try ProcessPlan(options.filterLoad, [path, "\(options.samples * 10)"])
            .spawn(StandardStreams(output: pipe.write))
        close(pipe.write)
        let figures = readAll(pipe.read).text.split(whereSeparator: \.isWhitespace)
        close(pipe.read)
        guard try process.wait().succeeded, figures.count == 2 else {
            throw SystemError("run", options.filterLoad, errno: 0)
        }
        text += "| \(name) | \(program.instructions.count) | \(figures[0]) | \(figures[1]) |\n"
    }
    let start = HostClock.now()
    _ = try SeccompCompiler.compile(.docker())
    let compiled = (HostClock.now() - start) / 1000
    return text + "\nCompiling the profile, the compact program and the proof that both agree: \(compiled) µs, once.\n"
}

do {
    let options = try Options(Array(CommandLine.arguments.dropFirst()))
    guard geteuid() == 0 else { throw SystemError("start", "LaunchBenchmark", errno: EPERM, advice: "run it as root") }
    hideUnifiedHierarchy()
    let bed = try Bed(workload: options.workload)
    defer { bed.remove() }
    let floor = try FloorLane(
        options.floor,
        arguments: [
            bed.rootPath, try bed.writeFilter(bed.filter, named: "filter"), bed.directory + "/mount", "\(Bed.memory)",
            "\(Int(Bed.processors * 100_000))", "\(Bed.processCount)",
        ])
    let all = try lanes(bed, floor).filter { options.lanes?.contains($0.name) ?? true }
    let results = try measure(all, options)
    try floor.finish()
    try SystemFile.makeDirectories(options.output)
    let title =
        "\(options.samples) blocks, seed \(options.seed); every launch verified; "
        + "filter of \(bed.filter.instructions.count) instructions."
    let table = try results.markdown(lanes: all, title: title, seed: options.seed) + filterTable(bed, options)
    try writeFile(table, options.output + "/container-start.md")
    try writeFile(results.csv, options.output + "/container-start.csv")
    print(table)
} catch {
    warn("\(error)")
    exit(1)
}
