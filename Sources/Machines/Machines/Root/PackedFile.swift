internal import Glibc
internal import Linux

/// A file that is made once and kept under its name: whole or not at all, and by one of several processes that want it at
/// the same time while the others wait.
enum PackedFile {
    /// Finds the file, or makes it.
    ///
    /// - Parameter make: writes the content to a file beside the final one, by descriptor or by path.
    static func find<Failure: Error>(
        _ path: String, make: (_ descriptor: Int32, _ path: String) throws(Failure) -> Void,
        failed: (SystemError) -> Failure
    ) throws(Failure) -> String {
        let identity = CellIdentity.own
        do throws(SystemError) {
            if access(path, R_OK) == 0 {
                // One that was made before QEMU was another user.
                try identity.admit(path)
                return path
            }
            let slash = path.lastIndex(of: "/") ?? path.startIndex
            try SystemFile.makeDirectories(String(path[..<slash]), mode: 0o700)
        } catch { throw failed(error) }
        // The name is always the same one: what a killed maker left is written over by the next.
        let aside = path + ".part"
        while true {
            let number = Glibc.open(aside, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0o600)
            guard number >= 0 else { throw failed(SystemError("open", aside)) }
            let file = OwnedDescriptor(owning: number)
            do throws(SystemError) {
                try checkOwn(file.number, aside)
                try retryingOnInterrupt("flock", aside) { flock(file.number, LOCK_EX) }
            } catch { throw failed(error) }
            // Whoever held the lock has made it; its file has the final name now, and this one may be nobody's.
            if access(path, R_OK) == 0 { return path }
            guard isStill(file.number, aside) else { continue }
            do throws(SystemError) {
                try retryingOnInterrupt("ftruncate", aside) { ftruncate(file.number, 0) }
            } catch { throw failed(error) }
            try make(file.number, aside)
            do throws(SystemError) {
                // QEMU's to read, and nobody else's.
                try identity.admit(aside)
                // On the disk before it has its name: a crash of the host must not leave a name without its content.
                try sync(aside)
                try retryingOnInterrupt("rename", path) { rename(aside, path) }
            } catch { throw failed(error) }
            return path
        }
    }

    /// What is written over must be what a maker left: a file of ours alone, not another one by a name that somebody planted.
    private static func checkOwn(_ descriptor: Int32, _ path: String) throws(SystemError) {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw SystemError("fstat", path) }
        // Whoever held the lock may have put it in place, or thrown it away, since it was opened.
        guard status.st_mode & S_IFMT == S_IFREG, status.st_uid == geteuid(), status.st_nlink <= 1 else {
            throw SystemError("write", path, errno: EPERM, advice: "isolab did not leave it there: remove it")
        }
    }

    private static func isStill(_ descriptor: Int32, _ path: String) -> Bool {
        var (here, there) = (stat(), stat())
        return fstat(descriptor, &here) == 0 && stat(path, &there) == 0 && here.st_ino == there.st_ino
            && here.st_dev == there.st_dev
    }

    private static func sync(_ path: String) throws(SystemError) {
        let file = try OwnedDescriptor(opening: path, O_RDONLY)
        try retryingOnInterrupt("fdatasync", path) { fdatasync(file.number) }
    }
}
