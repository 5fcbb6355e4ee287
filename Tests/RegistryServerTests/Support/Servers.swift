import Glibc
import Linux

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
        for _ in 0..<2000 where found.count < wanted {
            for line in try SystemFile.read(output).split(separator: "\n")
            where line.contains(" on http") || line.contains(" at http") {
                let words = line.split(separator: " ")
                found[String(words[0])] = line.split(separator: ":").last.flatMap { UInt16($0) }
            }
            if found.count < wanted { usleep(5000) }
        }
        guard let port = found["listening"] else {
            try? process.kill()
            _ = try? process.wait()
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

    var complaints: String { (try? SystemFile.read(output)) ?? "" }

    /// Ends it, and waits.
    func end(_ signal: Int32 = SIGTERM) throws -> ProcessExit {
        isOver = true
        try process.kill(signal)
        return try process.wait()
    }

    deinit {
        if isOver { return }
        try? process.kill()
        _ = try? process.wait()
    }
}

/// Debian's docker-registry on the same requests: what fails of it says something about it, what passes about the tests.
final class DockerRegistry {
    let http: HTTP
    private let process: RunningProcess

    init(_ place: Place) throws {
        let port = try Self.freePort()
        http = HTTP(port: port)
        let configuration = try place.write(
            """
            version: 0.1
            log: {level: error}
            storage:
              filesystem: {rootdirectory: \(place.path)/docker}
              delete: {enabled: true}
            http: {addr: "127.0.0.1:\(port)"}

            """, to: "docker.yml")
        let file = try OwnedDescriptor(opening: "\(place.path)/docker.log", O_WRONLY | O_CREAT)
        let null = try OwnedDescriptor(opening: "/dev/null", O_RDONLY)
        process = try ProcessPlan("docker-registry", ["serve", configuration]).spawn(
            StandardStreams(input: null.number, output: file.number, error: file.number))
        for _ in 0..<2000 {
            if (try? http.connect()) != nil { return }
            usleep(5000)
        }
    }

    /// One that was free a moment ago.
    private static func freePort() throws -> UInt16 {
        let number = try retryingOnInterrupt("socket", "tcp") {
            Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        }
        let socket = OwnedDescriptor(owning: number)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        return try withUnsafeMutablePointer(to: &address) {
            try $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                try retryingOnInterrupt("bind", "127.0.0.1:0") { bind(socket.number, pointer, length) }
                try retryingOnInterrupt("getsockname", "socket") { getsockname(socket.number, pointer, &length) }
            }
            return UInt16(bigEndian: $0.pointee.sin_port)
        }
    }

    deinit {
        try? process.kill()
        _ = try? process.wait()
    }
}
