import Glibc
import Linux
import TestSupport

/// The programs of `Tests/Probes`, made once for all tests of a run. `attack-surface.c` is a static program that tries from inside
/// what a container can reach.
enum Probe {
    private final class Shared: Sendable {
        let path: Result<String, any Error>
        let holder: Result<String, any Error>
        let hostileFiles: Result<String, any Error>
        let unreadKernelLog: Result<String, any Error>
        private let directory: Result<TemporaryDirectory, any Error>

        init() {
            directory = Result { try TemporaryDirectory(mode: 0o755) }
            let directory = directory
            func made(_ name: String) -> Result<String, any Error> {
                Result {
                    let path = try directory.get().path + "/" + name
                    let words = ["-O1", "-static", "-o", path, Repository.path("Tests/Probes/\(name).c")]
                    guard try ProcessPlan("gcc", words).spawn().wait().succeeded else {
                        throw SystemError("gcc", words.joined(separator: " "), errno: 0)
                    }
                    return path
                }
            }
            path = made("attack-surface")
            holder = made("hold-newborn")
            hostileFiles = made("hostile-files")
            unreadKernelLog = made("unread-kernel-log")
            atexit { try? Probe.shared.directory.get().remove() }
        }
    }

    private static let shared = Shared()

    /// Where it is on the host.
    static var path: String { get throws { try shared.path.get() } }
    /// Where `hold-newborn` is.
    static var holder: String { get throws { try shared.holder.get() } }

    /// Where `unread-kernel-log` is.
    static var unreadKernelLog: String { get throws { try shared.unreadKernelLog.get() } }

    /// Puts it into a test's root file system, as `/bin/probe`.
    static func install(in engine: Engine) throws { try install(try path, as: "probe", in: engine) }

    /// The same with `hostile-files`, as `/bin/hostile`.
    static func installHostileFiles(in engine: Engine) throws {
        try install(try shared.hostileFiles.get(), as: "hostile", in: engine)
    }

    private static func install(_ path: String, as name: String, in engine: Engine) throws {
        guard try ProcessPlan("cp", [path, "\(engine.rootfs)/bin/\(name)"]).spawn().wait().succeeded else {
            throw SystemError("cp", name, errno: 0)
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
