import BenchmarkSupport
import Glibc
import Linux
import OCI
import Statistics

/// Runs clients beside each other: `isolab pull` and `push`, and `skopeo copy` of the same.
struct ClientWork {
    struct Sample {
        var round: Int
        var program: ClientProgram
        var deed: ClientDeed
        var nanoseconds: UInt64
        /// User and system time of the command, in nanoseconds.
        var processor: UInt64
    }

    let options: Options
    let load: ClientLoad
    private let home: String

    init(_ options: Options, _ generator: inout some RandomNumberGenerator) throws {
        self.options = options
        load = try ClientLoad(options, &generator)
        home = try makeTemporaryDirectory(in: options.place)
    }

    func remove() {
        load.remove()
        _ = try? ProcessPlan("rm", ["-rf", home]).spawn().wait()
    }

    /// One command on a registry of its own.
    ///
    /// A push finds it empty; for a pull it was filled off the clock. What arrives is looked at, off the clock as well.
    func perform(_ program: ClientProgram, _ deed: ClientDeed, _ round: Int) throws -> Sample {
        let server = try RegistryServerProcess(RegistryServerProcess.subject, options)
        defer { _ = try? server.end() }
        let name = "127.0.0.1:\(server.port)/bench/\(deed.rawValue.lowercased()):latest"
        let layout = "\(home)/layout"
        defer { _ = try? ProcessPlan("rm", ["-rf", layout, layout + "-filled"]).spawn().wait() }
        if deed.isPull {
            try load.layout(deed, as: name, in: layout + "-filled")
            // By the same program each time, whoever pulls.
            let push: ClientDeed = deed == .pullLarge ? .pushLarge : .pushSmall
            _ = try run(ClientProgram.isolab.words(push, layout: layout + "-filled", name: name, options))
        } else {
            try load.layout(deed, as: name, in: layout)
        }
        // What others wrote reaches the disk on nobody's clock.
        sync()
        let words = program.words(deed, layout: layout, name: name, options)
        let start = HostClock.now()
        let exit = try run(words)
        let time = HostClock.now() - start
        if deed.isPull { try checkLayout(deed, layout) } else { try checkRegistry(deed, server.port) }
        return Sample(
            round: round, program: program, deed: deed, nanoseconds: time, processor: exit.userTime + exit.systemTime)
    }

    private func run(_ words: [String]) throws -> ProcessExit {
        let null = try OwnedDescriptor(opening: "/dev/null", O_RDWR)
        let log = try OwnedDescriptor(opening: "\(home)/log", O_WRONLY | O_CREAT | O_TRUNC)
        let environment = ProcessPlan.ownEnvironment().filter {
            !$0.hasPrefix("HOME=") && !$0.hasPrefix("ISOLAB_DATA=")
        }
        let exit = try ProcessPlan(
            words[0], Array(words.dropFirst()), environment: environment + ["HOME=\(home)", "ISOLAB_DATA=\(home)/data"]
        ).spawn(StandardStreams(input: null.number, output: null.number, error: log.number)).wait()
        guard exit.succeeded else {
            let said = (try? SystemFile.read("\(home)/log")) ?? ""
            throw SystemError(
                "run", words.joined(separator: " "), errno: 0, advice: "\(exit.ending): \(said.prefix(500))")
        }
        return exit
    }

    /// Whether every blob is there, with the bytes that its name says.
    private func checkLayout(_ deed: ClientDeed, _ layout: String) throws {
        for blob in load.blobs[deed] ?? [] {
            let path = "\(layout)/blobs/sha256/\(blob.digest.hexadecimal)"
            guard try Digest(sha256OfFile: path) == blob.digest else {
                throw SystemError("verify", path, errno: 0, advice: "other bytes are there")
            }
        }
    }

    private func checkRegistry(_ deed: ClientDeed, _ port: UInt16) throws {
        let client = try Client(port: port)
        for blob in load.blobs[deed] ?? [] {
            let kind = blob.mediaType.isManifest || blob.mediaType.isIndex ? "manifests" : "blobs"
            let target = "/v2/bench/\(deed.rawValue.lowercased())/\(kind)/\(blob.digest)"
            let answer = try client.send("GET", target, "Accept: \(blob.mediaType)\r\n")
            guard answer.status == 200, answer.length == Int(blob.size) else {
                throw SystemError("verify", target, errno: 0, advice: "status \(answer.status), \(answer.length) bytes")
            }
        }
    }
}

/// What came of it.
struct ClientResults {
    var samples: [ClientWork.Sample] = []

    /// Long format: one row a sample.
    var csv: String {
        "round,program,deed,ns,cpu_ns\n"
            + samples.map { sample in
                "\(sample.round),\(sample.program),\(sample.deed),\(sample.nanoseconds),\(sample.processor)\n"
            }.joined()
    }

    private func milliseconds(
        _ program: ClientProgram, _ deed: ClientDeed, _ value: (ClientWork.Sample) -> UInt64
    ) -> SortedValues {
        SortedValues(
            samples.filter { $0.program == program && $0.deed == deed }.map { Double(value($0)) / 1e6 })
    }

    func markdown(_ options: Options, title: String) -> String {
        var generator = SeededGenerator(seed: options.seed)
        var text = "# Clients of registries: isolab pull and push beside skopeo copy\n\n\(title)\n"
        for deed in ClientDeed.allCases {
            text += "\n## \(deed.heading(options))\n\n"
            text += "| program | \(distributionHeader) | \(deed.isLarge ? "MiB/s" : "layers/s"), median "
            text += "| processor ms, median | isolab's time ÷ its (95 % interval) |\n"
            text += "| --- | --- | --- | --- | --- | --- | --- | --- | --- |\n"
            let subject = milliseconds(.isolab, deed, \.nanoseconds)
            for program in ClientProgram.allCases {
                let values = milliseconds(program, deed, \.nanoseconds)
                let amount = deed.isLarge ? Double(options.large >> 20) : Double(options.smallCount)
                let ratio = program == .isolab ? "" : ratioCell(subject, to: values, generator: &generator)
                let cells =
                    [program.rawValue] + distributionCells(values) + [
                        decimal(amount * 1000 / values.median, 0),
                        decimal(milliseconds(program, deed, \.processor).median, 0), ratio,
                    ]
                text += "| \(cells.joined(separator: " | ")) |\n"
            }
        }
        return text
    }
}
