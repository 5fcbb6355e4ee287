import Glibc
import Linux
import TestSupport

/// The built isolab-registry, listening at a port of its own choice.
final class RegistryProcess {
    static let path = "\(Tools.programs)/isolab-registry"

    let port: UInt16
    /// Of `--metrics`, where that was asked for.
    private(set) var metricsPort: UInt16?
    let process: RunningProcess
    private let output: String
    private var isOver = false

    /// Starts `serve` on `<place>/root`, or on another root.
    ///
    /// - Parameter deletes: whether what it has may be deleted, where the arguments do not say; nil: what it does by itself.
    init(_ place: Place, _ arguments: [String] = [], root: String? = nil, deletes: Bool? = true) throws {
        let deletion = arguments.contains { ["--delete", "--no-delete"].contains($0) } || deletes == nil
        let arguments = arguments + (deletion ? [] : [deletes == true ? "--delete" : "--no-delete"])
        output = "\(place.path)/serve-\(UInt32.random(in: 0...UInt32.max))"
        let file = try OwnedDescriptor(opening: output, O_RDWR | O_CREAT | O_TRUNC)
        let null = try OwnedDescriptor(opening: "/dev/null", O_RDONLY)
        let plan = ProcessPlan(
            Self.path, ["serve", "--listen", "127.0.0.1:0", "--root", root ?? "\(place.path)/root"] + arguments)
        process = try plan.spawn(StandardStreams(input: null.number, output: file.number, error: file.number))
        var found: [String: UInt16] = [:]
        let wanted = arguments.contains("--metrics") ? 2 : 1
        for _ in 0..<2000 {
            guard found.count < wanted else { break }
            for line in try SystemFile.read(output).split(separator: "\n")
            where line.contains(" on http") || line.contains(" at http") {
                let words = line.split(separator: " ")
                found[String(words[0])] = line.split(separator: ":").last.flatMap { UInt16($0) }
            }
            if found.count < wanted { usleep(5000) }
        }
        guard let port = found["listening"] else {
            try? process.kill()
            _ = try? process.wait(for: "isolab-registry", within: 60)
            throw SystemError("start", "isolab-registry", errno: 0, advice: try SystemFile.read(output))
        }
        self.port = port
        metricsPort = found["metrics"]
    }

    var http: HTTP { HTTP(port: port) }

    /// The most memory it ever had resident, in MiB.
    var greatestMemory: Int {
        let lines = ((try? SystemFile.read("/proc/\(process.pid)/status")) ?? "").split(separator: "\n")
        let words = lines.first { $0.hasPrefix("VmHWM:") }?.split(separator: " ") ?? []
        return words.compactMap { Int($0) }.first.map { $0 / 1024 } ?? 0
    }

    /// What it has taken of processors so far, in seconds.
    func processorSeconds() throws -> Double {
        let text = try SystemFile.read("/proc/\(process.pid)/stat")
        let fields = text[(text.lastIndex(of: ")") ?? text.startIndex)...].split(separator: " ")
        let ticks = fields.count > 12 ? (Double(fields[11]) ?? 0) + (Double(fields[12]) ?? 0) : 0
        return ticks / Double(sysconf(Int32(_SC_CLK_TCK)))
    }

    var complaints: String { (try? SystemFile.read(output)) ?? "" }

    /// Ends it, and waits.
    func end(_ signal: Int32 = SIGTERM) throws -> ProcessExit {
        isOver = true
        try process.kill(signal)
        return try process.wait(for: "isolab-registry", within: 300)
    }

    deinit {
        if isOver { return }
        try? process.kill()
        _ = try? process.wait(for: "isolab-registry", within: 60)
    }
}

/// Debian's docker-registry on the same requests: what fails of it says something about it, what passes about the tests.
final class DockerRegistry {
    let http: HTTP
    private let process: RunningProcess

    init(_ place: Place) throws {
        let configuration = try place.write(
            """
            version: 0.1
            log: {level: info}
            storage:
              filesystem: {rootdirectory: \(place.path)/docker}
              delete: {enabled: true}
            http: {addr: "127.0.0.1:0"}

            """, to: "docker.yml")
        let file = try OwnedDescriptor(opening: "\(place.path)/docker.log", O_WRONLY | O_CREAT)
        let null = try OwnedDescriptor(opening: "/dev/null", O_RDONLY)
        process = try ProcessPlan("docker-registry", ["serve", configuration]).spawn(
            StandardStreams(input: null.number, output: file.number, error: file.number))
        do { http = HTTP(port: try Eventually.port(saidIn: "\(place.path)/docker.log")) } catch {
            process.end()
            throw error
        }
    }

    deinit {
        try? process.kill()
        _ = try? process.wait(for: "docker-registry", within: 60)
    }
}
