internal import Glibc
internal import Linux

/// A directory in which the QEMU of a libvirt daemon, another user's process, reaches what isolab gives it.
///
/// Others may pass through it without listing it (0711), and through everything above it. libvirt makes what lies in it
/// QEMU's own while a guest runs, so kernel and initramfs are copies: neither the user's files nor the cache change hands.
final class DaemonDirectory: Sendable {
    let path: String
    private let copies: StagedFiles

    /// The driver's own directory where others can get there, else one below /tmp, which the record then names.
    ///
    /// - Parameter directory: of the driver; it carries its owner's record.
    init(in directory: String) throws(SystemError) {
        if chmod(directory, 0o711) == 0, Self.othersPass(to: directory) {
            path = directory
            copies = StagedFiles(in: path)
            return
        }
        // The record first: a directory nobody knows of would stay for ever.
        path = "\(Self.prefix)\(RandomName.make())"
        copies = StagedFiles(in: path)
        try WholeFile.replace("\(directory)/\(Self.record)", with: Array(path.utf8), mode: 0o600)
        let place = path
        try retryingOnInterrupt("mkdir", place) { mkdir(place, 0o711) }
        // The mask of this process may have taken what others need.
        try retryingOnInterrupt("chmod", place) { chmod(place, 0o711) }
    }

    /// A file that QEMU can read in the place of another; the same one for the same content.
    func copy(of file: String) throws(SystemError) -> String {
        if file.hasPrefix(path + "/") { return file }
        return try copies.copy(of: file, mode: 0o600) { _ in }
    }

    /// The same guest with files that QEMU can read.
    func staged(_ domain: Domain) throws(SystemError) -> Domain {
        try domain.mapFiles { file throws(SystemError) in try copy(of: file) }
    }

    // MARK: - After its owner's death

    private static let record = "meeting-place"
    private static let prefix = "/tmp/isolab-"

    /// Where the guests of a driver's directory met it; the directory itself where no other place is recorded.
    static func path(recordedIn directory: String) -> String {
        guard let text = try? SystemFile.read("\(directory)/\(record)"), text.hasPrefix(prefix) else {
            return directory
        }
        return text
    }

    /// Removes a place that is this user's; the name below /tmp may be another's by now.
    static func remove(_ path: String) {
        var status = stat()
        guard lstat(path, &status) == 0, status.st_uid == geteuid() else { return }
        try? TreeRemoval.remove(path)
    }

    // MARK: - Who gets there

    /// Every directory down to it lets others pass.
    static func othersPass(to directory: String) -> Bool {
        var path = directory
        while true {
            var status = stat()
            guard stat(path.isEmpty ? "/" : path, &status) == 0, status.st_mode & 0o001 != 0 else { return false }
            guard let slash = path.lastIndex(of: "/") else { return true }
            path = String(path[..<slash])
        }
    }
}
