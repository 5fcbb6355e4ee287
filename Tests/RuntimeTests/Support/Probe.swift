import Glibc
import Linux
import TestSupport

/// The programs of `Tests/Probes`, made once for all tests of a run. `attack-surface.c` is a static program that tries from inside
/// what a container can reach.
enum Probe {
    private final class Shared: Sendable {
        let path: Result<String, any Error>
        let holder: Result<String, any Error>
        private let directory: Result<TemporaryDirectory, any Error>

        init() {
            directory = Result { try TemporaryDirectory(mode: 0o755) }
            let directory = directory
            func made(_ name: String) -> Result<String, any Error> {
                Result {
                    let path = try directory.get().path + "/" + name
                    let source = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
                    let words = ["-O1", "-static", "-o", path, "/\(source)/Probes/\(name).c"]
                    guard try ProcessPlan("gcc", words).spawn().wait().succeeded else {
                        throw SystemError("gcc", words.joined(separator: " "), errno: 0)
                    }
                    return path
                }
            }
            path = made("attack-surface")
            holder = made("hold-newborn")
            atexit { try? Probe.shared.directory.get().remove() }
        }
    }

    private static let shared = Shared()

    /// Where it is on the host.
    static var path: String { get throws { try shared.path.get() } }
    /// Where `hold-newborn` is.
    static var holder: String { get throws { try shared.holder.get() } }

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
