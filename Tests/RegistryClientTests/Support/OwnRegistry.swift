import Glibc
import Linux

/// The built `isolab-registry`, started for one test.
final class OwnRegistry {
    let port: UInt16
    private let process: RunningProcess

    var name: String { "127.0.0.1:\(port)" }

    init(in place: Place) throws {
        port = try Loopback.freePort()
        let null = try OwnedDescriptor(opening: "/dev/null", O_RDWR)
        // Ended after a while whatever becomes of the tests.
        process = try ProcessPlan(
            "timeout",
            [
                "300", "\(StandardDirectories.programs)/isolab-registry", "serve", "--listen", "127.0.0.1:\(port)",
                "--root", "\(place.path)/own-\(port)",
            ]
        ).spawn(StandardStreams(input: null.number, output: null.number, error: null.number))
        for _ in 0..<600 {
            if let connection = Loopback.connect(port) {
                close(connection)
                return
            }
            usleep(50_000)
        }
        throw SystemError("start", "isolab-registry", errno: ETIMEDOUT)
    }

    deinit {
        try? process.kill(SIGTERM)
        _ = try? process.wait()
    }
}
