import BenchmarkSupport
import Glibc
import Linux
import Statistics

// Whole commands that run `true` in a container of an image that is here: isolab beside podman, and an image of one layer beside
// one of sixty. Interleaved in random order, hot and cold.

/// One way to run it.
struct Lane {
    var name: String
    var program: String
    var arguments: [String]
    var environment: [String]

    /// Nanoseconds from the call to the end of the command.
    func time() throws -> UInt64 {
        let null = try OwnedDescriptor(opening: "/dev/null", O_RDWR)
        let plan = ProcessPlan(program, arguments, environment: environment)
        let start = HostClock.now()
        let exit = try plan.spawn(StandardStreams(input: null.number, output: null.number, error: -1)).wait()
        let end = HostClock.now()
        guard exit.succeeded else { throw SystemError(name, "\(exit.ending)", errno: 0) }
        return end - start
    }
}

struct Options {
    var samples = 100
    var seed: UInt64 = 1
    var isolab = "../.build/release/isolab"
    var output = ".build/figures"

    init(_ arguments: [String]) throws {
        for (option, value) in try optionPairs(arguments) {
            switch option {
            case "--samples": samples = try number(option, value)
            case "--seed": seed = try number(option, value)
            case "--isolab": isolab = value
            case "--output": output = value
            default: throw UsageError(description: "unknown option \(option)")
            }
        }
        guard samples > 1 else { throw UsageError(description: "--samples must be at least 2") }
    }
}

/// The stores with their images: busybox, and the same with 59 layers more, each with a file.
struct Bed {
    static let layers = 60
    let directory: String
    let isolab: String
    let podman: String?

    var environment: [String] { ProcessPlan.ownEnvironment() + ["ISOLAB_DATA=\(directory)/data"] }
    private var podmanPlaces: [String] {
        ["--root", "\(directory)/podman", "--runroot", "\(directory)/podman-run", "--cgroup-manager=cgroupfs"]
    }

    init(_ options: Options) throws {
        directory = try makeTemporaryDirectory(in: "/var/tmp")
        isolab = options.isolab
        podman = find("podman")
        try shell("\(isolab) image bootstrap busybox")
        var file = "FROM busybox\n"
        for number in 1..<Self.layers {
            try writeFile("\(number)\n", "\(directory)/\(number)")
            file += "COPY \(number) /\(number)\n"
        }
        try writeFile(file, "\(directory)/Containerfile")
        try shell("cd \(directory) && \(absolute(isolab)) image build -t sixty .")
        guard let podman else { return }
        let places = podmanPlaces.joined(separator: " ")
        for image in ["busybox", "sixty"] {
            try shell(
                "\(isolab) save -o \(directory)/\(image).tar \(image) && \(podman) \(places) load -q -i \(directory)/\(image).tar"
            )
        }
    }

    private func absolute(_ path: String) -> String {
        guard let name = realpath(path, nil) else { return path }
        defer { free(name) }
        return String(cString: name)
    }

    private func shell(_ line: String) throws {
        let null = try OwnedDescriptor(opening: "/dev/null", O_RDWR)
        let exit = try ProcessPlan("sh", ["-c", line], environment: environment).spawn(
            StandardStreams(input: null.number, output: null.number, error: -1)
        ).wait()
        guard exit.succeeded else { throw SystemError("sh", line, errno: 0) }
    }

    var lanes: [Lane] {
        let run = ["run", "--rm", "--network", "none"]
        var lanes = [
            Lane(name: "isolab", program: isolab, arguments: run + ["busybox", "true"], environment: environment),
            Lane(
                name: "isolab, 60 layers", program: isolab, arguments: run + ["sixty", "true"], environment: environment
            ),
            Lane(name: "isolab --version", program: isolab, arguments: ["--version"], environment: environment),
        ]
        guard let podman else { return lanes }
        // Hosts without CAP_SYS_RESOURCE cannot raise what podman raises unless told so.
        let limits = ["--ulimit", "nofile=1024:4000", "--ulimit", "nproc=1024:4000", "--pull=never"]
        for (name, image) in [("podman", "busybox"), ("podman, 60 layers", "sixty")] {
            lanes.append(
                Lane(
                    name: name, program: podman,
                    arguments: podmanPlaces + run + limits + ["docker.io/library/\(image)", "true"],
                    environment: environment))
        }
        return lanes
    }

    func remove() {
        if let podman {
            try? shell("\(podman) \(podmanPlaces.joined(separator: " ")) system reset -f 2>/dev/null || true")
        }
        try? shell("rm -rf --one-file-system \(directory)")
    }
}

/// Samples in milliseconds, by lane and temperature.
typealias Samples = [String: [Temperature: [Double]]]

func measure(_ lanes: [Lane], _ options: Options) throws -> (samples: Samples, csv: String) {
    var generator = SeededGenerator(seed: options.seed)
    var samples: Samples = [:]
    var csv = "block,lane,temperature,ns\n"
    let warmUps = 3
    for block in -warmUps..<options.samples {
        var order = lanes.flatMap { lane in Temperature.allCases.map { (lane, $0) } }
        generator.shuffle(&order)
        for (lane, temperature) in order {
            switch temperature {
            case .hot: _ = try lane.time()
            case .cold: usleep(50_000)
            }
            let time = try lane.time()
            guard block >= 0 else { continue }
            samples[lane.name, default: [:]][temperature, default: []].append(Double(time) / 1e6)
            csv += "\(block),\"\(lane.name)\",\(temperature.rawValue),\(time)\n"
        }
    }
    return (samples, csv)
}

func markdown(_ lanes: [Lane], _ samples: Samples, title: String, seed: UInt64) -> String {
    var generator = SeededGenerator(seed: seed)
    var text = "# `run --rm IMAGE true`: whole commands, call → end\n\n\(title)\n"
    for temperature in Temperature.allCases {
        func values(_ lane: String) -> SortedValues { SortedValues(samples[lane]?[temperature] ?? []) }
        text += "\n## \(temperature.heading)\n\n| command | \(distributionHeader) | isolab ÷ it (95 % interval) |\n"
        text += "| --- | --- | --- | --- | --- | --- | --- |\n"
        for lane in lanes {
            let ratio =
                lane.name == "isolab" ? "" : ratioCell(values("isolab"), to: values(lane.name), generator: &generator)
            text += "| \(([lane.name] + distributionCells(values(lane.name)) + [ratio]).joined(separator: " | ")) |\n"
        }
    }
    return text
}

do {
    let options = try Options(Array(CommandLine.arguments.dropFirst()))
    guard geteuid() == 0 else {
        throw SystemError("start", "ImageRunBenchmark", errno: EPERM, advice: "run it as root")
    }
    hideUnifiedHierarchy()
    let bed = try Bed(options)
    defer { bed.remove() }
    let (samples, csv) = try measure(bed.lanes, options)
    try SystemFile.makeDirectories(options.output)
    var title = "\(options.samples) blocks, seed \(options.seed); every command's status checked. No network in any. "
    title +=
        "podman: its own defaults besides, overlay storage, the runtime it chooses; its conmon and clean-up are in its time as "
    title += "far as the command waits for them. isolab's own start, without a container: `isolab --version`."
    let table = markdown(bed.lanes, samples, title: title, seed: options.seed)
    try writeFile(table, options.output + "/image-run.md")
    try writeFile(csv, options.output + "/image-run.csv")
    print(table)
} catch {
    warn("\(error)")
    exit(1)
}
