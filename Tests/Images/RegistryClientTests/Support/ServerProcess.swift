import Glibc
import Linux
import TestSupport

/// A server that a test starts on a port of this machine: there once it takes connections, ended with the value.
final class ServerProcess {
    private let process: RunningProcess

    let port: UInt16

    /// - Parameters:
    ///   - words: with port 0, where it is to listen.
    ///   - log: a file of its own, for what it says.
    ///   - mark: what it says before the address it got.
    init(_ words: [String], log: String, port mark: String = "listening on ") throws {
        let file = try OwnedDescriptor(opening: log, O_WRONLY | O_CREAT | O_TRUNC)
        let null = try OwnedDescriptor(opening: "/dev/null", O_RDONLY)
        // Ended after a while whatever becomes of the tests.
        process = try ProcessPlan("timeout", ["300"] + words).spawn(
            StandardStreams(input: null.number, output: file.number, error: file.number))
        do { port = try Eventually.port(saidIn: log, after: mark) } catch {
            try? process.kill(SIGTERM)
            _ = try? process.wait(for: "a server", within: 60)
            throw error
        }
    }

    deinit {
        try? process.kill(SIGTERM)
        _ = try? process.wait(for: "a server", within: 60)
    }
}
