import Glibc
import Linux

/// Says which process owns what: a file written before anything is made.
///
/// All that a container leaves on the host is its cgroup, and every cgroup's name begins with its owner's identity
/// (process number and start time, which no other process of this boot shares). So one record a process is enough,
/// and nothing is written on the way of a launch.
struct OwnerRecord: Sendable {
    let pid: Int32
    /// Clock ticks after boot (`/proc/<pid>/stat`).
    let startTime: UInt64
    let path: String

    private static let folder = "owners"

    var prefix: String { Self.prefix(pid, startTime) }

    static func prefix(_ pid: Int32, _ startTime: UInt64) -> String { "\(pid)-\(startTime)" }

    static func create(in stateDirectory: String) throws(SystemError) -> OwnerRecord {
        let pid = getpid()
        let start = try Procfs.status(of: pid).startTime
        let directory = stateDirectory + "/" + folder
        try SystemFile.makeDirectories(directory)
        let record = OwnerRecord(pid: pid, startTime: start, path: "\(directory)/\(prefix(pid, start))")
        _ = try OwnedDescriptor(opening: record.path, O_WRONLY | O_CREAT, mode: 0o600)
        return record
    }

    /// Every record of a state directory.
    static func all(in stateDirectory: String) throws(SystemError) -> [OwnerRecord] {
        let directory = stateDirectory + "/" + folder
        guard SystemFile.exists(directory) else { return [] }
        return try SystemFile.names(in: directory).compactMap { name in
            let parts = name.parts(between: "-")
            guard parts.count == 2, let pid = Int32(parts[0]), let start = UInt64(parts[1]) else { return nil }
            return OwnerRecord(pid: pid, startTime: start, path: "\(directory)/\(name)")
        }
    }

    /// Whether its process still runs; a zombie does not.
    var isAlive: Bool {
        guard let status = try? Procfs.status(of: pid) else { return false }
        return status.startTime == startTime && status.state != "Z" && status.state != "X"
    }

    func remove() { unlink(path) }
}
