import Glibc
import Linux
import TestSupport

/// `Tests/Probes/attack-surface.c`, made once for all tests of a run: a static program that tries from inside what a container can
/// reach.
enum Probe {
    private final class Shared: Sendable {
        let path: Result<String, any Error>
        private let directory: Result<TemporaryDirectory, any Error>

        init() {
            directory = Result { try TemporaryDirectory(mode: 0o755) }
            let directory = directory
            path = Result {
                let path = try directory.get().path + "/attack-surface"
                let source = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
                let words = ["-O1", "-static", "-o", path, "/\(source)/Probes/attack-surface.c"]
                guard try ProcessPlan("gcc", words).spawn().wait().succeeded else {
                    throw SystemError("gcc", words.joined(separator: " "), errno: 0)
                }
                return path
            }
            atexit { try? Probe.shared.directory.get().remove() }
        }
    }

    private static let shared = Shared()

    /// Where it is on the host.
    static var path: String { get throws { try shared.path.get() } }

    /// Puts it into a test's root file system, as `/bin/probe`.
    static func install(in engine: Engine) throws {
        guard try ProcessPlan("cp", [try path, engine.rootfs + "/bin/probe"]).spawn().wait().succeeded else {
            throw SystemError("cp", "probe", errno: 0)
        }
    }

    /// What it said, by probe: `open`, `closed`, `absent`.
    static func verdicts(_ output: String) -> [String: String] {
        var result: [String: String] = [:]
        for line in output.split(separator: "\n") {
            let fields = line.split(separator: "\t", omittingEmptySubsequences: false)
            if fields.count == 3 { result[String(fields[0])] = String(fields[1]) }
        }
        return result
    }
}
