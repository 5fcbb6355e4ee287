import BenchmarkSupport
import Glibc
import Linux

/// A registry's process on a directory of its own.
final class RegistryServerProcess {
    static let subject = "isolab-registry"

    let name: String
    let port: UInt16
    private let process: RunningProcess
    private let directory: String

    /// Starts one, and waits until it takes connections.
    init(_ name: String, _ options: Options) throws {
        self.name = name
        port = try Self.freePort()
        directory = try makeTemporaryDirectory(in: options.place)
        let null = try OwnedDescriptor(opening: "/dev/null", O_RDWR)
        let streams = StandardStreams(input: null.number, output: null.number, error: null.number)
        if name == Self.subject {
            process = try ProcessPlan(
                options.registry, ["serve", "--listen", "127.0.0.1:\(port)", "--root", directory + "/root"]
            ).spawn(streams)
        } else {
            // Debian's configuration, as quiet as ours: no access log, no debugging.
            try writeFile(
                """
                version: 0.1
                log: {level: error, accesslog: {disabled: true}}
                storage: {cache: {blobdescriptor: inmemory}, filesystem: {rootdirectory: \(directory)/root}}
                http: {addr: "127.0.0.1:\(port)"}

                """, directory + "/config.yml")
            process = try ProcessPlan(options.peer, ["serve", directory + "/config.yml"]).spawn(streams)
        }
        for _ in 0..<2000 {
            if (try? Client(port: port)) != nil { return }
            usleep(5000)
        }
        throw SystemError("start", name, errno: ETIMEDOUT)
    }

    /// Ends it, and removes what it kept.
    ///
    /// - Returns: what it used.
    func end() throws -> ProcessExit {
        try process.kill(SIGKILL)
        let exit = try process.wait()
        _ = try ProcessPlan("rm", ["-rf", directory]).spawn().wait()
        return exit
    }

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
}
