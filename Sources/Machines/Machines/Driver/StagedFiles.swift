internal import Glibc
internal import Linux
internal import Synchronization

/// Copies of files, where a QEMU reaches them that does not reach the files: each made once.
final class StagedFiles: Sendable {
    private let directory: String
    private let copies = Mutex<[String: String]>([:])

    init(in directory: String) { self.directory = directory }

    /// A file with the content of another; the same one for the same content.
    ///
    /// - Parameters:
    ///   - mayLink: another name of the same file serves as well, as it is.
    ///   - admit: what makes a copy QEMU's to read, before it is handed out.
    func copy(
        of file: String, mode: mode_t, mayLink: Bool = false, admit: (String) throws(SystemError) -> Void
    ) throws(SystemError) -> String {
        var status = stat()
        guard stat(file, &status) == 0 else { throw SystemError("open", file) }
        let identity = "\(file) \(status.st_dev) \(status.st_ino) \(status.st_size) \(status.st_mtim.tv_sec)"
        if let known = copies.withLock({ $0[identity] }) { return known }
        let copy = "\(directory)/file-\(RandomName.make())"
        // A name costs nothing, where both are on one file system.
        if !mayLink || link(file, copy) != 0 {
            try WholeFile.copy(file, to: copy, mode: mode)
            try admit(copy)
        }
        copies.withLock { $0[identity] = copy }
        return copy
    }
}

extension Domain {
    /// The same guest with other files in the place of those that QEMU reads.
    func mapFiles(_ change: (String) throws(SystemError) -> String) throws(SystemError) -> Domain {
        var domain = self
        domain.kernel = try change(kernel)
        if let initramfs { domain.initramfs = try change(initramfs) }
        if let disk { domain.disk = try change(disk) }
        return domain
    }
}
