import Glibc
import Linux

/// A server that a test starts on a port of this machine: there once it takes connections, ended with the value.
final class ServerProcess {
    private let process: RunningProcess

    init(_ words: [String], port: UInt16, _ streams: StandardStreams) throws {
        // Ended after a while whatever becomes of the tests.
        process = try ProcessPlan("timeout", ["300"] + words).spawn(streams)
        for _ in 0..<600 {
            if let connection = Loopback.connect(port) {
                close(connection)
                return
            }
            usleep(50_000)
        }
        throw SystemError("start", words[0], errno: ETIMEDOUT)
    }

    deinit {
        try? process.kill(SIGTERM)
        _ = try? process.wait()
    }
}
