import Glibc
import Linux

/// Says which process owns what: a file written before anything is made.
///
/// All that a container leaves on the host is its cgroup, and every cgroup's name begins with its owner's identity
/// (process number and start time, which no other process of this boot shares). So one record a process is enough,
/// and nothing is written on the way of a launch.
struct OwnerRecord: Sendable {
    let process: ProcessIdentity
    let path: String

    private static let folder = "owners"

    var prefix: String { process.token }

    static func create(in stateDirectory: String) throws(SystemError) -> OwnerRecord {
        let own = try ProcessIdentity(of: getpid())
        let directory = stateDirectory + "/" + folder
        try SystemFile.makeDirectories(directory)
        let record = OwnerRecord(process: own, path: "\(directory)/\(own.token)")
        _ = try OwnedDescriptor(opening: record.path, O_WRONLY | O_CREAT, mode: 0o600)
        return record
    }

    /// Every record of a state directory.
    static func all(in stateDirectory: String) throws(SystemError) -> [OwnerRecord] {
        let directory = stateDirectory + "/" + folder
        guard SystemFile.exists(directory) else { return [] }
        return try SystemFile.names(in: directory).compactMap { name in
            ProcessIdentity(token: name).map { OwnerRecord(process: $0, path: "\(directory)/\(name)") }
        }
    }

    func remove() { unlink(path) }
}
