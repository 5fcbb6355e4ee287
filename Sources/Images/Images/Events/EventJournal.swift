import Content
import Glibc
import Linux
import OCI

/// What has happened in a data directory, a line each: there is no daemon to ask.
///
/// Every command writes its own events, by one write(2) at the end of the file (`O_APPEND`), which others' do not come between. What
/// cannot be written is lost, and holds nobody up.
package struct EventJournal: Sendable {
    package let path: String
    /// Of the directory.
    package let directory: String
    /// Bytes, beyond which a new file is begun; one older is kept.
    private let limit: Int64

    package init(data: String, limit: Int64 = 4 << 20) {
        directory = data
        path = data + "/events.jsonl"
        self.limit = limit
    }

    /// The older file.
    package var formerPath: String { path + ".1" }

    package func append(_ events: [EngineEvent]) {
        // A line that a full disk has cut off ends here.
        var bytes: [UInt8] = [0x0A]
        for event in events {
            bytes += event.tree.json()
            bytes.append(0x0A)
        }
        let flags = O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW
        guard let file = try? OwnedDescriptor(opening: path, flags, mode: 0o600) else { return }
        _ = bytes.withUnsafeBytes { write(file.number, $0.baseAddress, $0.count) }
        var status = stat()
        if fstat(file.number, &status) == 0, Int64(status.st_size) > limit { rotate(status) }
    }

    /// By one command, and once: others may have seen the same size.
    private func rotate(_ full: stat) {
        guard let lock = try? FileLock(trying: .exclusive, path + ".lock", removing: true) else { return }
        defer { withExtendedLifetime(lock) {} }
        var now = stat()
        guard stat(path, &now) == 0, now.st_ino == full.st_ino else { return }
        _ = Glibc.rename(path, formerPath)
    }
}

extension ImageStore {
    /// Nil of a store that is in no data directory.
    private var journal: EventJournal? {
        root.ends("/images")
            ? EventJournal(data: String(Substring(root.utf8.dropLast("/images".utf8.count)))) : nil
    }

    /// Writes down what happened to an image.
    package func record(_ action: String, _ id: String, name: String? = nil) {
        journal?.append([EngineEvent(.image, action, id: id, attributes: name.map { ["name": $0] } ?? [:])])
    }
}
