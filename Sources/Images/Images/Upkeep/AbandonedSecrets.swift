import Glibc
package import Linux

/// Secrets that builds of earlier versions kept in files of the state directory, and left there in plain text where they were
/// killed: `secrets-<process>-<instant>`.
package enum AbandonedSecrets {
    private static let prefix = "secrets-"

    /// Removes those of processes that are gone.
    ///
    /// - Returns: the directories.
    @discardableResult
    package static func remove(from state: String = StandardDirectories.state) -> [String] {
        // What others may write to holds whatever they like.
        guard (try? StandardDirectories.check(state)) != nil else { return [] }
        return ((try? SystemFile.names(in: state)) ?? []).filter { name in
            guard let (pid, instant) = parts(name), !isAlive(pid, since: instant) else { return false }
            return (try? TreeRemoval.remove("\(state)/\(name)")) != nil
        }
    }

    private static func parts(_ name: String) -> (pid: Int32, instant: UInt64)? {
        guard name.starts(prefix) else { return nil }
        let parts = name.fields(between: "-")
        guard parts.count == 3, let pid = Int32(parts[1]), let instant = UInt64(parts[2]) else { return nil }
        return (pid, instant)
    }

    /// Whether the process is the one that was there at an instant of the host's clock, in nanoseconds.
    private static func isAlive(_ pid: Int32, since instant: UInt64) -> Bool {
        guard let status = try? Procfs.status(of: pid), status.state != "Z" else { return false }
        let ticks = UInt64(max(sysconf(Int32(_SC_CLK_TCK)), 1))
        let (start, overflow) = status.startTime.multipliedReportingOverflow(by: 1_000_000_000 / ticks)
        return !overflow && start <= instant
    }
}
